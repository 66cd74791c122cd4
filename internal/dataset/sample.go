package dataset

import (
	"bytes"
	_ "embed" // the sample and its licence
	"io"
	"io/fs"
)

//go:generate go run ./sample/gen -o sample/fashion_mnist.zip

//go:embed sample/fashion_mnist.zip
var sampleZip []byte

// SampleLicense is the licence of the embedded sample.
//
//go:embed sample/LICENSE
var SampleLicense string

// openSample opens the embedded sample: 200 training and 50 test images of each class of
// Fashion-MNIST (Xiao, Rasul and Vollgraf 2017, arXiv:1708.07747).
func openSample() (fs.FS, io.Closer, error) {
	fsys, err := openZip(bytes.NewReader(sampleZip), int64(len(sampleZip)))
	return fsys, io.NopCloser(nil), err
}
