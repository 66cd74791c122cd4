package activations

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// difference is a row of testdata/reference/pytorch_differences.tsv: a case where PyTorch is wrong and the result here
// differs from it.
type difference struct {
	activation, of         string // of f or of f'
	low, high              float64
	pytorch, here, because string
}

func readDifferences(t *testing.T) []difference {
	t.Helper()
	var all []difference
	for _, f := range readTSV(t, "pytorch_differences.tsv", 7) {
		low, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		high, err := strconv.ParseFloat(f[3], 64)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, difference{f[0], f[1], low, high, f[4], f[5], f[6]})
	}
	return all
}

// readTSV reads a table of testdata/reference without its heading.
func readTSV(t *testing.T, name string, columns int) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../testdata/reference/" + name)
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	for i, line := range strings.Split(strings.TrimRight(string(text), "\n"), "\n")[1:] {
		fields := strings.Split(line, "\t")
		if len(fields) != columns {
			t.Fatalf("%s: line %d: number of fields is %d, want %d", name, i+2, len(fields), columns)
		}
		rows = append(rows, fields)
	}
	return rows
}

// isKnown reports whether a difference from PyTorch is listed.
func isKnown(all []difference, activation, of string, x float64) bool {
	for _, d := range all {
		if d.activation == activation && d.of == of && (d.low <= x && x <= d.high || math.IsNaN(d.low) && math.IsNaN(x)) {
			return true
		}
	}
	return false
}

// near32 reports whether two float32 values agree within the promised bound.
func near32(got, want float64) bool {
	return got == want || math.Abs(got-want) <= 2e-6+1e-6*math.Abs(want) || math.IsNaN(got) && math.IsNaN(want)
}

// TestEqualsPyTorch compares values and slopes with testdata/reference/activations.json, which PyTorch 1.13
// computed in float64, kinks included.
func TestEqualsPyTorch(t *testing.T) {
	text, err := os.ReadFile("../../testdata/reference/activations.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		X           []float64
		Activations map[string]struct {
			Params  map[string]float64
			Y, Dydx []float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Activations) < 23 {
		t.Fatalf("number of functions is %d, want 23", len(reference.Activations))
	}
	differences := readDifferences(t)
	x := make([]float32, len(reference.X))
	for i, v := range reference.X {
		x[i] = float32(v)
	}
	for name, want := range reference.Activations {
		t.Run(name, func(t *testing.T) {
			a, err := Parse(strings.TrimSuffix(name, "_0.2"))
			if err != nil {
				t.Fatal(err)
			}
			for parameter, v := range want.Params {
				if name == "softplus" && parameter == "threshold" {
					continue // beyond the threshold PyTorch computes the limit
				}
				if a, err = a.Set(fmt.Sprintf("%s=%g", parameter, v)); err != nil {
					t.Fatal(err)
				}
			}
			y, dydx := compute(a, x)
			for i, v := range reference.X {
				if !near32(float64(y[i]), want.Y[i]) && !isKnown(differences, a.Name(), "f", v) {
					t.Errorf("f(%g) is %.9g, in PyTorch %.9g", v, y[i], want.Y[i])
				}
				if !near32(float64(dydx[i]), want.Dydx[i]) && !isKnown(differences, a.Name(), "f'", v) {
					t.Errorf("f'(%g) is %.9g, in PyTorch %.9g", v, dydx[i], want.Dydx[i])
				}
			}
		})
	}
}

// TestHardPlaces compares with testdata/reference/activation_vectors.tsv: float64 values at kinks, in tails
// and next to 0, and PyTorch's values in float32. Where those are wrong by more than 4 ulp, the difference is listed.
func TestHardPlaces(t *testing.T) {
	differences := readDifferences(t)
	for _, f := range readTSV(t, "activation_vectors.tsv", 8) {
		a, err := Parse(strings.TrimSuffix(f[0], "_eval"))
		if err != nil {
			t.Fatal(err)
		}
		numbers := make([]float64, 7)
		for i := range numbers {
			if i == 0 || i == 2 { // the name, and x in hexadecimal
				continue
			}
			if numbers[i], err = strconv.ParseFloat(f[i], 64); err != nil && !strings.Contains(err.Error(), "range") {
				t.Fatal(err)
			}
		}
		x := numbers[1]
		y, dydx := compute(a, []float32{float32(x)})
		for _, c := range []struct {
			of                 string
			got, want, pytorch float64
		}{{"f", float64(y[0]), float64(float32(numbers[3])), numbers[5]}, {"f'", float64(dydx[0]), float64(float32(numbers[4])), numbers[6]}} {
			known := isKnown(differences, a.Name(), c.of, x)
			if !near32(c.got, c.want) && !(known && math.Abs(x) > 1e-3 && !near32(c.pytorch, c.got)) {
				t.Errorf("%s: %s(%g) is %.9g, want %.9g", a, c.of, x, c.got, c.want)
			}
			if !near32(c.got, c.pytorch) && !known {
				t.Errorf("%s: %s(%g) is %.9g, in PyTorch %.9g, which is no known difference", a, c.of, x, c.got, c.pytorch)
			}
		}
	}
}
