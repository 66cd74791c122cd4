// Package number writes measured figures, among which a diverged run has NaN and ±Inf, where JSON has
// no number for them: as the strings "NaN", "Infinity" and "-Infinity", the spelling of Protocol
// Buffers' JSON mapping, which Python's float(), JavaScript's Number() and pandas take.
package number

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// Float is a float64 whose JSON form exists for every value.
type Float float64

var nonFinite = map[string]Float{
	"NaN":       Float(math.NaN()),
	"Infinity":  Float(math.Inf(1)),
	"-Infinity": Float(math.Inf(-1)),
}

// Finite reports that v is neither NaN nor infinite.
func Finite[T ~float64](v T) bool { return !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0) }

// String returns the shortest decimal that reads back as f, or one of the three words.
func (f Float) String() string {
	v := float64(f)
	switch {
	case math.IsNaN(v):
		return "NaN"
	case math.IsInf(v, 1):
		return "Infinity"
	case math.IsInf(v, -1):
		return "-Infinity"
	}
	b, _ := json.Marshal(v) // has no error for a finite value
	return string(b)
}

// MarshalJSON writes a number, or one of the three words as a string.
func (f Float) MarshalJSON() ([]byte, error) {
	s := f.String()
	if !Finite(f) {
		s = strconv.Quote(s)
	}
	return []byte(s), nil
}

// UnmarshalJSON is the inverse of MarshalJSON.
func (f *Float) UnmarshalJSON(text []byte) error {
	var word string
	if json.Unmarshal(text, &word) != nil || word == "" {
		return json.Unmarshal(text, (*float64)(f))
	}
	v, ok := nonFinite[word]
	if !ok {
		return fmt.Errorf(`figure is %q, want a number, "NaN", "Infinity" or "-Infinity"`, word)
	}
	*f = v
	return nil
}

// Floats is a list of numbers whose JSON form exists for every value. An empty list is [].
type Floats []float64

// MarshalJSON writes each number as Float does.
func (f Floats) MarshalJSON() ([]byte, error) {
	list := make([]Float, len(f))
	for i, v := range f {
		list[i] = Float(v)
	}
	return json.Marshal(list)
}
