package setting

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
)

// Rule says which values a key may have, of a list each entry. The zero Rule allows every value of the type.
type Rule struct {
	Want    string   // the rule in words: 0 to below 1
	Choices []string // the words that a text may be; nil: any text
	holds   func(float64) bool
}

// OneOf allows some words.
func OneOf(words ...string) Rule {
	return Rule{Want: "one of " + strings.Join(words, ", "), Choices: words}
}

// Number allows the finite numbers for which holds is true.
func Number(want string, holds func(float64) bool) Rule { return Rule{Want: want, holds: holds} }

// Whole allows low to high.
func Whole(low, high int) Rule {
	return Number(fmt.Sprintf("%d to %d", low, high), func(v float64) bool { return v >= float64(low) && v <= float64(high) })
}

// Rules that several keys have.
var (
	Finite      = Number("a finite number", func(float64) bool { return true })
	Positive    = Number("a number above 0", func(v float64) bool { return v > 0 })
	NotNegative = Number("0 or more", func(v float64) bool { return v >= 0 })
	Share       = Number("0 to below 1", func(v float64) bool { return v >= 0 && v < 1 })
)

// Saying is the rule in other words.
func (r Rule) Saying(format string, args ...any) Rule {
	r.Want = fmt.Sprintf(format, args...)
	return r
}

// TypeWords says what the values of a type are, by the type's name.
var TypeWords = map[string]string{
	"string": "text", "bool": "true or false", "int": "a whole number", "uint64": "a whole number of 0 or more", "float64": "a number",
}

// Check returns a fault for every value that breaks its key's rule: "epochs: value is -1, want 0 to 1000000".
func Check(keys []Key) []error {
	var faults []error
	for _, k := range keys {
		v := reflect.ValueOf(k.Value).Elem()
		if v.Kind() != reflect.Slice {
			faults = append(faults, k.check("value", v)...)
			continue
		}
		for i := range v.Len() {
			faults = append(faults, k.check(fmt.Sprintf("entry %d", i+1), v.Index(i))...)
		}
	}
	return faults
}

func (k Key) check(thing string, v reflect.Value) []error {
	format := "%s: %s is %v, want %s"
	holds := true
	switch {
	case k.Rule.Choices != nil:
		format = "%s: %s is %q, want %s"
		holds = slices.Contains(k.Rule.Choices, v.String())
	case k.Rule.holds == nil:
	case v.CanInt():
		holds = k.Rule.holds(float64(v.Int()))
	case v.CanFloat():
		holds = !math.IsNaN(v.Float()) && !math.IsInf(v.Float(), 0) && k.Rule.holds(v.Float())
	}
	if holds {
		return nil
	}
	return []error{fmt.Errorf(format, k.Name, thing, v.Interface(), k.Rule.Want)}
}
