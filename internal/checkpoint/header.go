package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strings"

	"actfn/internal/strictjson"
)

// entry is what the header says of one tensor.
type entry struct {
	name    string
	Dtype   string    `json:"dtype"`
	Shape   []int     `json:"shape"`
	Offsets [2]uint64 `json:"data_offsets"` // begin and end
}

// header is the JSON of a file: the tensors in the order of the header.
type header struct {
	entries  []entry
	metadata map[string]string
}

// parseHeader reads the JSON. It allocates in proportion to it, whatever sizes it names.
func parseHeader(raw []byte) (header, error) {
	var h header
	if !bytes.HasPrefix(raw, []byte("{")) {
		return h, fmt.Errorf("header: begins with %.10q, want the { of a JSON object", raw)
	}
	err := strictjson.Unmarshal(raw, &h, nil)
	if f, ok := errors.AsType[*strictjson.Fault](err); ok {
		err = fmt.Errorf("header: byte %d: %w", f.Offset, f.Err)
	}
	return h, err
}

// Set stores the value of a key, as strictjson.Object.
func (h *header) Set(key string, decode func(into any) error) (known bool, err error) {
	if key == metadataKey {
		return true, decode(&h.metadata)
	}
	e := entry{name: key}
	err = decode(&e)
	h.entries = append(h.entries, e)
	return true, err
}

// Required are the keys that every header has: none.
func (h *header) Required() []string { return nil }

// layout sorts the entries by their data and checks that they cover size bytes from the
// first to the last, each once, with as many as its shape and dtype take.
func (h header) layout(size uint64) error {
	slices.SortStableFunc(h.entries, func(a, b entry) int { return slices.Compare(a.Offsets[:], b.Offsets[:]) })
	position := uint64(0)
	for _, e := range h.entries {
		if begin := e.Offsets[0]; begin != position {
			return tensorError(e.name, "data_offsets begin at %d, want %d, without hole or overlap", begin, position)
		}
		if err := e.fits(size); err != nil {
			return tensorError(e.name, "%w", err)
		}
		position = e.Offsets[1]
	}
	if position != size {
		return fmt.Errorf("%d bytes follow the last tensor, want none", size-position)
	}
	return nil
}

// counter reports that the entry is the number of batches that a norm of PyTorch has seen, which nothing here needs.
func (e entry) counter() bool {
	return e.Dtype == "I64" && strings.HasSuffix(e.name, ".num_batches_tracked")
}

// width is the size of a value in bytes, and whether the dtype is one that is read.
func (e entry) width() (uint64, bool) {
	if e.counter() {
		return 8, true
	}
	kind, known := dtypes[e.Dtype]
	return kind.size, known
}

// fits checks the entry's shape against its bytes, and these against the size of the data.
func (e entry) fits(size uint64) error {
	width, known := e.width()
	if !known {
		return fmt.Errorf("dtype is %q, want F32, F64, F16 or BF16", e.Dtype)
	}
	begin, end := e.Offsets[0], e.Offsets[1]
	if end < begin {
		return fmt.Errorf("data_offsets are [%d, %d], want begin at most end", begin, end)
	}
	if end > size {
		return fmt.Errorf("data ends at byte %d of %d, the file is truncated or its header forged", end, size)
	}
	n, err := count(e.Shape)
	if err != nil {
		return err
	}
	if got, want := end-begin, uint64(n)*width; got != want {
		return fmt.Errorf("data has %d bytes, want %d for %s of shape %v", got, want, e.Dtype, e.Shape)
	}
	return nil
}

// count is the number of values of a shape. Eight times it does not overflow.
func count(shape []int) (int, error) {
	product := uint64(1)
	for _, n := range shape {
		if n < 0 {
			return 0, fmt.Errorf("shape is %v, want no negative dimension", shape)
		}
		high, low := bits.Mul64(product, uint64(n))
		if high != 0 || low > math.MaxInt/8 {
			return 0, fmt.Errorf("shape is %v, want fewer values than memory has", shape)
		}
		product = low
	}
	return int(product), nil
}
