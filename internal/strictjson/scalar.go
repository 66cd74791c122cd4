package strictjson

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strconv"

	"actfn/internal/number"
)

// scalar sets v, a string, truth, integer or float, from a token.
func (d *decoder) scalar(t json.Token, v reflect.Value) error {
	figure, isFigure := t.(json.Number)
	switch v.Kind() {
	case reflect.String:
		s, ok := t.(string)
		if !ok {
			return fmt.Errorf("is %s, want text", show(t))
		}
		v.SetString(s)
	case reflect.Bool:
		b, ok := t.(bool)
		if !ok {
			return fmt.Errorf("is %s, want true or false", show(t))
		}
		v.SetBool(b)
	case reflect.Int:
		n, err := strconv.ParseInt(string(figure), 10, strconv.IntSize)
		if !isFigure || err != nil {
			return fmt.Errorf("is %s, want an integer", show(t))
		}
		v.SetInt(n)
	case reflect.Uint64:
		n, err := strconv.ParseUint(string(figure), 10, 64)
		if !isFigure || err != nil {
			return fmt.Errorf("is %s, want an unsigned integer of 64 bits", show(t))
		}
		v.SetUint(n)
	case reflect.Float64:
		f, err := parseFloat(t, d.Words || v.Type() == reflect.TypeFor[number.Float]())
		if err != nil {
			return err
		}
		v.SetFloat(f)
	default:
		panic("strictjson: no decoding of " + v.Type().String())
	}
	return nil
}

// parseFloat returns the float64 of a JSON token.
func parseFloat(t json.Token, words bool) (float64, error) {
	switch t := t.(type) {
	case json.Number:
		if v, err := strconv.ParseFloat(string(t), 64); err == nil {
			return v, nil
		}
	case string:
		if v, ok := number.NonFinite(t); ok && words {
			return v, nil
		}
	}
	want := errors.New("want a number")
	if words {
		want = errors.New(`want a number, "NaN", "Infinity" or "-Infinity"`)
	}
	return 0, fmt.Errorf("is %s, %w", show(t), want)
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
