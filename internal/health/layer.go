package health

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/activations"
	"actfn/internal/kernel"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/worker"
)

// The bounds of the figures, as shares of M.
const (
	deadBelow = 1e-6
	flatBelow = 0.05
	mostFlat  = 0.99 // of a unit's values, beyond which it is saturated
)

// chunk is the number of values that are computed at a time, in the first-level cache.
const chunk = 1 << 11

// layerSums adds up what the batches of a probe show of a layer.
type layerSums struct {
	model.Probed
	pool       *worker.Pool
	images     int // of the probe
	columns    int
	live       *activations.Live
	learnt     []*model.Parameter // of the activation
	top        []float64          // M, of each group of learnt values
	units      []unit
	quantiles  *sample
	sameness   *sameness
	scratch    []scratch // of each worker
	lossFinite bool
}

// unit is what was found of a channel or a feature so far.
type unit struct {
	input     spread
	low, high float32 // of f′(z)
	slopes    float64 // Σ |f′(z)|
	flat      float64 // number of values with |f′(z)| below flatBelow·M
	gradient  float64 // Σ (∂loss/∂z)²
}

// scratch is the memory of a worker.
type scratch struct{ slope, other, compact []float32 }

var ones = func() []float32 {
	v := make([]float32, chunk)
	kernel.Fill(v, 1)
	return v
}()

func newLayerSums(l model.Probed, net *model.Net, c classes, images, columns int, pool *worker.Pool) *layerSums {
	s := &layerSums{
		Probed: l, pool: pool, images: images, columns: columns, live: l.Activation.Live(l.Shape[0], false),
		units:     make([]unit, l.Shape[0]),
		quantiles: newSample(l.Shape.Size(), images),
		sameness:  newSameness(c, l.Shape.Size(), columns, pool),
		scratch:   make([]scratch, pool.Workers()),
	}
	for _, p := range l.Activation.Learnable() {
		at := slices.IndexFunc(net.Parameters, func(q *model.Parameter) bool { return q.Name == l.Layer+".activation."+p.Name })
		s.learnt = append(s.learnt, net.Parameters[at])
	}
	for w := range s.scratch {
		s.scratch[w] = scratch{make([]float32, chunk), make([]float32, chunk), make([]float32, chunk)}
	}
	return s
}

// reset begins a measurement.
func (s *layerSums) reset() {
	if len(s.learnt) > 0 {
		var values [][]float32
		for _, p := range s.learnt {
			values = append(values, p.Values())
		}
		s.live.Set(values)
	}
	if len(s.learnt) > 0 || s.top == nil {
		s.top = s.top[:0]
		for g := range s.live.Groups() {
			s.top = append(s.top, steepest(s.live, g))
		}
	}
	for u := range s.units {
		s.units[u] = unit{low: float32(math.Inf(1)), high: float32(math.Inf(-1))}
	}
	s.quantiles.reset()
	s.sameness.reset()
	s.lossFinite = true
}

// steepest is M: see the package.
func steepest(live *activations.Live, group int) float64 {
	const near, apart, normal = 50, 1.0 / 128, 3
	x := make([]float32, 0, 2*near/apart+1)
	for v := -near / apart; v <= near/apart; v++ {
		x = append(x, float32(v*apart))
	}
	slope, all := make([]float32, len(x)), make([]float32, len(x))
	kernel.Fill(all, 1)
	live.Backward(slope, all, x, group, nil, nil)
	within := func(bound float64) (most float64) {
		for i, v := range x {
			if d := math.Abs(float64(slope[i])); math.Abs(float64(v)) <= bound && number.Finite(d) {
				most = max(most, d)
			}
		}
		return most
	}
	if within(near) > 1.01*within(near/2) {
		return within(normal)
	}
	return within(near)
}

// add adds a batch, of which the first columns are images, with their labels and mean loss.
func (s *layerSums) add(labels []float32, images int, loss float64) {
	z, dz := s.Input(), s.Gradient()
	if !number.Finite(loss) {
		s.lossFinite, dz = false, nil
	}
	size := len(z) / len(s.units)
	s.pool.Run(len(s.units), func(worker, u int) {
		s.addUnit(&s.units[u], u, &s.scratch[worker], part(z, u, size), part(dz, u, size), images)
	})
	s.quantiles.add(z, images, s.columns)
	s.sameness.add(s.Output(), labels, images)
}

// part is part i of values that are cut into parts of a size.
func part(values []float32, i, size int) []float32 {
	if values == nil {
		return nil
	}
	return values[i*size:][:size]
}

// addUnit adds the values of a unit.
func (s *layerSums) addUnit(to *unit, u int, own *scratch, z, dz []float32, images int) {
	group := 0
	if s.live.Groups() > 1 {
		group = u
	}
	limit := float32(flatBelow * s.top[group])
	share := float64(images) / float64(s.images) // the loss of a batch is the mean over its images
	s.each(z, images, own.compact, func(z []float32) {
		sum, squares := kernel.Moments(z, z, 0, 0)
		to.input.n, to.input.sum, to.input.squares = to.input.n+len(z), to.input.sum+sum, to.input.squares+squares
		slope, other := own.slope[:len(z)], own.other[:len(z)]
		s.live.Backward(slope, ones[:len(z)], z, group, nil, nil)
		to.low, to.high = min(to.low, fold(kernel.Min, other, slope)), max(to.high, fold(kernel.Max, other, slope))
		kernel.Abs(slope, slope)
		to.slopes += float64(kernel.Sum(slope))
		kernel.LessScalar(slope, slope, limit)
		to.flat += float64(kernel.Sum(slope))
	})
	s.each(dz, images, own.compact, func(dz []float32) { to.gradient += share * share * kernel.SumProducts(dz, dz) })
}

// each visits the values of the images, in chunks.
func (s *layerSums) each(values []float32, images int, compact []float32, visit func([]float32)) {
	if images == s.columns {
		for part := range slices.Chunk(values, chunk) {
			visit(part)
		}
		return
	}
	filled := compact[:0]
	for row := range slices.Chunk(values, s.columns) {
		for _, v := range row[:images] {
			if filled = append(filled, v); len(filled) == chunk {
				visit(filled)
				filled = compact[:0]
			}
		}
	}
	if len(filled) > 0 {
		visit(filled)
	}
}

// fold is the least or the largest of the values of x, by an operation on slices.
func fold(operation func(dst, a, b []float32), scratch, x []float32) float32 {
	n := copy(scratch, x)
	for n > 1 {
		half := (n + 1) / 2
		operation(scratch[:n-half], scratch[:n-half], scratch[half:n])
		n = half
	}
	return scratch[0]
}

// gain adds the gain over the standard deviation before, and returns that of the layer, NaN if there is none.
func gain(h record.Health, before float64) float64 {
	std, ok := h.Values[record.InputStd]
	switch {
	case !ok:
		h.Missing[record.Gain.Name] = h.Missing[record.InputStd.Name]
		return math.NaN()
	case !(before > 0):
		h.Missing[record.Gain.Name] = "the standard deviation before is 0 or not finite"
	default:
		h.Values[record.Gain] = std / before
	}
	return std
}

// health is what was found, but for the gain.
func (s *layerSums) health(epoch int) record.Health {
	h := record.Health{
		Epoch: epoch, Layer: s.Layer, Function: s.function(), Images: s.images, Unit: "feature", Units: len(s.units),
		Values: map[*record.Figure]float64{}, Missing: map[string]string{},
	}
	if len(s.Shape) > 1 {
		h.Unit = "channel"
	}
	set := func(f *record.Figure, v float64, missing string) {
		if number.Finite(v) && missing == "" {
			h.Values[f] = v
			return
		}
		if missing == "" {
			missing = "not finite"
		}
		h.Missing[f.Name] = missing
	}
	var input spread
	var gradient float64
	count := map[*record.Figure]int{}
	missing, flawed := "", ""
	for u, unit := range s.units {
		input.n, input.sum, input.squares = input.n+unit.input.n, input.sum+unit.input.sum, input.squares+unit.input.squares
		gradient += unit.gradient
		if !number.Finite(unit.slopes) {
			flawed = "the derivative is not finite"
		}
		if f := s.state(u); f != nil {
			count[f]++
		}
	}
	if !number.Finite(input.squares) {
		missing = "what the activation receives is not finite"
		flawed = missing
	}
	mean, std := input.moments()
	set(record.InputMean, mean, missing)
	set(record.InputStd, std, missing)
	for _, f := range []*record.Figure{record.Dead, record.Saturated, record.Linear} {
		set(f, float64(count[f])/float64(len(s.units)), flawed)
	}
	same, why := s.sameness.mean()
	set(record.Sameness, same, why)
	lossless := ""
	if !s.lossFinite {
		lossless = "the loss is not finite"
	}
	set(record.LayerGradientRMS, math.Sqrt(gradient/float64(input.n)), lossless)
	set(record.LayerGradientNorm, math.Sqrt(gradient), lossless)
	if missing == "" {
		h.Quantiles, h.Histogram = s.quantiles.summary()
	} else {
		h.Missing["input_quantiles"] = missing
	}
	return h
}

// function is the activation with what it has learnt: of a parameter with a value for each channel, their mean.
func (s *layerSums) function() string {
	if len(s.learnt) == 0 {
		return s.Activation.String()
	}
	var arguments []string
	for i, p := range s.Activation.Learnable() {
		values := s.learnt[i].Values()
		total := 0.0
		for _, v := range values {
			total += float64(v)
		}
		mark := "!"
		if p.Learn == activations.PerChannel {
			mark = "!channel"
		}
		arguments = append(arguments, fmt.Sprintf("%s=%.4g%s", p.Name, total/float64(len(values)), mark))
	}
	learnt, err := s.Activation.Set(strings.Join(arguments, ", "))
	if err != nil { // a value is not finite
		return s.Activation.String()
	}
	return learnt.String()
}

// state is what a unit is: dead, saturated, linear or, nil, none of these.
func (s *layerSums) state(u int) *record.Figure {
	top, of := s.top[min(u, len(s.top)-1)], s.units[u]
	n := float64(of.input.n)
	low, high := float64(of.low), float64(of.high)
	switch {
	case max(math.Abs(low), math.Abs(high)) <= deadBelow*top:
		return record.Dead
	case of.flat > mostFlat*n:
		return record.Saturated
	case high-low < flatBelow*top && of.slopes/n > flatBelow*top:
		return record.Linear
	}
	return nil
}
