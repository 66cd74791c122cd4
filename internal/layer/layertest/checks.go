package layertest

import (
	"fmt"
	"math"
	"slices"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/number"
	"actfn/internal/rng"
)

// description checks what the layer says of itself.
func (k *checker) description() {
	switch out, err := k.Layer.Out(k.In); {
	case err != nil:
		k.fault("Out refuses %v: %v", k.In, err)
	case !slices.Equal(out, k.Out):
		k.fault("Out is %v, want %v", out, k.Out)
	}
	for _, in := range append(k.Refuse, nil) {
		if out, err := k.Layer.Out(in); err == nil {
			k.fault("Out of %v is %v, want an error", in, out)
		}
	}
	var params []string
	for _, p := range k.params {
		params = append(params, p.String())
		k.param(p)
	}
	if !slices.Equal(params, k.Case.Params) {
		k.fault("Params are %q, want %q", params, k.Case.Params)
	}
	for _, training := range []bool{false, true} {
		if n := k.Layer.Bytes(k.In, 8, training); n < 0 || n > k.Layer.Bytes(k.In, 16, training) {
			k.fault("Bytes is %d for 8 columns, want 0 or more, and no more than for 16", n)
		}
	}
}

// param checks how a parameter is stored: with zeros beside its values, which come back.
func (k *checker) param(p layer.Param) {
	if p.Size() < 1 || p.Stored() < p.Size() {
		k.fault("%s: sizes are %d and %d stored, want at least 1, and as much stored", p, p.Size(), p.Stored())
		return
	}
	values := parameter(p)
	clean := stored(p, values)
	soiled := kernel.Floats(p.Stored())
	kernel.Fill(soiled, dirtier)
	p.Import(soiled, values)
	if !slices.Equal(clean, soiled) {
		k.fault("%s: Import does not write all that is stored", p)
	}
	if !slices.Equal(p.Export(clean), values) {
		k.fault("%s: Export does not return what was imported", p)
	}
	for i, v := range values {
		if at := p.At(i); clean[at] != v {
			k.fault("%s: value %d is %g, but %g at %d", p, i, v, clean[at], at)
			return
		}
	}
}

// complete checks that a run's results are finite, which also says that they were written, and zero where they must be.
func (k *checker) complete(t training) {
	for _, a := range k.arrays(t.first) {
		if slices.ContainsFunc(a.values, func(v float32) bool { return !number.Finite(float64(v)) }) {
			k.fault("%s is not finite or not written", a.what)
		}
	}
	for i, dx := range t.first.dx {
		for at, v := range dx {
			if v != 0 && at%t.batch.Columns >= t.batch.Images {
				k.fault("dx of input %d is %g in a padding column, whose dy is 0", i, v)
				break
			}
		}
	}
	for i, p := range k.params {
		if g := t.first.gradients[i]; g != nil && !slices.Equal(stored(p, p.Export(g)), g) {
			k.fault("the gradient of %s is not zero beside the parameter's values", p.Name)
		}
	}
}

// same checks that two runs have the same bits; a gradient that the first does not want may be in the second.
func (k *checker) same(what string, got, want outcome) { k.sameImages(what, got, want, Batch{1, 1}) }

// sameImages is same, but of y and dx it compares the images alone.
func (k *checker) sameImages(what string, got, want outcome, b Batch) {
	other := k.arrays(want)
	for i, a := range k.arrays(got) {
		if a.batch {
			k.sameColumns(what+": "+a.what, a.values, other[i].values, b.Columns, b.Columns, b.Images)
		} else {
			k.sameBits(what+": "+a.what, a.values, other[i].values)
		}
	}
}

// sameBits checks that arrays have the same bits.
func (k *checker) sameBits(what string, got, want []float32) { k.sameColumns(what, got, want, 1, 1, 1) }

// sameColumns checks that the first columns of arrays with so many each have the same bits.
func (k *checker) sameColumns(what string, got, want []float32, gotColumns, wantColumns, first int) {
	for e := range len(got) / gotColumns {
		for n := range first {
			if a, b := got[e*gotColumns+n], want[e*wantColumns+n]; !equalBits(a, b) {
				k.fault("%s: value %d of column %d of %d is %g, want the bits of %g", what, e, n, gotColumns, a, b)
				return
			}
		}
	}
}

// unwanted checks that a gradient that is not wanted changes no other.
func (k *checker) unwanted(t training) {
	without := func(what string, unwanted func(input int) bool) {
		want := slices.Clone(t.want)
		for i := range want {
			want[i] = want[i] && !unwanted(i)
		}
		k.same("without "+what, k.build(t.batch, true, want, 1).run(layer.Train, t.given, dirty), t.first)
	}
	for i := range k.In {
		without(fmt.Sprintf("the gradient of input %d", i), func(input int) bool { return input == i })
	}
	if len(k.In) > 1 {
		without("gradients of inputs", func(int) bool { return true })
	}
	frozen := k.build(t.batch, true, t.want, 1)
	frozen.frozen = true
	k.same("without gradients of parameters", frozen.run(layer.Train, t.given, dirty), t.first)
}

// padding checks that what padding columns hold does not matter.
func (k *checker) padding(t training) {
	b := t.batch
	other := func(fill func(x []float32, input, column int)) outcome {
		g := t.given
		g.x = clones(g.x)
		for i, x := range g.x {
			for n := b.Images; n < b.Columns; n++ {
				fill(x, i, n)
			}
		}
		return k.build(b, true, t.want, 1).run(layer.Train, g, dirty)
	}
	noise := other(func(x []float32, input, column int) { k.fill(x, input, column, b.Columns, -1000-column) })
	k.sameImages("other values in padding", noise, t.first, b)
	if k.Coupled {
		return
	}
	nan := other(func(x []float32, input, column int) {
		if !slices.Contains(k.Constant, input) {
			for e := column; e < len(x); e += b.Columns {
				x[e] = dirty
			}
		}
	})
	nan.gradients, nan.parameters = t.first.gradients, t.first.parameters // which NaN may reach
	k.sameImages("NaN in padding", nan, t.first, b)
}

// modes checks the other modes against training and returns the result in Evaluate.
func (k *checker) modes(t training) []float32 {
	op := k.build(t.batch, true, t.want, 1)
	probe := op.run(layer.Probe, t.given, dirty)
	k.same("a second run in Probe", op.run(layer.Probe, t.given, dirtier), probe)
	k.same("3 workers in Probe", k.build(t.batch, true, t.want, 3).run(layer.Probe, t.given, dirty), probe)
	forward := t.given
	forward.dy = nil
	y := k.build(t.batch, false, nil, 1).run(layer.Evaluate, forward, dirty).y
	k.sameBits("Evaluate in a training graph", op.run(layer.Evaluate, forward, dirtier).y, y)
	k.sameBits("3 workers in Evaluate", k.build(t.batch, false, nil, 3).run(layer.Evaluate, forward, dirty).y, y)
	if !k.Modal {
		probe.parameters = t.first.parameters // only training changes a buffer
		k.same("Probe", probe, t.first)
		k.sameBits("Evaluate", y, t.first.y)
		return y
	}
	k.slopes("in Probe: ", op, layer.Probe, t, probe)
	return y
}

// expected is what Case.Values makes of the images, image by image.
func (k *checker) expected(t training) []float64 {
	p := make([][]float64, len(t.p))
	for i, values := range t.p {
		p[i] = convert[float64](values)
	}
	all := make([]float64, k.Out.Size()*t.batch.Images)
	for n := range t.batch.Images {
		x := make([][]float64, len(t.x))
		for i, values := range t.x {
			for e := n; e < len(values); e += t.batch.Columns {
				x[i] = append(x[i], float64(values[e]))
			}
		}
		for e, v := range k.Values(x, p) {
			all[e*t.batch.Images+n] = v
		}
	}
	return all
}

// images are the values of the images alone, (shape, images).
func images(values []float32, b Batch) []float32 {
	var all []float32
	for e := 0; e < len(values); e += b.Columns {
		all = append(all, values[e:e+b.Images]...)
	}
	return all
}

// convert returns values in another precision.
func convert[To, From float32 | float64](values []From) []To {
	all := make([]To, len(values))
	for i, v := range values {
		all[i] = To(v)
	}
	return all
}

// rounding is how far values in float32 may be from those in float64, relative to the largest of them: each is a sum of up
// to some hundred products, whose rounding errors of 2⁻²⁵ of the sum so far, independent of each other, make 10⁻⁶ at most.
const rounding = 2e-6

// near checks values against those in float64.
func (k *checker) near(what string, got []float32, want []float64) {
	if len(got) != len(want) {
		k.fault("%s: there are %d values, want %d", what, len(got), len(want))
		return
	}
	top := 0.0
	for _, v := range want {
		top = max(top, math.Abs(v))
	}
	for i, v := range want {
		if d := math.Abs(float64(got[i]) - v); !(d <= rounding*top) {
			k.fault("%s: value %d is %g, want %g within %.1g", what, i, got[i], v, rounding*top)
			return
		}
	}
}

// slopes checks every gradient of a run against central differences of L = Σ c·y, where c is dy, along the first and the
// last element, six others, and along two directions in which every element moves, one way or the other.
//
// Two step sizes h and h/2 are combined so that the error of order h² cancels (Richardson 1911). What is left is the
// rounding of y, by a few units of 2⁻²⁴ of its size, independently for each value of y that moves:
//
//	|error of the slope| ≤ 8·2⁻²⁴·max|y|·√(Σ c²)·√(Σ w²)
//
// with the sum over those values, and w the weights of the four results; and the rounding of the gradient.
func (k *checker) slopes(what string, op *instance, mode layer.Mode, t training, o outcome) {
	if k.Step == NoSlopes {
		return
	}
	g := t.given
	g.x, g.p = clones(g.x), clones(g.p)
	forward := func() []float32 {
		f := g
		f.dy = nil
		return op.run(mode, f, dirty).y
	}
	for i := range k.In {
		if o.dx[i] != nil {
			var moved []int
			for e := range g.x[i] {
				if e%t.batch.Columns < t.batch.Images {
					moved = append(moved, e)
				}
			}
			k.slope(slope{fmt.Sprintf("%sdx of input %d", what, i), g.x[i], moved, o.dx[i], k.step(i), g.dy, forward})
		}
	}
	for i, p := range k.params {
		if o.gradients[i] != nil {
			moved := make([]int, p.Size())
			for e := range moved {
				moved[e] = e
			}
			k.slope(slope{what + "gradient of " + p.Name, g.p[i], moved, p.Export(o.gradients[i]), k.step(0), g.dy, forward})
		}
	}
}

// step is how far a value of an input is moved: a quarter of Spread's gap, at most, so that nothing changes places.
func (k *checker) step(input int) float64 {
	if k.Step > 0 {
		return k.Step
	}
	return min(1.0/128, spreadWidth/float64(4*k.In[input].Size()))
}

// slope is an array that is moved, and the gradient that is to predict what comes of it.
type slope struct {
	what     string
	values   []float32
	moved    []int // those elements of it that may be
	gradient []float32
	step     float64
	c        []float32
	forward  func() []float32
}

// moves are the steps at which L is computed, as multiples of h, and its weights times h in the slope.
var moves = []struct{ by, weight float64 }{{1, -1. / 6}, {-1, 1. / 6}, {0.5, 8. / 6}, {-0.5, -8. / 6}}

// slope checks one gradient.
func (k *checker) slope(s slope) {
	draws := rng.New(5, s.what, 0)
	n := len(s.moved)
	picked := []int{0, n - 1}
	for i := range 6 {
		picked = append(picked, draws.Intn(uint64(i), n))
	}
	slices.Sort(picked)
	for _, i := range slices.Compact(picked) {
		if !k.along(s, fmt.Sprintf("element %d", s.moved[i]), s.moved[i:i+1], []float64{1}) {
			return
		}
	}
	for d := range 2 {
		signs := make([]float64, n)
		for i := range signs {
			signs[i] = float64(2*draws.Intn(uint64(100+d*n+i), 2) - 1)
		}
		k.along(s, "all elements", s.moved, signs)
	}
}

// along checks the slope along one direction, in which some elements move up or down, and reports whether it is right. The
// gradient is multiplied with the steps as float32 rounds them.
func (k *checker) along(s slope, where string, moved []int, signs []float64) bool {
	start := slices.Clone(s.values)
	defer copy(s.values, start)
	var got, want, weights float64
	var results [][]float32
	for _, m := range moves {
		weight := m.weight / s.step
		for i, e := range moved {
			s.values[e] = start[e] + float32(m.by*s.step*signs[i])
			want += weight * float64(s.values[e]) * float64(s.gradient[e])
		}
		y := s.forward()
		for i, c := range s.c {
			if c != 0 {
				got += weight * float64(c) * float64(y[i])
			}
		}
		weights += weight * weight
		results = append(results, y)
	}
	const unit = 0x1p-24
	var size, squares, terms float64
	for i, c := range s.c {
		if v := results[0][i]; c != 0 {
			size = max(size, math.Abs(float64(v)))
			if v != results[1][i] {
				squares += float64(c) * float64(c)
			}
		}
	}
	for _, e := range moved {
		terms += float64(s.gradient[e]) * float64(s.gradient[e])
	}
	tolerance := 8*unit*size*math.Sqrt(max(1, squares)*weights) + rounding*math.Sqrt(terms)
	if !(math.Abs(got-want) <= tolerance) {
		k.fault("%s: slope along %s is %g, the gradient says %g, want within %.1g", s.what, where, got, want, tolerance)
		return false
	}
	return true
}
