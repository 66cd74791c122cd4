package checkpoint

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"
)

// entry is what the header says of one tensor.
type entry struct {
	name       string
	dtype      dtype
	shape      []uint64
	begin, end uint64
}

// values returns the number of values, which layout has checked.
func (e entry) values() int { return int((e.end - e.begin) / e.dtype.size) }

type header struct {
	entries  []entry
	metadata map[string]string
}

// parseHeader reads the JSON. It allocates in proportion to it, whatever sizes it names.
func parseHeader(raw []byte) (header, error) {
	if !utf8.Valid(raw) {
		return header{}, errors.New("header: is not UTF-8")
	}
	if !bytes.HasPrefix(raw, []byte("{")) {
		return header{}, fmt.Errorf("header: begins with %.10q, want the { of a JSON object", raw)
	}
	var h header
	p := newParser(raw)
	err := p.object(func(key string) (err error) {
		if key == metadataKey {
			h.metadata, err = p.metadata()
			return err
		}
		e, err := p.entry(key)
		h.entries = append(h.entries, e)
		return err
	})
	if err == nil {
		err = p.end()
	}
	if fault := new(tensorFault); err != nil && !errors.As(err, &fault) {
		err = fmt.Errorf("header: %w", err)
	}
	return h, err
}

// metadata reads an object of strings.
func (p parser) metadata() (map[string]string, error) {
	m := map[string]string{}
	err := p.object(func(key string) (err error) {
		m[key], err = p.string()
		if err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", metadataKey, err)
	}
	return m, nil
}

// entry reads {"dtype": …, "shape": […], "data_offsets": [begin, end]}, in any order.
func (p parser) entry(name string) (entry, error) {
	e := entry{name: name}
	var kind string
	var offsets []uint64
	err := p.object(func(key string) (err error) {
		switch key {
		case "dtype":
			kind, err = p.string()
		case "shape":
			e.shape, err = p.unsigned()
		case "data_offsets":
			offsets, err = p.unsigned()
		default:
			return fmt.Errorf("key is %q, want dtype, shape or data_offsets", key)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
		return nil
	})
	if err != nil {
		return e, tensorError(name, "%w", err)
	}
	if e.shape == nil {
		return e, tensorError(name, "shape is missing")
	}
	if len(offsets) != 2 {
		return e, tensorError(name, "data_offsets is %v, want [begin, end]", offsets)
	}
	e.begin, e.end = offsets[0], offsets[1]
	var known bool
	if e.dtype, known = dtypes[kind]; !known {
		return e, tensorError(name, "dtype is %q, want F32, F64, F16 or BF16", kind)
	}
	return e, nil
}

// layout sorts the entries by their data and checks that they cover size bytes from the
// first to the last, each once, with as many as its shape and dtype take.
func (h header) layout(size uint64) error {
	slices.SortStableFunc(h.entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.begin, b.begin), cmp.Compare(a.end, b.end))
	})
	position := uint64(0)
	for _, e := range h.entries {
		if e.begin != position {
			return tensorError(e.name, "data_offsets begin at %d, want %d, without hole or overlap", e.begin, position)
		}
		if err := e.fits(size); err != nil {
			return tensorError(e.name, "%w", err)
		}
		position = e.end
	}
	if position != size {
		return fmt.Errorf("%d bytes follow the last tensor, want none", size-position)
	}
	return nil
}

// fits checks the entry's shape against its bytes, and these against the size of the data.
func (e entry) fits(size uint64) error {
	if e.end < e.begin {
		return fmt.Errorf("data_offsets are [%d, %d], want begin at most end", e.begin, e.end)
	}
	if e.end > size {
		return fmt.Errorf("data ends at byte %d of %d, the file is truncated or its header forged", e.end, size)
	}
	for _, n := range e.shape {
		if n > math.MaxInt {
			return fmt.Errorf("shape is %v, want dimensions of at most %d", e.shape, math.MaxInt)
		}
	}
	n, ok := count(e.shape)
	if !ok || n > math.MaxInt/8 {
		return fmt.Errorf("shape is %v, want fewer values than memory has", e.shape)
	}
	if got, want := e.end-e.begin, n*e.dtype.size; got != want {
		return fmt.Errorf("data has %d bytes, want %d for %s of shape %v", got, want, e.dtype.name, e.shape)
	}
	return nil
}

// end checks that nothing but white space follows the object.
func (p parser) end() error {
	if _, err := p.dec.Token(); err != io.EOF {
		return fmt.Errorf("byte %d: something follows the JSON object, want white space", p.dec.InputOffset())
	}
	return nil
}
