// Package strictjson decodes one JSON object into a struct and refuses what encoding/json overlooks: a key that
// is missing, unknown, given twice or in other case, null where nothing may be missing, and anything after the
// object. Its errors say the line and the key.
//
// A field is required unless its tag says omitempty or omitzero. Null is taken by a pointer that is always
// written, one without these, and by an item of a list or mapping. Figures that are not finite are words, as
// package number writes them.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"unicode/utf8"

	"actfn/internal/fault"
)

// Fault is an error at a line of JSON text, counted from 1.
type Fault struct {
	Line int
	Err  error
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d: %v", f.Line, f.Err) }
func (f *Fault) Unwrap() error { return f.Err }

// Options are what Unmarshal does beyond decoding.
type Options struct {
	// Words lets a float64 be "NaN", "Infinity" or "-Infinity". A number.Float always can.
	Words bool
	// Lines, where it is made, is filled with the line at which each value ends, by its place: rows[2].n.
	Lines map[string]int
}

// Unmarshal decodes one JSON object into v, a pointer to a struct. Its errors are Faults.
func Unmarshal(data []byte, v any, o Options) error {
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(data)), data: data, Options: o}
	d.UseNumber()
	if !utf8.Valid(data) {
		return &Fault{1, errors.New("text is not UTF-8")}
	}
	into := reflect.ValueOf(v).Elem()
	into.SetZero()
	if err := d.value("", into, false); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return d.fault("", errors.New("something follows the JSON object, want the end"))
	}
	return nil
}

// CheckSchema refuses text whose key schema is another than want. It comes before Unmarshal, as of another
// schema every other key may differ. Text that names none, or is no JSON, is for Unmarshal to refuse.
func CheckSchema(data []byte, want int) error {
	var v struct{ Schema *int }
	if err := json.Unmarshal(data, &v); err != nil || v.Schema == nil || *v.Schema == want {
		return nil
	}
	before, _, _ := bytes.Cut(data, []byte(`"schema"`))
	line := 1 + bytes.Count(before, []byte("\n"))
	return &Fault{line, fmt.Errorf("schema is %d, want %d, that of this version", *v.Schema, want)}
}

// ReadFile is os.ReadFile, its error without the operation.
func ReadFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	return b, fault.At(path, err)
}

// At puts the path before an error, with the line for a Fault in text whose first line is that line of the
// file. No error stays none.
func At(path string, first int, err error) error {
	if f, ok := errors.AsType[*Fault](err); ok {
		return fmt.Errorf("%s:%d: %w", path, first+f.Line-1, f.Err)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
