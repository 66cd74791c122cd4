package activations

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/number"
)

// Report is the result of a check.
type Report struct {
	Activation        string     `json:"activation"`
	OK                bool       `json:"ok"` // there is no fault
	Findings          []Finding  `json:"findings"`
	Properties        Properties `json:"properties"`
	Identical         []string   `json:"identical"` // see Equal
	ForwardNSElement  float64    `json:"forward_ns_per_element"`
	BackwardNSElement float64    `json:"backward_ns_per_element"`
}

// Finding is what a check found on one subject.
type Finding struct {
	Subject string  `json:"subject"`
	Verdict Verdict `json:"verdict"`
	Text    string  `json:"text"`
}

// Faults lists the texts of the faults.
func (r Report) Faults() []string {
	var texts []string
	for _, f := range r.Findings {
		if f.Verdict == Fault {
			texts = append(texts, f.Text)
		}
	}
	return texts
}

// Verdict rates a finding.
type Verdict string

// A function with a Fault should not be used in training. A Note is a property that may be unexpected.
const (
	OK    Verdict = "ok"
	Note  Verdict = "note"
	Fault Verdict = "fault"
)

// Check checks that the function is suitable for training, and measures its cost. If ctx is done, it returns early, and
// the cost means nothing.
func (a Activation) Check(ctx context.Context) Report {
	r := Report{Activation: a.String(), Properties: a.Properties(), Identical: a.Equal()}
	r.Findings = append(a.compare(), a.notes(r.Identical)...)
	r.OK = len(r.Faults()) == 0
	r.ForwardNSElement, r.BackwardNSElement = a.Cost(ctx)
	return r
}

// compare examines the function as training computes it, in float32 over [−50, 50].
func (a Activation) compare() []Finding {
	x := make([]float32, 2*near*128+1)
	for i := range x {
		x[i] = float32(i)/128 - near
	}
	ones, y, dydx := make([]float32, len(x)), make([]float32, len(x)), make([]float32, len(x))
	for i := range ones {
		ones[i] = 1
	}
	a.Forward(y, x)
	a.Backward(dydx, ones, x)
	wide := make([]float64, len(x))
	for i, v := range x {
		wide[i] = float64(v)
	}
	wantY, wantSlope := a.Eval(wide)
	findings := []Finding{
		finite("value", "f", x, y),
		finite("gradient", "f′", x, dydx),
		a.differences(),
		a.rounding("float32", "f", wide, y, wantY),
		a.rounding("float32 gradient", "f′", wide, dydx, wantSlope),
	}
	if !slices.ContainsFunc(dydx, func(v float32) bool { return v != 0 }) {
		findings = append(findings, Finding{"flat", Note, "f′ is 0 everywhere: the layers before it cannot learn"})
	}
	return findings
}

// notes are what may be unexpected about the properties, and the functions that are identical.
func (a Activation) notes(identical []string) []Finding {
	var list []Finding
	note := func(subject, format string, args ...any) {
		list = append(list, Finding{subject, Note, fmt.Sprintf(format, args...)})
	}
	p := a.Properties()
	if len(p.Jumps) > 0 {
		note("jumps", "f jumps at %s, where the gradient does not see it", points(p.Jumps))
	}
	if len(p.Kinks) > 0 {
		note("kinks", "f′ jumps at %s", points(p.Kinks))
	}
	if math.IsInf(float64(p.Lipschitz), 1) && len(p.Jumps) == 0 {
		note("steep", "|f′| has no bound")
	}
	edges := []float32{float32(math.Inf(-1)), float32(math.Inf(1))}
	a.Forward(edges, edges)
	for i, limit := range []number.Float{p.AtMinusInf, p.AtInf} {
		if math.IsNaN(float64(edges[i])) && !math.IsNaN(float64(limit)) {
			note("infinity", "f(%s) is NaN, where f tends to %s", []string{"−∞", "∞"}[i], figure(limit))
		}
	}
	if len(identical) > 0 {
		note("known", "the same as %s", strings.Join(identical, ", "))
	}
	return list
}

func finite(subject, name string, x, y []float32) Finding {
	bad := slices.IndexFunc(y, func(v float32) bool { return !number.Finite(float64(v)) })
	if bad >= 0 {
		return Finding{subject, Fault, fmt.Sprintf("%s(%g) is %g, want a finite number in [-50, 50]", name, x[bad], y[bad])}
	}
	return Finding{subject, OK, "finite in [-50, 50]"}
}

// differences compares f′ with [8(f(x+h) − f(x−h)) − (f(x+2h) − f(x−2h))]/12h in float64, away from breaks.
func (a Activation) differences() Finding {
	const subject = "derivative"
	p := a.Properties()
	worst, at, got, want := 0.0, 0.0, 0.0, 0.0
	for i := range 2 * near * 16 {
		x := float64(i)/16 - near + 0.0137
		const h = 1.0 / (1 << 14)
		if breaksNear(p, x, 3*h) {
			continue
		}
		f, slopes := a.Eval([]float64{x - 2*h, x - h, x, x + h, x + 2*h})
		d := (8*(f[3]-f[1]) - (f[4] - f[0])) / (12 * h)
		// The error of the differences: the rounding of f, and the change of f′ within h.
		bend := math.Abs(slopes[3]-2*slopes[2]+slopes[1]) / 3
		room := 1e-4*(1+math.Abs(d)) + bend + 1e-14*(math.Abs(f[0])+math.Abs(f[4]))/h
		if !number.Finite(d) || !number.Finite(room) {
			continue // another finding reports values that are not finite
		}
		if off := math.Abs(slopes[2]-d) / room; !(off <= max(1, worst)) {
			worst, at, got, want = off, x, slopes[2], d
		}
	}
	if worst > 0 {
		return Finding{subject, Fault, fmt.Sprintf("f′(%.4g) is %.6g, want %.6g, which differences of f give", at, got, want)}
	}
	return Finding{subject, OK, "agrees with differences of f"}
}

func breaksNear(p Properties, x, within float64) bool {
	close := func(b float64) bool { return math.Abs(x-b) <= within }
	return slices.ContainsFunc(p.Kinks, close) || slices.ContainsFunc(p.Jumps, close)
}

// rounding compares float32 with float64, allowing 2e-6 + 1e-6·|f|.
func (a Activation) rounding(subject, name string, x []float64, got []float32, want []float64) Finding {
	p := a.Properties()
	worst, at := 1.0, -1
	for i, v := range got {
		if !number.Finite(float64(v)) || !number.Finite(want[i]) || breaksNear(p, x[i], 1e-5*max(1, math.Abs(x[i]))) {
			continue
		}
		if off := math.Abs(float64(v)-want[i]) / (2e-6 + 1e-6*math.Abs(want[i])); off > worst {
			worst, at = off, i
		}
	}
	if at < 0 {
		return Finding{subject, OK, fmt.Sprintf("%s is within 2e-6 + 1e-6·|%s| of float64", name, name)}
	}
	return Finding{subject, Note, fmt.Sprintf("%s(%g) is %g, in float64 %.6g: terms cancel or overflow", name, x[at], got[at], want[at])}
}
