package activations

import (
	"math"
	"sync"
)

// Equal lists the other rows of the catalogue that, with the initial values of their parameters, equal a in float32.
func (a Activation) Equal() []string {
	own := fingerprint(a)
	equal := []string{}
	for i, other := range fingerprints() {
		if r := &Catalogue()[i]; r != a.row && same(own, other) {
			equal = append(equal, r.Name)
		}
	}
	return equal
}

// prints are the points at which functions are compared. They are not symmetric about any kink.
var prints = func() []float64 {
	var xs []float64
	for i := -40; i <= 40; i++ {
		xs = append(xs, 0.2*float64(i)+0.0137)
	}
	return xs
}()

func fingerprint(a Activation) []float64 { return a.mean.EvalAll(prints, a.initial) }

// fingerprints lists the fingerprints of the rows.
var fingerprints = sync.OnceValue(func() [][]float64 {
	var all [][]float64
	for _, a := range All() {
		all = append(all, fingerprint(a))
	}
	return all
})

// same reports whether values agree to about one unit in the last place of float32, or are both NaN.
func same(a, b []float64) bool {
	for i := range a {
		if !(math.Abs(a[i]-b[i]) <= 1e-7*math.Abs(a[i])+1e-12) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return false
		}
	}
	return true
}
