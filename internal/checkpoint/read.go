package checkpoint

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"actfn/internal/disk"
	"actfn/internal/fault"
)

// blockSize is how many bytes are converted at a time.
const blockSize = 64 << 10

// Read returns the file at path, its F32, F64, F16 and BF16 values as float32. All but a
// finite F64 beyond float32's range load, NaN and ±Inf too. Anything that the format does
// not allow is refused, with the tensor it concerns, and so are other dtypes, but for
// PyTorch's counters NAME.num_batches_tracked, I64, which are left out. What a
// header claims is held against the size of the file before memory is taken for it.
func Read(path string) (File, error) {
	r, info, err := disk.Open(path)
	if err != nil {
		return File{}, err
	}
	defer r.Close()
	f, err := decode(r, uint64(info.Size()))
	if err != nil {
		return File{}, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// decode reads a file of size bytes.
func decode(r io.Reader, size uint64) (File, error) {
	buffered := bufio.NewReaderSize(r, blockSize)
	raw, err := readHeader(buffered, size)
	if err != nil {
		return File{}, err
	}
	h, err := parseHeader(raw)
	if err != nil {
		return File{}, err
	}
	if err := h.layout(size - lengthSize - uint64(len(raw))); err != nil {
		return File{}, err
	}
	f := File{Metadata: h.metadata}
	block := make([]byte, blockSize)
	for _, e := range h.entries {
		if e.counter() {
			if _, err := io.CopyN(io.Discard, buffered, int64(e.Offsets[1]-e.Offsets[0])); err != nil {
				return File{}, tensorError(e.name, "%w", early(err))
			}
			continue
		}
		data, err := readData(buffered, e, block)
		if err != nil {
			return File{}, tensorError(e.name, "%w", err)
		}
		f.Tensors = append(f.Tensors, Tensor{e.name, e.Shape, data})
	}
	return f, nil
}

// readHeader returns the JSON part of a file of size bytes.
func readHeader(r *bufio.Reader, size uint64) ([]byte, error) {
	if size < lengthSize {
		return nil, fmt.Errorf("file has %d bytes, want at least the %d of a safetensors file", size, lengthSize)
	}
	if start, _ := r.Peek(lengthSize + 1); bytes.HasPrefix(start, []byte("PK\x03\x04")) && start[len(start)-1] != '{' {
		return nil, fault.Hint(errors.New("is a zip archive, want a safetensors file"),
			"weights of torch.save convert with safetensors.torch.save_file(torch.load(FILE), OUT)")
	}
	var length [lengthSize]byte
	if err := readFull(r, length[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader {
		return nil, fmt.Errorf("header length is %d, want at most %d", n, maxHeader)
	}
	if n > size-lengthSize {
		return nil, fmt.Errorf("header length is %d, want at most %d, what the file has", n, size-lengthSize)
	}
	raw := make([]byte, n)
	return raw, readFull(r, raw)
}

// readData reads one tensor's values through block.
func readData(r io.Reader, e entry, block []byte) ([]float32, error) {
	kind := dtypes[e.Dtype]
	data := make([]float32, (e.Offsets[1]-e.Offsets[0])/kind.size)
	width := int(kind.size)
	for first := 0; first < len(data); {
		n := min(len(block)/width, len(data)-first)
		src := block[:n*width]
		if err := readFull(r, src); err != nil {
			return nil, err
		}
		if err := kind.decode(data[first:first+n], src, first); err != nil {
			return nil, err
		}
		first += n
	}
	return data, nil
}

// readFull fills b.
func readFull(r io.Reader, b []byte) error {
	_, err := io.ReadFull(r, b)
	return early(err)
}

// early is the error of a read. The file has been measured, so it ends early only if someone cut it meanwhile.
func early(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return errors.New("file became shorter while it was read")
	}
	return fault.Reason(err)
}
