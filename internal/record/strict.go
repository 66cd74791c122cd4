package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"
)

// fault is an error at a line of JSON text, counted from 1.
type fault struct {
	line int
	err  error
}

func (f *fault) Error() string { return fmt.Sprintf("line %d: %v", f.line, f.err) }
func (f *fault) Unwrap() error { return f.err }

// unmarshal decodes one JSON object into v, a pointer to a struct. It refuses what
// encoding/json overlooks: a key that is missing, unknown, given twice or in other case,
// null, and anything after the object. Its errors are faults.
func unmarshal(data []byte, v any) error {
	d := decoder{json.NewDecoder(bytes.NewReader(data)), data}
	d.UseNumber()
	if !utf8.Valid(data) {
		return &fault{1, errors.New("text is not UTF-8")}
	}
	into := reflect.ValueOf(v).Elem()
	into.SetZero()
	if err := d.value("", into); err != nil {
		return err
	}
	if _, err := d.Token(); err != io.EOF {
		return d.fault("", errors.New("something follows the JSON object, want the end"))
	}
	return nil
}

type decoder struct {
	*json.Decoder
	data []byte
}

// fault places an error: the line that the decoder has come to, and the key.
func (d decoder) fault(place string, err error) error {
	read := d.data[:d.InputOffset()]
	if place != "" {
		err = fmt.Errorf("%s %w", strings.TrimPrefix(place, "."), err)
	}
	return &fault{1 + bytes.Count(read, []byte("\n")), err}
}

func (d decoder) next(place string) (json.Token, error) {
	t, err := d.Token()
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, d.fault("", err)
	}
	return t, nil
}

// value decodes the next value into v. Place is its path, as ".epochs[2].lr".
func (d decoder) value(place string, v reflect.Value) error {
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(place, v.Elem())
	}
	t, err := d.next(place)
	if err != nil {
		return err
	}
	switch v.Kind() {
	case reflect.Struct:
		return d.object(place, t, v)
	case reflect.Slice:
		return d.array(place, t, v)
	}
	if err := scalar(t, v); err != nil {
		return d.fault(place, err)
	}
	return nil
}

func (d decoder) object(place string, start json.Token, v reflect.Value) error {
	if start != json.Delim('{') {
		return d.fault(place, fmt.Errorf("is %s, want an object", show(start)))
	}
	fields := fieldsOf(v.Type())
	for d.More() {
		t, err := d.next(place)
		if err != nil {
			return err
		}
		key, _ := t.(string)
		field, ok := fields[key]
		if !ok {
			return d.fault("", fmt.Errorf("unknown key %q", strings.TrimPrefix(place+"."+key, ".")))
		}
		if field.seen {
			return d.fault(place+"."+key, errors.New("is given twice, want once"))
		}
		field.seen = true
		if err := d.value(place+"."+key, v.Field(field.index)); err != nil {
			return err
		}
	}
	if _, err := d.next(place); err != nil {
		return err
	}
	for i := range v.NumField() { // in order, so that the first one missing is always the same
		name, _ := key(v.Type().Field(i))
		if f := fields[name]; f.required && !f.seen {
			return d.fault(place+"."+name, errors.New("is missing"))
		}
	}
	return nil
}

func (d decoder) array(place string, start json.Token, v reflect.Value) error {
	if start != json.Delim('[') {
		return d.fault(place, fmt.Errorf("is %s, want a list", show(start)))
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for i := 0; d.More(); i++ {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(fmt.Sprintf("%s[%d]", place, i), item); err != nil {
			return err
		}
		v.Set(reflect.Append(v, item))
	}
	_, err := d.next(place)
	return err
}

// scalar sets v, a string, integer or float, from a token.
func scalar(t json.Token, v reflect.Value) error {
	number, isNumber := t.(json.Number)
	switch v.Kind() {
	case reflect.String:
		s, ok := t.(string)
		if !ok {
			return fmt.Errorf("is %s, want text", show(t))
		}
		v.SetString(s)
	case reflect.Int:
		n, err := strconv.ParseInt(string(number), 10, strconv.IntSize)
		if !isNumber || err != nil {
			return fmt.Errorf("is %s, want an integer", show(t))
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(string(number), 10, 64)
		if !isNumber || err != nil {
			return fmt.Errorf("is %s, want an unsigned integer of 64 bits", show(t))
		}
		v.SetUint(n)
	case reflect.Float64:
		f, err := parseFloat(t)
		if err != nil {
			return err
		}
		v.SetFloat(f)
	default:
		panic("record: no decoding of " + v.Type().String())
	}
	return nil
}

type field struct {
	index    int
	required bool
	seen     bool
}

// fieldsOf returns the fields of a struct type by their JSON keys.
func fieldsOf(t reflect.Type) map[string]*field {
	fields := map[string]*field{}
	for i := range t.NumField() {
		name, optional := key(t.Field(i))
		fields[name] = &field{index: i, required: !optional}
	}
	return fields
}

// key returns the JSON key of a struct field and whether it may be missing.
func key(f reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, options == "omitempty" || options == "omitzero"
}

// show names a token in a message.
func show(t json.Token) string {
	switch t := t.(type) {
	case nil:
		return "null"
	case string:
		return strconv.Quote(t)
	case json.Delim:
		if t == '{' {
			return "an object"
		}
		return "a list"
	}
	return fmt.Sprint(t)
}
