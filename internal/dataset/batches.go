package dataset

import (
	"context"
	"fmt"
	"image"
	"iter"
	"slices"

	"actfn/internal/dataset/augment"
	"actfn/internal/dataset/picture"
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
	planes  [][]byte
	changed []augment.Image // by column, of images that are augmented
	err     error
}

// View says which images of a set make its batches.
type View struct {
	Order   []int // the images, by their positions; nil: all of them as they come
	Size    int   // images of a batch; the last may have fewer
	Columns int   // of a batch, at least Size
	// Augment changes the images of a set to train on as Config.Augment says; nil: they come as they are.
	Augment *Draws
}

// Draws are the random numbers of an epoch of a run. Those of an image depend on them and on its ID.
type Draws struct {
	Seed  uint64
	Epoch int
}

// Batches yields the batches of a view. The next one is made while one is in use. An error ends the sequence: of the
// context, or of an image that has changed since it was first read.
func (s *Set) Batches(ctx context.Context, v View) iter.Seq2[Batch, error] {
	if v.Order == nil {
		v.Order = make([]int, s.Len())
		for i := range v.Order {
			v.Order[i] = i
		}
	}
	return func(yield func(Batch, error) bool) {
		if err := s.check(v); err != nil {
			yield(Batch{}, err)
			return
		}
		change := s.change(v.Augment)
		// Two buffers take turns: one is read while the other is filled.
		free, ready := make(chan *batchBuffer, 2), make(chan *batchBuffer, 2)
		for range cap(free) {
			size := s.Planes() * s.transform.Height * s.transform.Width * v.Columns
			free <- &batchBuffer{Batch: Batch{X: make([]float32, size), Y: make([]float32, v.Columns)}}
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
			for index := range slices.Chunk(v.Order, v.Size) {
				b, more := <-free
				if !more {
					return
				}
				b.err = s.fill(filling, b, index, change)
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

func (s *Set) check(v View) error {
	if v.Size < 1 {
		return fmt.Errorf("batch size is %d, want at least 1", v.Size)
	}
	if v.Columns < v.Size {
		return fmt.Errorf("number of columns is %d, want at least the batch size, %d", v.Columns, v.Size)
	}
	if i := slices.IndexFunc(v.Order, func(i int) bool { return i < 0 || i >= s.Len() }); i >= 0 {
		return fmt.Errorf("image %d of the order is %d, want 0 … %d", i, v.Order[i], s.Len()-1)
	}
	return nil
}

// change augments image i of the set; nil where images come as they are.
func (s *Set) change(d *Draws) func(m *augment.Image, i int) {
	if d == nil || len(s.augment) == 0 {
		return nil
	}
	ids := s.IDs()
	return func(m *augment.Image, i int) { s.augment.Apply(m, ids[i], d.Seed, d.Epoch) }
}

// fill makes the batch of the images at index, changed unless change is nil. Those that are not in memory are decoded.
func (s *Set) fill(ctx context.Context, b *batchBuffer, index []int, change func(m *augment.Image, i int)) error {
	w, h := s.transform.Width, s.transform.Height
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
	if change != nil && b.changed == nil {
		b.changed = make([]augment.Image, len(b.Y))
	}
	if !inMemory || change != nil {
		err := each(ctx, len(index), s.workers, func(k int) (err error) {
			if b.planes[k] == nil {
				b.planes[k], err = s.again(index[k])
			}
			if err == nil && change != nil {
				m := &b.changed[k]
				m.Begin(picture.Pixels{W: w, H: h, Data: b.planes[k]})
				change(m, index[k])
				b.planes[k] = m.Data
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	assemble(b.X, b.planes, s.tables, h*w, len(b.Y))
	if change != nil {
		for k := range index {
			b.erase(k, b.changed[k].Erased, w, h)
		}
	}
	return nil
}

// erase sets a rectangle of the w×h image in column k to 0, in all planes.
func (b Batch) erase(k int, r image.Rectangle, w, h int) {
	n := len(b.Y)
	for top := 0; top < len(b.X); top += h * w * n {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				b.X[top+(y*w+x)*n+k] = 0
			}
		}
	}
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
