package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"

	"actfn/internal/disk"
)

// Write replaces the file at path by f, completely or not at all (see disk.Write).
// Values are F32 and keep their bits, NaNs' too. The tensors follow each other in the
// given order and the metadata is sorted, so equal files have equal bytes; the header is
// padded with spaces to a multiple of 8, as the reference implementation does.
// A name used twice, a shape that does not match its data or text that is not UTF-8 is an
// error.
func Write(path string, f File) error {
	head, err := f.header()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return disk.Write(path, func(w io.Writer) error { return f.encode(w, head) })
}

func (f File) encode(w io.Writer, head []byte) error {
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(head)))); err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	block := make([]byte, blockSize)
	for _, t := range f.Tensors {
		for values := range slices.Chunk(t.Data, blockSize/4) {
			if _, err := w.Write(encodeF32(block, values)); err != nil {
				return err
			}
		}
	}
	return nil
}

// header returns the JSON part.
func (f File) header() ([]byte, error) {
	members, err := f.members()
	if err != nil {
		return nil, err
	}
	head := slices.Concat([]byte("{"), bytes.Join(members, []byte(",")), []byte("}"))
	for len(head)%8 != 0 {
		head = append(head, ' ')
	}
	if len(head) > maxHeader {
		return nil, fmt.Errorf("header length is %d, want at most %d", len(head), maxHeader)
	}
	return head, nil
}

// members returns the header's "key":value pairs.
func (f File) members() ([][]byte, error) {
	var members [][]byte
	if len(f.Metadata) > 0 {
		m, err := metadataMember(f.Metadata)
		if err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	seen := map[string]bool{metadataKey: true}
	offset := uint64(0)
	for _, t := range f.Tensors {
		if seen[t.Name] {
			return nil, tensorError(t.Name, "name is taken, want each once")
		}
		seen[t.Name] = true
		m, err := t.member(offset)
		if err != nil {
			return nil, tensorError(t.Name, "%w", err)
		}
		members = append(members, m)
		offset += 4 * uint64(len(t.Data))
	}
	return members, nil
}

// member returns "name":{"dtype":"F32","shape":[2,3],"data_offsets":[offset,offset+24]}.
func (t Tensor) member(offset uint64) ([]byte, error) {
	for _, n := range t.Shape {
		if n < 0 {
			return nil, fmt.Errorf("shape is %v, want no negative dimension", t.Shape)
		}
	}
	if n, ok := count(t.Shape); !ok || n != uint64(len(t.Data)) {
		return nil, fmt.Errorf("data has %d values, want as many as shape %v", len(t.Data), t.Shape)
	}
	b, err := quote(t.Name)
	if err != nil {
		return nil, err
	}
	b = append(b, `:{"dtype":"F32","shape":[`...)
	for i, n := range t.Shape {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return fmt.Appendf(b, `],"data_offsets":[%d,%d]}`, offset, offset+4*uint64(len(t.Data))), nil
}

// metadataMember returns "__metadata__":{"key":"value",…}, sorted by key.
func metadataMember(metadata map[string]string) ([]byte, error) {
	var pairs [][]byte
	for _, key := range slices.Sorted(maps.Keys(metadata)) {
		k, err := quote(key)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", metadataKey, err)
		}
		v, err := quote(metadata[key])
		if err != nil {
			return nil, fmt.Errorf("%s: key %q: %w", metadataKey, key, err)
		}
		pairs = append(pairs, slices.Concat(k, []byte(":"), v))
	}
	return slices.Concat([]byte(`"`+metadataKey+`":{`), bytes.Join(pairs, []byte(",")), []byte("}")), nil
}
