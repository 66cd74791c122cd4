package kernel

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"actfn/internal/rng"
)

// TestFormsInBothWidths wants the same bits in AVX-512 and in AVX2, NaNs included, over all of float32 and for every length.
func TestFormsInBothWidths(t *testing.T) {
	withoutRaceDetector(t)
	a, b := pairs()
	var operands [3][]float32
	for k, special := range [][]float32{a, b, a} {
		operands[k] = append(anyFloats(1<<15, fmt.Sprint("operand", k)), special...)
	}
	all := append(slices.Clone(operands[0]), sweep()...)
	for _, f := range forms() {
		in := operands[:f.in]
		if f.in == 1 {
			in = [][]float32{all}
		}
		for _, n := range lengths(len(in[0])) {
			inBothWidthsAlike(t, fmt.Sprintf("%s of %d values", f.name, n), func() []float32 {
				dst := make([]float32, n)
				f.call(dst, in)
				return dst
			})
		}
	}
}

// TestStepsInBothWidths makes three steps of each optimiser.
func TestStepsInBothWidths(t *testing.T) {
	withoutRaceDetector(t)
	for name, update := range map[string]func(t int) Update{
		"adam":             Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1}.Update,
		"adamw":            Adam{LR: 0.01, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, Decay: 0.1, Decoupled: true}.Update,
		"sgd":              func(int) Update { return SGD{LR: 0.1, Decay: 0.1}.Update() },
		"sgd_momentum":     func(int) Update { return SGD{LR: 0.1, Momentum: 0.9, Decay: 0.1}.Update() },
		"sgd_nesterov":     func(int) Update { return SGD{LR: 0.1, Momentum: 0.9, Nesterov: true, Decay: 0.1}.Update() },
		"rmsprop":          func(int) Update { return RMSprop{LR: 0.01, Alpha: 0.9, Eps: 1e-6, Decay: 0.1}.Update() },
		"rmsprop_momentum": func(int) Update { return RMSprop{LR: 0.01, Alpha: 0.9, Eps: 1e-6, Momentum: 0.5, Decay: 0.1}.Update() },
	} {
		weights, gradient := pairs()
		weights = append(weights, anyFloats(1<<14, "weights")...)
		gradient = append(gradient, anyFloats(1<<14, "gradient")...)
		for _, n := range lengths(len(weights)) {
			inBothWidthsAlike(t, fmt.Sprintf("%s of %d parameters", name, n), func() []float32 {
				w, a, b := slices.Clone(weights[:n]), make([]float32, n), make([]float32, n)
				for step := 1; step <= 3; step++ {
					update(step)(w, a, b, gradient[:n], 0)
				}
				return slices.Concat(w, a, b)
			})
		}
	}
}

// lengths returns lengths with every remainder of a vector, and longest.
func lengths(longest int) []int {
	all := []int{longest}
	for n := range 68 {
		all = append(all, n)
	}
	return all
}

// anyFloats returns numbers of random bits, among them subnormal numbers, infinities and NaNs.
func anyFloats(n int, purpose string) []float32 {
	s := rng.New(1, purpose, 0)
	x := make([]float32, n)
	for i := range x {
		x[i] = math.Float32frombits(uint32(s.Uint64(uint64(i))))
	}
	return x
}

func inBothWidthsAlike(t *testing.T, what string, compute func() []float32) {
	t.Helper()
	var results [][]float32
	inBothWidths(t, func() { results = append(results, compute()) })
	for i, v := range results[0] {
		if a, b := math.Float32bits(v), math.Float32bits(results[1][i]); a != b {
			t.Errorf("%s: value %d has bits %08x in AVX-512, %08x in AVX2", what, i, a, b)
			return
		}
	}
}

// TestAVX2NeedsNoMore reads the assembly: a function that runs without AVX-512 may use nothing of it.
func TestAVX2NeedsNoMore(t *testing.T) {
	text, err := os.ReadFile("vector_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	more := regexp.MustCompile(`\b([XYZ](1[6-9]|[23]\d)|Z\d|K[0-7]|BCST)\b`)
	for _, function := range strings.Split(string(text), "\nTEXT ·")[1:] {
		name, body, _ := strings.Cut(function, "(SB)")
		if found := more.FindString(body); found != "" && !strings.HasSuffix(name, "AVX512") {
			t.Errorf("%s uses %s", name, found)
		}
	}
}
