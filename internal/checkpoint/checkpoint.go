// Package checkpoint reads and writes named float32 tensors as safetensors files, which
// PyTorch, JAX and others load without running code from the file. It knows nothing of
// models.
//
// A file is (https://github.com/huggingface/safetensors, "Format")
//
//	8 bytes   n, the length of the header, unsigned little-endian
//	n bytes   JSON: {"__metadata__": {"key": "value", …},
//	                 "name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …}
//	the rest  the tensors' values, little-endian, row-major, end to end without holes
//
// and offsets count from the end of the header.
package checkpoint

import "fmt"

// Tensor is a named array in row-major order. Shape is empty for a scalar.
type Tensor struct {
	Name  string
	Shape []int
	Data  []float32
}

// File is what a safetensors file holds: tensors in the order of their data, and free
// text.
type File struct {
	Tensors  []Tensor
	Metadata map[string]string
}

// Tensor returns the tensor of a name and whether there is one.
func (f File) Tensor(name string) (Tensor, bool) {
	for _, t := range f.Tensors {
		if t.Name == name {
			return t, true
		}
	}
	return Tensor{}, false
}

const (
	// maxHeader is the reference implementation's limit of n.
	maxHeader = 100_000_000
	// lengthSize is the size of n itself.
	lengthSize = 8
	// metadataKey is the one key of the header that is no tensor.
	metadataKey = "__metadata__"
)

func tensorError(name, format string, args ...any) error {
	return fmt.Errorf("tensor %q: %w", name, fmt.Errorf(format, args...))
}
