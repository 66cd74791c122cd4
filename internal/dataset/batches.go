package dataset

import (
	"context"
	"fmt"
	"iter"
	"slices"
)

// Batch is a block of images as the model takes them. It is valid until the next iteration.
type Batch struct {
	// X is (Planes, H, W, N), the batch innermost; the columns past len(Index) are zero.
	X []float32
	// Y is the label of each column, −1 for images without one and for the columns past len(Index).
	Y []float32
	// Index is the position in the set of each image.
	Index []int
}

// batchBuffer is the memory of a batch, or the error that stands in for it.
type batchBuffer struct {
	Batch
	planes [][]byte
	err    error
}

// Batches yields the images that order lists, batchSize at a time and the last batch maybe fewer, in blocks of N columns,
// N at least batchSize; a nil order is all images as they come. The next batch is made while one is in use. An error ends
// the sequence: of the context, or of an image that has changed since it was first read.
func (s *Set) Batches(ctx context.Context, order []int, batchSize, columns int) iter.Seq2[Batch, error] {
	if order == nil {
		order = make([]int, s.Len())
		for i := range order {
			order[i] = i
		}
	}
	return func(yield func(Batch, error) bool) {
		if err := s.checkOrder(order, batchSize, columns); err != nil {
			yield(Batch{}, err)
			return
		}
		// Two buffers take turns: one is read while the other is filled.
		free, ready := make(chan *batchBuffer, 2), make(chan *batchBuffer, 2)
		for range cap(free) {
			size := s.Planes() * s.transform.Height * s.transform.Width * columns
			free <- &batchBuffer{Batch: Batch{X: make([]float32, size), Y: make([]float32, columns)}}
		}
		filling, cancel := context.WithCancel(ctx)
		defer func() { // waits for the goroutine
			cancel()
			close(free)
			for range ready {
			}
		}()
		go func() {
			defer close(ready)
			for index := range slices.Chunk(order, batchSize) {
				b, more := <-free
				if !more {
					return
				}
				b.err = s.fill(filling, b, index)
				ready <- b
			}
		}()
		for b := range ready {
			if b.err == nil {
				b.err = ctx.Err()
			}
			if b.err != nil {
				yield(Batch{}, b.err)
				return
			}
			if !yield(b.Batch, nil) {
				return
			}
			free <- b
		}
	}
}

func (s *Set) checkOrder(order []int, batchSize, columns int) error {
	if batchSize < 1 {
		return fmt.Errorf("batch size is %d, want at least 1", batchSize)
	}
	if columns < batchSize {
		return fmt.Errorf("number of columns is %d, want at least the batch size, %d", columns, batchSize)
	}
	if i := slices.IndexFunc(order, func(i int) bool { return i < 0 || i >= s.Len() }); i >= 0 {
		return fmt.Errorf("image %d of the order is %d, want 0 … %d", i, order[i], s.Len()-1)
	}
	return nil
}

// fill makes the batch of the images at index. Those that are not in memory are decoded.
func (s *Set) fill(ctx context.Context, b *batchBuffer, index []int) error {
	b.Index, b.planes = index, b.planes[:0]
	inMemory := true
	for k := range b.Y {
		b.Y[k] = Unlabelled
		if k < len(index) {
			item := &s.items[index[k]]
			b.Y[k] = float32(item.label)
			b.planes = append(b.planes, item.data)
			inMemory = inMemory && item.data != nil
		}
	}
	if !inMemory {
		err := each(ctx, len(index), s.workers, func(k int) (err error) {
			if b.planes[k] == nil {
				b.planes[k], err = s.again(index[k])
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	assemble(b.X, b.planes, s.tables, s.transform.Height*s.transform.Width, len(b.Y))
	return nil
}

// assemble writes x, (P, H, W, N), from the planes of at most n images of size = H·W pixels: x[c, p, k] =
// tables[c][image k, plane c, pixel p], and 0 for the columns without an image. A gray image has one plane, which stands
// for all of them.
func assemble(x []float32, images [][]byte, tables []table, size, n int) {
	if len(images) < n {
		clear(x)
	}
	for c := range tables {
		t := &tables[c]
		for p := range size {
			row := x[(c*size+p)*n:][:len(images)]
			for k, image := range images {
				i := p
				if len(image) > size {
					i += c * size
				}
				row[k] = t[image[i]]
			}
		}
	}
}
