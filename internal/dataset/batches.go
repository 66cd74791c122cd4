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

// batchBuffer is the memory of a batch. Two take turns: one is read while the other is filled.
type batchBuffer struct {
	Batch
	index  []int
	planes [][]byte
	errs   []error
}

// Batches yields the images that order lists, batchSize at a time and the last batch maybe fewer, in
// blocks of N columns, N at least batchSize; a nil order is all images as they come. The next batch is made while one is in use. An error
// ends the sequence: of the context, or of an image that has changed since it was first read.
func (s *Set) Batches(ctx context.Context, order []int, batchSize, columns int) iter.Seq2[Batch, error] {
	return func(yield func(Batch, error) bool) {
		if order == nil {
			order = make([]int, s.Len())
			for i := range order {
				order[i] = i
			}
		}
		if err := s.checkOrder(order, batchSize, columns); err != nil {
			yield(Batch{}, err)
			return
		}
		f := s.prefetch(ctx, order, batchSize, columns)
		defer f.stop()
		for r := range f.ready {
			if r.err == nil {
				r.err = ctx.Err()
			}
			if r.err != nil {
				yield(Batch{}, r.err)
				return
			}
			if !yield(r.buffer.Batch, nil) {
				return
			}
			f.free <- r.buffer
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

// prefetcher fills buffers on a goroutine of its own.
type prefetcher struct {
	set     *Set
	buffers [2]*batchBuffer
	free    chan *batchBuffer
	ready   chan filled
	cancel  context.CancelFunc
}

type filled struct {
	buffer *batchBuffer
	err    error
}

func (s *Set) prefetch(ctx context.Context, order []int, batchSize, columns int) *prefetcher {
	f := &prefetcher{set: s}
	// ready can take every buffer and an error, so the goroutine never waits to send.
	f.free, f.ready = make(chan *batchBuffer, len(f.buffers)), make(chan filled, len(f.buffers)+1)
	for i := range f.buffers {
		f.buffers[i] = s.takeBuffer(columns)
		f.free <- f.buffers[i]
	}
	ctx, f.cancel = context.WithCancel(ctx)
	go f.run(ctx, slices.Clone(order), batchSize)
	return f
}

func (f *prefetcher) run(ctx context.Context, order []int, batchSize int) {
	defer close(f.ready)
	for index := range slices.Chunk(order, batchSize) {
		select {
		case b := <-f.free:
			err := f.set.fill(ctx, b, index)
			f.ready <- filled{b, err}
			if err != nil {
				return
			}
		case <-ctx.Done():
			f.ready <- filled{err: ctx.Err()}
			return
		}
	}
}

// stop ends the goroutine and waits until it has ended; only then may the buffers be used again.
func (f *prefetcher) stop() {
	f.cancel()
	for range f.ready {
	}
	for _, b := range f.buffers {
		f.set.spare.Put(b)
	}
}

func (s *Set) takeBuffer(n int) *batchBuffer {
	if b, _ := s.spare.Get().(*batchBuffer); b != nil && len(b.Y) == n {
		return b
	}
	t := s.transform
	return &batchBuffer{
		Batch:  Batch{X: make([]float32, s.Planes()*t.Height*t.Width*n), Y: make([]float32, n)},
		index:  make([]int, n),
		planes: make([][]byte, n),
		errs:   make([]error, n),
	}
}

// fill makes the batch of the images at index.
func (s *Set) fill(ctx context.Context, b *batchBuffer, index []int) error {
	n := len(index)
	b.Index = b.index[:copy(b.index, index)]
	streamed := 0
	for k, i := range index {
		b.Y[k] = float32(s.items[i].label)
		if b.planes[k] = s.items[i].data; b.planes[k] == nil {
			streamed++
		}
	}
	if streamed > 0 {
		if err := s.stream(ctx, b); err != nil {
			return err
		}
	}
	for k := n; k < len(b.Y); k++ {
		b.Y[k] = Unlabelled
	}
	assemble(b.X, b.planes[:n], s.tables, s.transform.Height*s.transform.Width, len(b.Y))
	return nil
}

// stream decodes the images of a batch that are not in memory.
func (s *Set) stream(ctx context.Context, b *batchBuffer) error {
	clear(b.errs)
	err := each(ctx, len(b.Index), s.workers, func(k int) bool {
		if b.planes[k] == nil {
			b.planes[k], b.errs[k] = s.again(b.Index[k])
		}
		return b.errs[k] == nil
	})
	if err != nil {
		return err
	}
	for _, err := range b.errs {
		if err != nil {
			return err
		}
	}
	return nil
}
