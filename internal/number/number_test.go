package number_test

import (
	"encoding/json"
	"math"
	"strconv"
	"testing"

	"actfn/internal/number"
)

func TestFloatInJSON(t *testing.T) {
	for want, v := range map[string]float64{
		"0": 0, "-0.1": -0.1, "1e-8": 1e-8, "5e-324": 5e-324, "1.7976931348623157e+308": math.MaxFloat64,
		`"NaN"`: math.NaN(), `"Infinity"`: math.Inf(1), `"-Infinity"`: math.Inf(-1),
	} {
		text, err := json.Marshal(number.Float(v))
		if err != nil || string(text) != want {
			t.Errorf("%g is %s, %v, want %s", v, text, err, want)
		}
		word, err := strconv.Unquote(want)
		back, ok := number.NonFinite(word)
		if ok == number.Finite(v) || err == nil && !(back == v || back != back && v != v) {
			t.Errorf("%s reads as %g, %v, want %g", want, back, ok, v)
		}
	}
}

func TestFloatsInJSON(t *testing.T) {
	for want, list := range map[string]number.Floats{"[]": nil, `[1,"NaN"]`: {1, math.NaN()}} {
		if text, err := json.Marshal(list); err != nil || string(text) != want {
			t.Errorf("%v is %s, %v, want %s", list, text, err, want)
		}
	}
}
