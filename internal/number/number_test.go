package number_test

import (
	"encoding/json"
	"math"
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
		var back number.Float
		err = json.Unmarshal(text, &back)
		if err != nil || math.Float64bits(float64(back)) != math.Float64bits(v) && !(math.IsNaN(v) && math.IsNaN(float64(back))) {
			t.Errorf("%s reads as %g, %v", want, float64(back), err)
		}
	}
	for _, text := range []string{`"nan"`, `""`, `"1"`, "true", "1e999"} {
		var f number.Float
		if err := json.Unmarshal([]byte(text), &f); err == nil {
			t.Errorf("%s reads as %v", text, f)
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
