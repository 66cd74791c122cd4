package dataset

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"os"
	"path/filepath"
	"testing"
)

// memorySet is n images of c·h·w bytes, in memory.
func memorySet(n, c, h, w int) *Set {
	s := &Set{items: make([]item, n), workers: 1}
	for i := range s.items {
		data := make([]byte, c*h*w)
		for k := range data {
			data[k] = byte(i*7 + k*13)
		}
		s.items[i].data = data
	}
	finish(Transform{Channels: 3, Height: h, Width: w}, s)
	return s
}

// BenchmarkBatches makes the batches of an epoch; ns/float is the time for each number of X.
func BenchmarkBatches(b *testing.B) {
	for _, c := range []struct {
		name            string
		planes, side, n int
		normalize       bool
	}{
		{"gray28/32", 1, 28, 32, false}, {"gray28/32/normalized", 1, 28, 32, true}, {"rgb28/32", 3, 28, 32, false},
		{"rgb28/1", 3, 28, 1, false}, {"rgb28/256", 3, 28, 256, false}, {"rgb28/1024", 3, 28, 1024, false},
		{"rgb224/32", 3, 224, 32, false},
	} {
		b.Run(c.name, func(b *testing.B) {
			count := min(2000, 200<<20/(c.planes*c.side*c.side))
			s := memorySet(count, c.planes, c.side, c.side)
			if c.normalize {
				finish(Transform{Channels: 3, Height: c.side, Width: c.side, Mean: []float64{.1, .2, .3}, Std: []float64{1, 2, 3}}, s)
			}
			images := 0
			b.ReportAllocs()
			for b.Loop() {
				for batch, err := range s.Batches(context.Background(), View{Size: c.n, Columns: c.n}) {
					if err != nil {
						b.Fatal(err)
					}
					images += len(batch.Index)
				}
			}
			seconds := b.Elapsed().Seconds()
			b.ReportMetric(float64(images)/seconds, "images/s")
			b.ReportMetric(seconds*1e9/float64(images*3*c.side*c.side), "ns/float")
		})
	}
}

// BenchmarkLoad loads a folder of 6000 small PNG files, and the same in a .zip.
func BenchmarkLoad(b *testing.B) {
	const n = 6000
	tr := tree{"test/a/1.png": grayGradient(28, 28, 1)}
	m := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range n {
		for k := range m.Pix {
			m.Pix[k] = byte(k*k/37 + i*k)
		}
		m.Set(0, 0, color.Gray{byte(i)})
		tr[fmt.Sprintf("train/a/%05d.png", i)] = pngBytes(m)
	}
	root := tr.dir(b)
	for name, root := range map[string]string{"folder": root, "zip": tr.zip(b, "")} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Load(context.Background(), config(root), 1, Options{}); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "images/s")
		})
	}
	info, err := os.Stat(filepath.Join(root, "train", "a", "00001.png"))
	if err != nil {
		b.Fatal(err)
	}
	b.Logf("a file is of %d bytes", info.Size())
}
