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
func SelfTest(gates []Gate, e Evidence) []Proof {
	var proofs []Proof
	for _, g := range gates {
		proof := Proof{Gate: g.Text, Fires: true, Silent: true}
		var reasons []string
		for _, c := range g.Clauses {
			p := e.prove(c)
			proof.Fires, proof.Silent = proof.Fires && p.Fires, proof.Silent && p.Silent
			reasons = append(reasons, p.Reason)
		}
		proof.Reason = strings.Join(reasons, "; ")
		proofs = append(proofs, proof)
	}
	return proofs
}

// prove tries one clause.
func (e Evidence) prove(c Clause) Proof {
	if status, reason := e.clause(c); status == Undecidable {
		return Proof{Gate: c.Text, Reason: reason}
	}
	trials := e.figureTrials
	if c.isDifference() {
		trials = e.differenceTrials
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
	in     Evidence
	what   string
	remark string
}

// with is the Evidence of the same comparison with one row in place of the activation's.
func (e Evidence) with(row compare.Row) Evidence {
	e.Result.Rows = slices.Clone(e.Result.Rows)
	at := slices.IndexFunc(e.Result.Rows, func(r compare.Row) bool { return r.Activation == row.Activation })
	e.Result.Rows[at] = row
	return e
}

// differenceTrials makes the comparisons for a clause about a difference.
func (e Evidence) differenceTrials(c Clause) (bad, good injected) {
	row, _ := e.Result.Row(c.Activation)
	p, _ := e.pairs(c) // decidable: there are pairs
	d := p.differences()
	_, std := statistics.Moments(d)
	noise := alternating(len(d), math.Max(std, e.image()))
	noisy := p
	noisy.a, noisy.identical = slices.Clone(p.a), false
	for i := range noisy.a {
		noisy.a[i] += noise[i]
	}
	mean, ci := e.interval(noisy)
	half := ci[1] - mean
	// of is the comparison with values, by pair, at the seeds of the pairs.
	of := func(value func(pair int) float64) compare.Row {
		return changed(row, func(i int, v float64) float64 {
			if pair := slices.Index(p.seeds, e.Result.Seeds[i]); pair >= 0 {
				return value(pair)
			}
			return v
		})
	}
	at := func(difference float64) Evidence {
		return e.with(of(func(pair int) float64 { return noisy.a[pair] + difference - mean }))
	}
	fall := c.Bound - half - e.image()
	bad = injected{in: at(fall), what: wording.Points(fall) + " points"}
	if c.holds(0) == c.Regression {
		gain := c.Bound + half + e.image()
		return bad, injected{in: at(gain), what: "a gain of " + wording.Points(gain) + " points, as it asks for more than no change"}
	}
	if slack := math.Abs(c.Bound); half > slack {
		bad.remark = fmt.Sprintf("but noise as large as here leaves it undecided: "+
			"the interval is ±%s points, more than the %s allowed: use more seeds",
			wording.Percent(half), wording.Percent(slack))
	}
	same := of(func(pair int) float64 { return p.b[pair] })
	for pair, seed := range p.seeds {
		same.Predictions[slices.Index(e.Result.Seeds, seed)] = p.hashes[pair]
	}
	return bad, injected{in: e.with(same), what: "the unchanged values of " + p.against}
}

// figureTrials makes the comparisons for a clause about an activation's own figure.
func (e Evidence) figureTrials(c Clause) (bad, good injected) {
	row, _ := e.Result.Row(c.Activation)
	f, _ := figureOf(c.Field)
	worse, what := f.spoil(e, row, c)
	bad = injected{in: e.with(worse), what: what}
	if _, _, err := e.fromFile(c.Activation); err == nil {
		earlier := Evidence{Result: *e.Baseline}
		if status, _ := earlier.clause(c); status != Undecidable { // an older file may lack the figure
			return bad, injected{in: earlier, what: "the unchanged values of the baseline file"}
		}
	}
	return bad, injected{in: e, what: "the values as they are"}
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

// changed is the row with other accuracies, by their places, and the mean that goes with them, as of other predictions.
// An accuracy stays within 0 to 1.
func changed(row compare.Row, accuracy func(i int, v float64) float64) compare.Row {
	row.Values, row.Predictions = slices.Clone(row.Values), make([]string, len(row.Values))
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
