// Gen makes the sample that is embedded in the program: the first 200 training and the first 50
// test images of each class of Fashion-MNIST, imported as `actfn dataset import idx` does, in one
// zip whose bytes depend on the IDX files alone. It is run by `go generate ./internal/dataset`.
package main

import (
	"archive/zip"
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/disk"
)

var classes = []string{"t_shirt_top", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle_boot"}

func main() {
	idx := flag.String("idx", "/usr/share/datasets/fashion-mnist", "`folder` of the IDX files, as Debian's dataset-fashion-mnist installs them")
	out := flag.String("o", "fashion_mnist.zip", "`file` to write")
	flag.Parse()
	if err := run(*idx, *out); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(idx, out string) error {
	root, err := os.MkdirTemp("", "sample")
	if err != nil {
		return err
	}
	defer os.RemoveAll(root)
	for _, part := range []struct {
		split, prefix string
		perClass      int
	}{{"train", "train", 200}, {"test", "t10k", 50}} {
		_, err := dataset.ImportIDX(context.Background(), dataset.IDXImport{
			Images:   filepath.Join(idx, part.prefix+"-images-idx3-ubyte.gz"),
			Labels:   filepath.Join(idx, part.prefix+"-labels-idx1-ubyte.gz"),
			Names:    classes,
			Out:      filepath.Join(root, part.split),
			PerClass: part.perClass,
		})
		if err != nil {
			return err
		}
	}
	return disk.Write(out, func(w io.Writer) error { return pack(w, os.DirFS(root)) })
}

// pack zips the files in the order of their names, with one date, each as it is or deflated,
// whichever is smaller.
func pack(w io.Writer, fsys fs.FS) error {
	z := zip.NewWriter(w)
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: method(data), Modified: time.Date(2017, 8, 28, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		return err
	})
	if err != nil {
		return err
	}
	return z.Close()
}

// method tries what deflating would save.
func method(data []byte) uint16 {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	h := &zip.FileHeader{Name: "x", Method: zip.Deflate}
	if f, err := z.CreateHeader(h); err == nil {
		if _, err := f.Write(data); err == nil && z.Close() == nil && h.CompressedSize64 < uint64(len(data)) {
			return zip.Deflate
		}
	}
	return zip.Store
}
