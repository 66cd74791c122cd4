package strictjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// maxDepth bounds how deep values lie in each other.
const maxDepth = 100

type decoder struct {
	*json.Decoder
	Options
	data  []byte
	depth int

	counted, line int // the bytes whose lines are counted, and the line after them, less 1
}

// fault places an error: the line that the decoder has come to, and the key.
func (d *decoder) fault(place string, err error) error {
	if place != "" {
		err = fmt.Errorf("%s %w", strings.TrimPrefix(place, "."), err)
	}
	return &Fault{d.at(), err}
}

// at is the line that the decoder has come to.
func (d *decoder) at() int {
	read := int(d.InputOffset())
	d.line += bytes.Count(d.data[d.counted:read], []byte("\n"))
	d.counted = read
	return 1 + d.line
}

func (d *decoder) next() (json.Token, error) {
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
func (d *decoder) value(place string, v reflect.Value, nullable bool) error {
	t, err := d.next()
	if err != nil {
		return err
	}
	if d.depth++; d.depth > maxDepth {
		return d.fault("", fmt.Errorf("values lie more than %d deep in each other", maxDepth))
	}
	defer func() { d.depth-- }()
	if t == nil && nullable && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v.SetZero()
	} else if err := d.from(t, place, v); err != nil {
		return err
	}
	if d.Lines != nil {
		d.Lines[strings.TrimPrefix(place, ".")] = d.at()
	}
	return nil
}

// from decodes the value that begins with token t.
func (d *decoder) from(t json.Token, place string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.from(t, place, v.Elem())
	case reflect.Struct:
		return d.object(place, t, v)
	case reflect.Map:
		return d.mapping(place, t, v)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return d.list(place, t, v)
	case reflect.Array:
		return d.list(place, t, v)
	case reflect.Interface:
		return d.any(place, t, v)
	}
	if err := d.scalar(t, v); err != nil {
		return d.fault(place, err)
	}
	return nil
}

// any decodes whatever there is: text, truth, json.Number, null, []any or map[string]any.
func (d *decoder) any(place string, t json.Token, v reflect.Value) error {
	into := reflect.ValueOf(&t).Elem()
	switch t {
	case json.Delim('{'):
		into = reflect.New(reflect.TypeFor[map[string]any]()).Elem()
	case json.Delim('['):
		into = reflect.New(reflect.TypeFor[[]any]()).Elem()
	case nil:
		v.SetZero()
		return nil
	default:
		v.Set(into)
		return nil
	}
	if err := d.from(t, place, into); err != nil {
		return err
	}
	v.Set(into)
	return nil
}

func (d *decoder) object(place string, start json.Token, v reflect.Value) error {
	fields, order := fieldsOf(v.Type())
	seen := map[string]bool{}
	err := d.keys(place, start, func(key string) error {
		f, ok := fields[key]
		if !ok {
			return d.fault("", fmt.Errorf("unknown key %q", strings.TrimPrefix(place+"."+key, ".")))
		}
		seen[key] = true
		return d.value(place+"."+key, v.FieldByIndex(f.index), f.required)
	})
	if err != nil {
		return err
	}
	for _, name := range order { // so that the first one missing is always the same
		if fields[name].required && !seen[name] {
			return d.fault(place+"."+name, errors.New("is missing"))
		}
	}
	return nil
}

func (d *decoder) mapping(place string, start json.Token, v reflect.Value) error {
	v.Set(reflect.MakeMap(v.Type()))
	return d.keys(place, start, func(key string) error {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(place+"."+key, item, true); err != nil {
			return err
		}
		v.SetMapIndex(reflect.ValueOf(key), item)
		return nil
	})
}

// keys calls value for each key of an object, and refuses one that comes twice.
func (d *decoder) keys(place string, start json.Token, value func(key string) error) error {
	if start != json.Delim('{') {
		return d.fault(place, fmt.Errorf("is %s, want an object", show(start)))
	}
	seen := map[string]bool{}
	for d.More() {
		t, err := d.next()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if seen[key] {
			return d.fault(place+"."+key, errors.New("is given twice, want once"))
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err := d.next()
	return err
}

// list decodes into a slice, or into an array, which has its length.
func (d *decoder) list(place string, start json.Token, v reflect.Value) error {
	if start != json.Delim('[') {
		return d.fault(place, fmt.Errorf("is %s, want a list", show(start)))
	}
	fixed := v.Kind() == reflect.Array
	n := 0
	for ; d.More(); n++ {
		item := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(fmt.Sprintf("%s[%d]", place, n), item, true); err != nil {
			return err
		}
		switch {
		case !fixed:
			v.Set(reflect.Append(v, item))
		case n < v.Len():
			v.Index(n).Set(item)
		}
	}
	if _, err := d.next(); err != nil {
		return err
	}
	if fixed && n != v.Len() {
		return d.fault(place, fmt.Errorf("is a list of %d, want %d", n, v.Len()))
	}
	return nil
}

type field struct {
	index    []int
	required bool
}

// fieldsOf returns the fields of a struct type by their JSON keys, and the keys in order. Those of an embedded
// struct count as the struct's own.
func fieldsOf(t reflect.Type) (fields map[string]field, order []string) {
	fields = map[string]field{}
	for _, f := range reflect.VisibleFields(t) {
		if f.Anonymous {
			continue
		}
		name, optional := key(f)
		fields[name] = field{f.Index, !optional}
		order = append(order, name)
	}
	return fields, order
}

// key returns the JSON key of a struct field and whether it may be missing.
func key(f reflect.StructField) (name string, optional bool) {
	name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name, options == "omitempty" || options == "omitzero"
}
