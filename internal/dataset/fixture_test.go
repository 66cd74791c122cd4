package dataset

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"

	"actfn/internal/dataset/picture"
)

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// tree is a dataset as its files' contents by path.
type tree map[string][]byte

// dir writes the tree into a new folder.
func (tr tree) dir(t testing.TB) string {
	t.Helper()
	root := t.TempDir()
	for path, data := range tr {
		tr.put(t, root, path, data)
	}
	return root
}

func (tree) put(t testing.TB, root, path string, data []byte) {
	t.Helper()
	name := filepath.Join(root, filepath.FromSlash(path))
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
}

// zip writes the tree into a new .zip, each path behind a prefix.
func (tr tree) zip(t testing.TB, prefix string) string {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for path, data := range tr {
		f, err := z.Create(prefix + path)
		if err != nil {
			t.Fatal(err)
		}
		f.Write(data)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "data.zip")
	if err := os.WriteFile(name, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return name
}

// encoder keeps the compressor's memory, which takes longer to get than a small picture to encode.
var encoder = png.Encoder{BufferPool: encoderBuffers{}}

func pngBytes(m image.Image) []byte {
	var b bytes.Buffer
	if err := encoder.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// gradient is a w×h picture whose colours tell k apart from any other.
func gradient(w, h, k int) []byte {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.NRGBA{byte(37*k + x), byte(k/7 + 5*y), byte(k + x*y), 255})
		}
	}
	return pngBytes(m)
}

// grayGradient is the same in one channel.
func grayGradient(w, h, k int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for i := range m.Pix {
		m.Pix[i] = byte(41*k + i)
	}
	return pngBytes(m)
}

// sampleTree has three classes with 10, 8 and 6 training and 3 test images of 6×5, a third gray.
var sampleTree = sync.OnceValue(func() tree {
	tr := tree{}
	for c, class := range []string{"ant", "bee", "cat"} {
		for split, n := range map[string]int{"train": 10 - 2*c, "test": 3} {
			for i := range n {
				k := 1000*c + 100*len(split) + i
				data := gradient(6, 5, k)
				if i%3 == 0 {
					data = grayGradient(6, 5, k)
				}
				tr[fmt.Sprintf("%s/%s/%02d.png", split, class, i)] = data
			}
		}
	}
	return tr
})

func (tr tree) with(path string, data []byte) tree {
	next := tree{}
	for p, d := range tr {
		next[p] = d
	}
	next[path] = data
	return next
}

func (tr tree) without(prefix string) tree {
	next := tree{}
	for p, d := range tr {
		if len(p) < len(prefix) || p[:len(prefix)] != prefix {
			next[p] = d
		}
	}
	return next
}

func config(root string) Config {
	c := Default()
	c.Root = root
	return c
}

func mustLoad(t testing.TB, c Config, opts Options) *Data {
	t.Helper()
	d, err := Load(context.Background(), c, 1, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// batch is a copy of a Batch.
func copyBatch(b Batch) Batch {
	return Batch{slices.Clone(b.X), slices.Clone(b.Y), slices.Clone(b.Index)}
}

func allBatches(t testing.TB, s *Set, order []int, n int) (all []Batch) {
	t.Helper()
	for b, err := range s.Batches(context.Background(), View{Order: order, Size: n, Columns: n}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, copyBatch(b))
	}
	return all
}

// valueAt is channel c of pixel i.
func valueAt(p picture.Pixels, i, c int) byte {
	if p.Gray() {
		return p.Data[i]
	}
	return p.Data[c*p.W*p.H+i]
}

// allocated is the memory ever taken by the program, in bytes.
func allocated() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
