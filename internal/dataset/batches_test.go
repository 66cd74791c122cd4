package dataset

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"actfn/internal/dataset/picture"
)

// The layout, checked entry by entry against its definition, for batch sizes around the blocks
// that assembling goes by.
func TestBatchLayout(t *testing.T) {
	d := mustLoad(t, config(sampleTree().zip(t, "")), Options{})
	s := d.Train
	order := rand.New(rand.NewPCG(1, 1)).Perm(s.Len())
	for _, n := range []int{1, 2, 3, 5, 8, 24, 25, 1024} {
		seen := 0
		for _, b := range allBatches(t, s, order, n) {
			if len(b.X) != 3*5*6*n || len(b.Y) != n {
				t.Fatalf("batch of %d has %d inputs and %d labels", n, len(b.X), len(b.Y))
			}
			if !slices.Equal(b.Index, order[seen:seen+len(b.Index)]) {
				t.Fatalf("batch of %d: images are %v", n, b.Index)
			}
			seen += len(b.Index)
			for k := range n {
				for c := range 3 {
					for p := range 30 {
						want, label := float32(0), float32(-1)
						if k < len(b.Index) {
							i := b.Index[k]
							want = float32(valueAt(picture.Pixels{W: 6, H: 5, Data: s.items[i].data}, p, c)) / 255
							label = float32(s.Label(i))
						}
						if got := b.X[(c*30+p)*n+k]; got != want || b.Y[k] != label {
							t.Fatalf("batch of %d: channel %d, pixel %d, column %d is %v with label %v, want %v with %v", n, c, p, k, got, b.Y[k], want, label)
						}
					}
				}
			}
		}
		if seen != s.Len() {
			t.Errorf("batches of %d hold %d images, want %d", n, seen, s.Len())
		}
	}
}

// A last batch that is not full must not show what its buffer held before.
func TestPartialBatchIsClean(t *testing.T) {
	d := mustLoad(t, config(sampleTree().zip(t, "")), Options{})
	for range 3 { // later rounds reuse buffers
		all := allBatches(t, d.Train, nil, 10)
		last := all[len(all)-1]
		if len(last.Index) != 4 {
			t.Fatalf("last batch has %d images, want 4", len(last.Index))
		}
		for i, v := range last.X {
			if i%10 >= 4 && v != 0 {
				t.Fatalf("column %d holds %v, want 0", i%10, v)
			}
		}
		if !slices.Equal(last.Y[4:], []float32{-1, -1, -1, -1, -1, -1}) {
			t.Errorf("labels past the end are %v", last.Y[4:])
		}
	}
}

// Groups of eight images and what is left of them, and the copied channels of gray pictures.
func TestAssemble(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 3))
	plain := Transform{Channels: 3}.tables()
	scaled := Transform{Channels: 3, Mean: []float64{0.1, 0.2, 0.3}, Std: []float64{1, 2, 3}}.tables()
	for _, size := range []int{1, 3, 67} {
		for _, n := range []int{1, 7, 8, 9, 31, 200} {
			for _, tables := range [][]table{plain, scaled} {
				for _, gray := range []int{0, 1, 2} { // none, some, all
					images := make([][]byte, min(n, 29))
					for k := range images {
						images[k] = make([]byte, 3*size)
						for i := range images[k] {
							images[k][i] = byte(r.Uint32())
						}
						if gray == 2 || gray == 1 && k%2 == 0 {
							images[k] = images[k][:size]
						}
					}
					x := make([]float32, 3*size*n)
					for i := range x {
						x[i] = 99
					}
					assemble(x, images, tables, size, n)
					checkAssembled(t, x, images, tables, size, n)
				}
			}
		}
	}
}

func checkAssembled(t *testing.T, x []float32, images [][]byte, tables []table, size, n int) {
	t.Helper()
	for i, got := range x {
		c, p, k := i/n/size, i/n%size, i%n
		want := float32(0)
		if k < len(images) {
			image := images[k]
			if len(image) > size {
				image = image[c*size:]
			}
			want = tables[c][image[p]]
		}
		if got != want {
			t.Fatalf("size %d, batch %d: channel %d, pixel %d, column %d is %v, want %v", size, n, c, p, k, got, want)
		}
	}
}

func TestBatchErrors(t *testing.T) {
	s := mustLoad(t, config(sampleTree().zip(t, "")), Options{}).Train
	for want, c := range map[string]struct {
		order []int
		n     int
	}{
		"batch size is 0, want at least 1":        {nil, 0},
		"image 1 of the order is 24, want 0 … 23": {[]int{0, 24}, 2},
		"image 0 of the order is -1, want 0 … 23": {[]int{-1}, 2},
	} {
		calls := 0
		for _, err := range s.Batches(context.Background(), View{Order: c.order, Size: c.n, Columns: c.n}) {
			calls++
			if err == nil || err.Error() != want {
				t.Errorf("error is %v, want %s", err, want)
			}
		}
		if calls != 1 {
			t.Errorf("%s: %d calls", want, calls)
		}
	}
	for range s.Batches(context.Background(), View{Order: []int{}, Size: 4, Columns: 4}) {
		t.Error("an empty order has a batch")
	}
}

// Leaving the loop, an ended context and an error each end the goroutine.
func TestBatchesEnd(t *testing.T) {
	for _, cache := range []int{0, 1} {
		cfg := config(sampleTree().zip(t, ""))
		cfg.CacheMiB = cache
		s := mustLoad(t, cfg, Options{}).Train
		before := runtime.NumGoroutine()
		for range s.Batches(context.Background(), View{Size: 4, Columns: 4}) {
			break
		}
		settle(t, before)
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		var last error
		for _, err := range s.Batches(ctx, View{Size: 2, Columns: 2}) {
			if n++; n == 3 {
				cancel()
			}
			last = err
		}
		cancel()
		if n > 4 || !errors.Is(last, context.Canceled) {
			t.Errorf("cache %d: %d batches after the context ended, error %v", cache, n, last)
		}
		settle(t, before)
	}
}

// An iterator may be run again, and a loop may stop half-way and start anew.
func TestBatchesAgain(t *testing.T) {
	s := mustLoad(t, config(sampleTree().zip(t, "")), Options{}).Train
	seq := s.Batches(context.Background(), View{Size: 5, Columns: 5})
	for b := range seq {
		if b.Index[0] == 5 {
			break
		}
	}
	first := 0
	for b := range seq {
		if b.Index[0] != first {
			t.Fatalf("batch begins with image %d, want %d", b.Index[0], first)
		}
		first += len(b.Index)
	}
}

// A streamed file that has changed or gone since the first pass is an error with its path.
func TestStreamedFileChanges(t *testing.T) {
	for name, change := range map[string]func(path string) error{
		"gone":       os.Remove,
		"other":      func(p string) error { return os.WriteFile(p, gradient(6, 5, 999), 0o666) },
		"other size": func(p string) error { return os.WriteFile(p, gradient(7, 9, 1), 0o666) },
		"gray":       func(p string) error { return os.WriteFile(p, grayGradient(6, 5, 1), 0o666) },
		"cut":        func(p string) error { return os.Truncate(p, 50) },
	} {
		root := sampleTree().dir(t)
		cfg := config(root)
		cfg.CacheMiB = 0
		s := mustLoad(t, cfg, Options{}).Train
		before := runtime.NumGoroutine()
		path := filepath.Join(root, "train", "bee", "02.png")
		if err := change(path); err != nil {
			t.Fatal(err)
		}
		var last error
		for _, err := range s.Batches(context.Background(), View{Size: 5, Columns: 5}) {
			last = err
		}
		if last == nil || !strings.HasPrefix(last.Error(), path+": has changed since it was first read") {
			t.Errorf("%s: %v", name, last)
		}
		settle(t, before)
	}
}

// Once it runs, a batch of images in memory takes no memory.
func TestBatchesDoNotAllocate(t *testing.T) {
	s := mustLoad(t, config(sampleTree().zip(t, "")), Options{}).Train
	order := make([]int, 40000)
	measure := func(n int) uint64 {
		before := mallocs()
		for _, err := range s.Batches(context.Background(), View{Order: order[:n], Size: 2, Columns: 2}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		return mallocs() - before
	}
	measure(100)
	few, many := measure(100), measure(len(order))
	if many > few+100 {
		t.Errorf("%d allocations for 20000 batches, %d for 50", many, few)
	}
}

func mallocs() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.Mallocs
}

// Two loops over one set at the same time do not disturb each other.
func TestBatchesConcurrently(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.CacheMiB = 0
	s := mustLoad(t, cfg, Options{}).Train
	want := fmt.Sprint(allBatches(t, s, nil, 7))
	done := make(chan string, 4)
	for range cap(done) {
		go func() {
			var all []Batch
			for b, err := range s.Batches(context.Background(), View{Size: 7, Columns: 7}) {
				if err != nil {
					done <- err.Error()
					return
				}
				all = append(all, copyBatch(b))
			}
			done <- fmt.Sprint(all)
		}()
	}
	for range cap(done) {
		if got := <-done; got != want {
			t.Error("a loop beside others gives other batches")
		}
	}
}

// Gray images come as one plane, unless something tells the channels apart.
func TestPlanes(t *testing.T) {
	gray := tree{}
	for i, path := range []string{"train/a/1.png", "train/a/2.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"} {
		gray[path] = grayGradient(6, 5, i)
	}
	for name, c := range map[string]struct {
		tree   tree
		change func(*Config)
		want   int
	}{
		"gray":                     {gray, func(*Config) {}, 1},
		"gray, streamed":           {gray, func(c *Config) { c.CacheMiB = 0 }, 1},
		"gray, resized":            {gray, func(c *Config) { c.ImageSize = 4 }, 1},
		"one colour image to test": {gray.with("test/b/2.png", gradient(6, 5, 3)), func(*Config) {}, 3},
		"one channel":              {gray.with("test/b/2.png", gradient(6, 5, 3)), func(c *Config) { c.Channels = 1 }, 1},
		"normalized alike": {gray, func(c *Config) {
			c.Normalize, c.Mean, c.Std = NormalizeFixed, []float64{.5, .5, .5}, []float64{2, 2, 2}
		}, 1},
		"normalized by channel": {gray, func(c *Config) {
			c.Normalize, c.Mean, c.Std = NormalizeFixed, []float64{.1, .2, .3}, []float64{1, 2, 3}
		}, 3},
	} {
		cfg := config(c.tree.zip(t, ""))
		c.change(&cfg)
		d := mustLoad(t, cfg, Options{})
		for _, s := range d.sets() {
			x := allBatches(t, s, nil, 2)[0].X
			if size := s.transform.Height * s.transform.Width * 2; s.Planes() != c.want || len(x) != c.want*size {
				t.Errorf("%s: %d planes and %d inputs, want %d and %d", name, s.Planes(), len(x), c.want, c.want*size)
			}
		}
	}
}

// An image keeps its ID in any set and by any name; of equal images each has its own.
func TestIDs(t *testing.T) {
	tr := sampleTree()
	want := mustLoad(t, config(tr.zip(t, "")), Options{}).Train
	cfg := config(tr.with("train/bee/aa.png", tr["train/bee/03.png"]).with("train/cat/aa.png", tr["train/bee/03.png"]).dir(t))
	cfg.CacheMiB = 0
	got := mustLoad(t, cfg, Options{}).Train
	known := map[string]uint64{}
	for i, id := range want.IDs() {
		known[want.Path(i)] = id
	}
	same, seen := known["train/bee/03.png"], map[uint64]bool{}
	known["train/bee/aa.png"], known["train/cat/aa.png"] = same+1, same+2
	for i, id := range got.IDs() {
		if w := known[got.Path(i)]; id != w || seen[id] {
			t.Errorf("%s has ID %x, want %x, that no other has", got.Path(i), id, w)
		}
		seen[id] = true
	}
}
