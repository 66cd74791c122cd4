package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/number"
)

// maxDepth bounds how deep values lie in each other.
const maxDepth = 100

type decoder struct {
	*json.Decoder
	text  []byte
	ends  map[string]int
	depth int
}

// fault places an error: the byte that the decoder has come to, and the key.
func (d *decoder) fault(place string, err error) error {
	if place != "" {
		err = fmt.Errorf("%s %w", place, err)
	}
	return NewFault(d.text, int(d.InputOffset()), err)
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

// value decodes the next value into v. Place is its path, as epochs[2].lr.
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
	if d.ends != nil {
		d.ends[place] = int(d.InputOffset())
	}
	return nil
}

// from decodes the value that begins with token t.
func (d *decoder) from(t json.Token, place string, v reflect.Value) error {
	if o, ok := v.Addr().Interface().(Object); ok {
		return d.object(t, place, o)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.from(t, place, v.Elem())
	case reflect.Struct:
		return d.structure(t, place, v)
	case reflect.Map:
		return d.mapping(t, place, v)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return d.list(t, place, v)
	case reflect.Array:
		return d.list(t, place, v)
	case reflect.Interface:
		return d.any(t, place, v)
	}
	return d.scalar(t, place, v)
}

// any decodes whatever there is: text, truth, json.Number, null, []any or map[string]any.
func (d *decoder) any(t json.Token, place string, v reflect.Value) error {
	into := reflect.ValueOf(&t).Elem()
	var err error
	switch t {
	case json.Delim('{'):
		into = reflect.New(reflect.TypeFor[map[string]any]()).Elem()
		err = d.mapping(t, place, into)
	case json.Delim('['):
		into = reflect.New(reflect.TypeFor[[]any]()).Elem()
		err = d.from(t, place, into)
	}
	v.Set(into)
	return err
}

func (d *decoder) object(t json.Token, place string, o Object) error {
	required := o.Required()
	return d.keys(t, place, required, func(at, key string) (known bool, err error) {
		return o.Set(key, func(into any) error {
			return d.value(at, reflect.ValueOf(into).Elem(), slices.Contains(required, key))
		})
	})
}

// structure decodes into the fields of a struct by their JSON keys. Those of an embedded struct count as its own.
func (d *decoder) structure(t json.Token, place string, v reflect.Value) error {
	fields := map[string]reflect.Value{}
	var required []string
	for _, f := range reflect.VisibleFields(v.Type()) {
		if f.Anonymous || !f.IsExported() {
			continue
		}
		key, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		fields[key] = v.FieldByIndex(f.Index)
		if options != "omitempty" && options != "omitzero" {
			required = append(required, key)
		}
	}
	return d.keys(t, place, required, func(at, key string) (known bool, err error) {
		field, known := fields[key]
		if known {
			err = d.value(at, field, slices.Contains(required, key))
		}
		return known, err
	})
}

func (d *decoder) mapping(t json.Token, place string, v reflect.Value) error {
	v.Set(reflect.MakeMap(v.Type()))
	return d.keys(t, place, nil, func(at, key string) (known bool, err error) {
		item := reflect.New(v.Type().Elem()).Elem()
		err = d.value(at, item, true)
		v.SetMapIndex(reflect.ValueOf(key).Convert(v.Type().Key()), item)
		return true, err
	})
}

// keys calls value for each key of an object, with its place. It refuses a key that is not known, comes twice, or is
// required and missing.
func (d *decoder) keys(
	t json.Token, place string, required []string, value func(at, key string) (known bool, err error),
) error {
	if t != json.Delim('{') {
		return d.fault(place, fmt.Errorf("is %s, want an object", show(t)))
	}
	seen := map[string]bool{}
	at := func(key string) string { return strings.TrimPrefix(place+"."+key, ".") }
	for d.More() {
		t, err := d.next()
		if err != nil {
			return err
		}
		key, _ := t.(string)
		if seen[key] {
			return d.fault(at(key), errors.New("is given twice, want once"))
		}
		seen[key] = true
		known, err := value(at(key), key)
		if !known {
			return d.fault("", fmt.Errorf("unknown key %q", at(key)))
		}
		if err != nil {
			return err
		}
	}
	if _, err := d.next(); err != nil {
		return err
	}
	for _, key := range required {
		if !seen[key] {
			return d.fault(at(key), errors.New("is missing"))
		}
	}
	return nil
}

// list decodes into a slice, or into an array, which has its length.
func (d *decoder) list(t json.Token, place string, v reflect.Value) error {
	if t != json.Delim('[') {
		return d.fault(place, fmt.Errorf("is %s, want a list", show(t)))
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

// wanted says what the kinds of scalars are.
var wanted = map[reflect.Kind]string{
	reflect.String: "text", reflect.Bool: "true or false", reflect.Int: "an integer",
	reflect.Uint64: "an unsigned integer of 64 bits", reflect.Float64: "a number",
}

// scalar sets v, a string, truth, integer or float, from a token.
func (d *decoder) scalar(t json.Token, place string, v reflect.Value) error {
	want, ok := wanted[v.Kind()]
	if !ok {
		panic("strictjson: no decoding of " + v.Type().String())
	}
	if v.Type() == reflect.TypeFor[number.Float]() {
		want = `a number, "NaN", "Infinity" or "-Infinity"`
	}
	if _, composite := t.(json.Delim); !composite && t != nil {
		text, err := json.Marshal(t)
		if err == nil && json.Unmarshal(text, v.Addr().Interface()) == nil {
			return nil
		}
	}
	return d.fault(place, fmt.Errorf("is %s, want %s", show(t), want))
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
