package dataset

import (
	"bufio"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// The magic numbers of IDX files of unsigned bytes (LeCun, Cortes and Burges, The MNIST database):
// two zero bytes, the type 8, and the number of dimensions.
const (
	idxLabels = 0x00000801
	idxImages = 0x00000803
)

var idxKinds = map[uint32]string{
	idxImages: "images: unsigned bytes, 3 dimensions",
	idxLabels: "labels: unsigned bytes, 1 dimension",
}

// maxIDXItems bounds the number of items that a header may announce.
const maxIDXItems = 1 << 27

// idxReader reads an IDX file item by item.
type idxReader struct {
	name  string // for messages
	file  io.Closer
	r     *bufio.Reader
	items int
	size  int // bytes an item
	dims  []int
	read  int // items
}

// openIDX opens an IDX file, gzipped or not, and reads its header.
func openIDX(name string, magic uint32) (*idxReader, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, at(name, err)
	}
	x, err := newIDXReader(name, file, magic)
	if err != nil {
		file.Close()
		return nil, err
	}
	x.file = file
	return x, nil
}

func newIDXReader(name string, r io.Reader, magic uint32) (*idxReader, error) {
	x := &idxReader{name: wording.Printable(name), r: bufio.NewReader(r)}
	if start, _ := x.r.Peek(2); string(start) == "\x1f\x8b" {
		z, err := gzip.NewReader(x.r)
		if err != nil {
			return nil, x.fault(err)
		}
		x.r = bufio.NewReaderSize(z, 1<<16)
	}
	return x, x.header(magic)
}

func (x *idxReader) Close() error { return x.file.Close() }

// header reads the magic number and the dimensions.
func (x *idxReader) header(magic uint32) error {
	var got uint32
	if err := binary.Read(x.r, binary.BigEndian, &got); err != nil {
		return x.fault(err)
	}
	if got != magic {
		err := fmt.Errorf("%s: magic number is %#08x, want %#08x (%s)", x.name, got, magic, idxKinds[magic])
		if kind, known := idxKinds[got]; known {
			return fault.Hint(err, "it is a file of %s: --images and --labels may be exchanged", kind)
		}
		return err
	}
	sides := make([]uint32, magic&0xff)
	if err := binary.Read(x.r, binary.BigEndian, sides); err != nil {
		return x.fault(err)
	}
	for _, n := range sides {
		x.dims = append(x.dims, int(n))
	}
	x.items, x.size = x.dims[0], 1
	if x.items < 1 || x.items > maxIDXItems {
		return fmt.Errorf("%s: has %d items by its header, want 1 … %d", x.name, x.items, maxIDXItems)
	}
	for _, n := range x.dims[1:] {
		if n < 1 || n > picture.MaxSide || x.size*n > picture.MaxPixels {
			return fmt.Errorf("%s: images are %d×%d by its header, want sides of 1 … %d and at most %d pixels",
				x.name, x.dims[2], x.dims[1], picture.MaxSide, picture.MaxPixels)
		}
		x.size *= n
	}
	return nil
}

// next reads n items, or as many as are left. Memory grows with the data that come, whatever the header promises.
func (x *idxReader) next(n int) ([]byte, error) {
	n = min(n, x.items-x.read)
	data, err := io.ReadAll(io.LimitReader(x.r, int64(n*x.size)))
	if err == nil && len(data) < n*x.size {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, x.fault(err)
	}
	x.read += n
	return data, nil
}

// end wants nothing after the last item. For a gzipped file this compares its checksum, too.
func (x *idxReader) end() error {
	switch _, err := x.r.ReadByte(); err {
	case io.EOF:
		return nil
	case nil:
		return fmt.Errorf("%s: goes on after the %d items of its header, want its end", x.name, x.items)
	default:
		return x.fault(err)
	}
}

func (x *idxReader) fault(err error) error {
	switch cut := errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF); {
	case cut && x.items == 0:
		return fmt.Errorf("%s: file is cut short in its header", x.name)
	case cut:
		return fmt.Errorf("%s: file is cut short, want the %d items of its header", x.name, x.items)
	}
	return fault.At(x.name, cause(err))
}
