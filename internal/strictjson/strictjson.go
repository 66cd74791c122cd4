// Package strictjson decodes one JSON object that comes from outside, and refuses what encoding/json overlooks and two
// programs may understand differently: a key that is missing, unknown, given twice or in other case, null where nothing
// may be missing, text that is not UTF-8 or has half a surrogate pair, and anything after the object. Its errors say
// where, and the key.
//
// A field is required unless its tag says omitempty or omitzero. Null is taken by a pointer that is always written, one
// that is required, and by an item of a list or mapping.
package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"unicode/utf8"

	"actfn/internal/disk"
	"actfn/internal/fault"
)

// Object is a value that stores its fields itself, where no struct can declare them.
type Object interface {
	// Set decodes the value of a key, by calling decode with a pointer, and stores it. It reports whether there is
	// such a key.
	Set(key string, decode func(into any) error) (known bool, err error)
	// Required are the keys that must be there.
	Required() []string
}

// Fault is an error at a byte of JSON text, counted from 0, on a line, counted from 1.
type Fault struct {
	Offset, Line int
	Err          error
}

func (f *Fault) Error() string { return fmt.Sprintf("line %d: %v", f.Line, f.Err) }
func (f *Fault) Unwrap() error { return f.Err }

// NewFault is an error at a byte of the text.
func NewFault(text []byte, offset int, err error) *Fault {
	return &Fault{offset, 1 + bytes.Count(text[:offset], []byte("\n")), err}
}

// Unmarshal decodes one JSON object into v, a pointer to a struct or an Object. Its errors are Faults. Ends, where it is
// not nil, is filled with the byte at which each value ends, by its place: rows[2].n.
func Unmarshal(text []byte, v any, ends map[string]int) error {
	if err := checkText(text); err != nil {
		return err
	}
	d := decoder{Decoder: json.NewDecoder(bytes.NewReader(text)), text: text, ends: ends}
	d.UseNumber()
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

// escapes matches the escapes of JSON strings. Its group is half a surrogate pair without the other half.
var escapes = regexp.MustCompile(`\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)`)

// checkText refuses text in which encoding/json would replace characters by U+FFFD, so that two names could become one.
func checkText(text []byte) error {
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			return NewFault(text, at, errors.New("text is not UTF-8"))
		}
		at += size
	}
	for _, match := range escapes.FindAllSubmatchIndex(text, -1) {
		if match[2] >= 0 {
			return NewFault(text, match[0], errors.New("half a surrogate pair in a string, want a character"))
		}
	}
	return nil
}

// CheckSchema refuses text whose key schema is another than want. It comes before Unmarshal, as of another
// schema every other key may differ. Text that names none, or is no JSON, is for Unmarshal to refuse.
func CheckSchema(text []byte, want int) error {
	var v struct{ Schema *int }
	if err := json.Unmarshal(text, &v); err != nil || v.Schema == nil || *v.Schema == want {
		return nil
	}
	at := strings.Index(string(text), `"schema"`)
	return NewFault(text, max(at, 0), fmt.Errorf("schema is %d, want %d, that of this version", *v.Schema, want))
}

// maxFile is more than any file of ours takes that is read whole.
const maxFile = 256 << 20

// Read parses a file. Its errors begin with the path, and of a Fault with path:line.
func Read[T any](path string, parse func(text []byte) (T, error)) (T, error) {
	var none T
	text, err := disk.Read(path, maxFile)
	if err != nil {
		return none, err
	}
	v, err := parse(text)
	if err == nil {
		return v, nil
	}
	if f, ok := errors.AsType[*Fault](err); ok {
		return none, fmt.Errorf("%s:%d: %w", path, f.Line, f.Err)
	}
	return none, fault.At(path, err)
}
