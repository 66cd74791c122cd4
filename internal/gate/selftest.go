package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// Proof is what a gate does with results whose truth is known.
type Proof struct {
	Gate   string
	Fires  bool // fails on each regression that was put in
	Silent bool // passes on results that are as they should be
	Reason string
}

// Works reports that the gate does both.
func (p Proof) Works() bool { return p.Fires && p.Silent }

// SelfTest puts a known regression into a comparison, for each clause of each gate one, and says whether the gate
// fails on it; and what is as it should be, and says whether it passes on that.
//
// The regression of a difference lowers the activation's accuracy at every seed, by so much that the whole
// interval of the difference is one image below what the clause allows, with a noise added that is as large as
// the differences' own: the least regression that this many seeds can show, which the reason tells. Of another
// figure it is one image, or a hundredth, beyond the bound; of diverged, all seeds. Put in as it should be are
// the values of what is compared with, for a figure those in the baseline file (or, if it has none, its own); for a
// clause that asks for more than no change, a gain as large as that regression.
//
// A gate that cannot be decided does neither.
func SelfTest(gates []Gate, r compare.Result, baseline *compare.Result) []Proof {
	j := newCourt(gates, r, baseline)
	var proofs []Proof
	for _, g := range gates {
		proof := Proof{Gate: g.Text, Fires: true, Silent: true}
		var reasons []string
		for _, c := range g.Clauses {
			p := j.prove(c)
			proof.Fires, proof.Silent = proof.Fires && p.Fires, proof.Silent && p.Silent
			reasons = append(reasons, p.Reason)
		}
		proof.Reason = strings.Join(reasons, "; ")
		proofs = append(proofs, proof)
	}
	return proofs
}

// prove tries one clause.
func (j court) prove(c Clause) Proof {
	if status, reason := j.clause(c); status == Undecidable {
		return Proof{Gate: c.Text, Reason: reason}
	}
	trials := j.figureTrials
	if c.isDifference() {
		trials = j.differenceTrials
	}
	bad, good := trials(c)
	fired, whyBad := bad.in.clause(c)
	passed, whyGood := good.in.clause(c)
	p := Proof{Gate: c.Text, Fires: fired == Failed, Silent: passed == Passed}
	parts := []string{"fires at " + bad.what, "silent at " + good.what}
	if !p.Fires {
		parts[0] = fmt.Sprintf("does not fire at %s (%s)", bad.what, whyBad)
	}
	if !p.Silent {
		parts[1] = fmt.Sprintf("not silent at %s (%s)", good.what, whyGood)
	}
	if bad.remark != "" {
		parts = append(parts, bad.remark)
	}
	p.Reason = strings.Join(parts, ", ")
	return p
}

// injected is a comparison to be judged in place of the real one, and what is the matter with it.
type injected struct {
	in     court
	what   string
	remark string
}

// with is the court of the same comparison with one row in place of the activation's.
func (j court) with(row compare.Row) court {
	j.r.Rows = slices.Clone(j.r.Rows)
	at := slices.IndexFunc(j.r.Rows, func(r compare.Row) bool { return r.Activation == row.Activation })
	j.r.Rows[at] = row
	return j
}

// differenceTrials makes the comparisons for a clause about a difference.
func (j court) differenceTrials(c Clause) (bad, good injected) {
	row, _ := j.r.Row(c.Activation)
	p, _ := j.pairs(c) // decidable: there are pairs
	d := p.differences()
	_, std := statistics.Moments(d)
	noise := alternating(len(d), math.Max(std, j.image()))
	noisy := make([]float64, len(d))
	for i := range d {
		noisy[i] = d[i] + noise[i]
	}
	mean, half := j.interval(noisy)
	// of is the comparison with values, by pair, at the seeds of the pairs.
	of := func(value func(pair int) float64) court {
		return j.with(changed(row, func(i int, v float64) float64 {
			if pair := slices.Index(p.seeds, j.r.Seeds[i]); pair >= 0 {
				return value(pair)
			}
			return v
		}))
	}
	at := func(difference float64) court {
		return of(func(pair int) float64 { return p.a[pair] + noise[pair] + difference - mean })
	}
	fall := c.Bound - half - j.image()
	bad = injected{in: at(fall), what: wording.Points(fall) + " points"}
	if c.holds(0) == c.Regression {
		gain := c.Bound + half + j.image()
		return bad, injected{in: at(gain), what: "a gain of " + wording.Points(gain) + " points, as it asks for more than no change"}
	}
	if slack := math.Abs(c.Bound); !c.Regression && half > slack {
		bad.remark = fmt.Sprintf("but noise as large as here alone would make it fail: the interval is ±%s points, more than the %s allowed: use more seeds",
			wording.Percent(half), wording.Percent(slack))
	}
	return bad, injected{in: of(func(pair int) float64 { return p.b[pair] }), what: "the unchanged values of " + p.against}
}

// figureTrials makes the comparisons for a clause about an activation's own figure.
func (j court) figureTrials(c Clause) (bad, good injected) {
	row, _ := j.r.Row(c.Activation)
	f, _ := figureOf(c.Field)
	worse, what := f.spoil(j, row, c)
	bad = injected{in: j.with(worse), what: what}
	if _, err := j.fromFile(c.Activation); err == nil {
		earlier := court{*j.baseline, nil, j.alpha}
		if status, _ := earlier.clause(c); status != Undecidable { // an older file may lack the figure
			return bad, injected{in: earlier, what: "the unchanged values of the baseline file"}
		}
	}
	return bad, injected{in: j, what: "the values as they are"}
}

// alternating is a noise of n values of that standard deviation (n−1), as +size, −size, … does: the same at every
// call.
func alternating(n int, deviation float64) []float64 {
	noise := make([]float64, n)
	for i := range noise {
		noise[i] = float64(1 - 2*(i%2))
	}
	_, std := statistics.Moments(noise)
	for i := range noise {
		noise[i] *= deviation / std
	}
	return noise
}

// changed is the row with other accuracies, by their places, and the mean that goes with them. An accuracy stays
// within 0 to 1.
func changed(row compare.Row, accuracy func(i int, v float64) float64) compare.Row {
	row.Values = slices.Clone(row.Values)
	var values []float64
	for i, v := range row.Values {
		if v != nil {
			values = append(values, min(max(accuracy(i, *v), 0), 1))
			row.Values[i] = new(values[len(values)-1])
		}
	}
	mean, _ := statistics.Moments(values)
	row.N, row.Mean = len(values), &mean
	return row
}
