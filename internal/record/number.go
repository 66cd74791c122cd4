package record

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
)

// number is a float64 whose JSON form exists for every value.
type number float64

var nonFinite = map[string]float64{
	"NaN":       math.NaN(),
	"Infinity":  math.Inf(1),
	"-Infinity": math.Inf(-1),
}

// String returns the shortest decimal that reads back as n.
func (n number) String() string {
	v := float64(n)
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

func (n number) MarshalJSON() ([]byte, error) {
	s := n.String()
	if _, ok := nonFinite[s]; ok {
		s = strconv.Quote(s)
	}
	return []byte(s), nil
}

// parseFloat returns the float64 of a JSON token.
func parseFloat(t json.Token) (float64, error) {
	switch t := t.(type) {
	case json.Number:
		if v, err := strconv.ParseFloat(string(t), 64); err == nil {
			return v, nil
		}
	case string:
		if v, ok := nonFinite[t]; ok {
			return v, nil
		}
	}
	return 0, fmt.Errorf(`is %s, want a number, "NaN", "Infinity" or "-Infinity"`, show(t))
}
