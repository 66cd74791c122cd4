package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"unicode/utf8"

	"actfn/internal/disk"
)

// Write replaces the file at path by f, completely or not at all (see disk.Replace).
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
	return disk.Replace(path, func(w io.Writer) error { return f.encode(w, head) })
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
	var head bytes.Buffer
	head.WriteByte('{')
	if len(f.Metadata) > 0 {
		for _, key := range slices.Sorted(maps.Keys(f.Metadata)) {
			if value := f.Metadata[key]; !utf8.ValidString(key + value) {
				return nil, fmt.Errorf("%s: value of %q is %q, want UTF-8", metadataKey, key, value)
			}
		}
		if err := member(&head, metadataKey, f.Metadata); err != nil {
			return nil, err
		}
	}
	seen := map[string]bool{metadataKey: true}
	offset := uint64(0)
	for _, t := range f.Tensors {
		if err := t.check(seen); err != nil {
			return nil, tensorError(t.Name, "%w", err)
		}
		seen[t.Name] = true
		end := offset + 4*uint64(len(t.Data))
		e := entry{Dtype: "F32", Shape: append([]int{}, t.Shape...), Offsets: [2]uint64{offset, end}}
		if err := member(&head, t.Name, e); err != nil {
			return nil, err
		}
		offset = end
	}
	head.WriteByte('}')
	head.Write(bytes.Repeat([]byte{' '}, -head.Len()&7))
	if head.Len() > maxHeader {
		return nil, fmt.Errorf("header length is %d, want at most %d", head.Len(), maxHeader)
	}
	return head.Bytes(), nil
}

// check refuses a tensor that would not be read.
func (t Tensor) check(taken map[string]bool) error {
	if taken[t.Name] {
		return errors.New("name is taken, want each once")
	}
	if !utf8.ValidString(t.Name) {
		return errors.New("name is not UTF-8")
	}
	n, err := count(t.Shape)
	if err == nil && n != len(t.Data) {
		err = fmt.Errorf("data has %d values, want as many as shape %v", len(t.Data), t.Shape)
	}
	return err
}

// member appends "key":value to an object, as the reference implementation writes it: nothing is escaped that need not
// be.
func member(object *bytes.Buffer, key string, value any) error {
	if object.Len() > 1 {
		object.WriteByte(',')
	}
	e := json.NewEncoder(object)
	e.SetEscapeHTML(false)
	if err := e.Encode(key); err != nil {
		return err
	}
	object.Truncate(object.Len() - 1) // the newline
	object.WriteByte(':')
	err := e.Encode(value)
	object.Truncate(object.Len() - 1)
	return err
}
