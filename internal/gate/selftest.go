package gate

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/number"
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
// the values of what is compared with, for a figure those in the baseline file (or, without one, its own); for a
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
	if o := j.clause(c); o.Status == Undecidable {
		return Proof{Gate: c.Text, Reason: o.Reason}
	}
	trials := j.figureTrials
	if c.isDifference() {
		trials = j.differenceTrials
	}
	bad, good := trials(c)
	fires, silent := bad.in.clause(c), good.in.clause(c)
	p := Proof{Gate: c.Text, Fires: fires.Status == Failed, Silent: silent.Status == Passed}
	var parts []string
	if p.Fires {
		parts = append(parts, "fires at "+bad.what)
	} else {
		parts = append(parts, "does not fire at "+bad.what+" ("+fires.Reason+")")
	}
	if p.Silent {
		parts = append(parts, "silent at "+good.what)
	} else {
		parts = append(parts, "not silent at "+good.what+" ("+silent.Reason+")")
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
	for i := range j.r.Rows {
		if j.r.Rows[i].Activation == row.Activation {
			j.r.Rows[i] = row
		}
	}
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
	own := pairedT(noisy, j.r.Data.Images, j.alpha)
	at := func(difference float64) court {
		values := make([]float64, len(d))
		for i := range d {
			values[i] = p.a[i] + noise[i] + difference - own.mean
		}
		return j.with(replaced(row, j.r.Seeds, p.seeds, values))
	}
	fall := c.Bound - own.half - j.image()
	bad = injected{in: at(fall), what: wording.Points(fall) + " points"}
	if c.holds(0) != c.Regression {
		good = injected{in: j.with(replaced(row, j.r.Seeds, p.seeds, p.b)), what: "the unchanged values of " + p.against}
		if slack := math.Abs(c.Bound); !c.Regression && own.half > slack {
			bad.remark = fmt.Sprintf("but noise as large as here alone would make it fail: the interval is ±%s points, more than the %s allowed: use more seeds",
				wording.Percent(own.half), wording.Percent(slack))
		}
		return bad, good
	}
	gain := c.Bound + own.half + j.image()
	return bad, injected{in: at(gain), what: "a gain of " + wording.Points(gain) + " points, as it asks for more than no change"}
}

// figureTrials makes the comparisons for a clause about an activation's own figure.
func (j court) figureTrials(c Clause) (bad, good injected) {
	row, _ := j.r.Row(c.Activation)
	good = injected{in: j, what: "the values as they are"}
	if _, file, err := j.fromFile(c.Activation); err == nil {
		good = injected{in: court{file, nil, j.alpha}, what: "the unchanged values of the baseline file"}
	}
	worse := row
	const hundredth = 1.01
	switch c.Field {
	case "accuracy":
		seeds, values := valuesOf(row, j.r.Seeds)
		for i := range values {
			values[i] += c.Bound - j.image() - *row.Mean
		}
		worse = replaced(row, j.r.Seeds, seeds, values)
		bad.what = wording.Percent(*worse.Mean) + " %"
	case "loss":
		worse.Loss = number.Float(hundredth*c.Bound + 1e-6)
		bad.what = "a loss of " + lossText(float64(worse.Loss))
	case "step_seconds":
		seconds := hundredth*c.Bound + 1e-9
		worse.StepSeconds = &seconds
		bad.what = fmt.Sprintf("%.6g s", seconds)
	case "diverged":
		worse.Diverged = j.r.Seeds
		bad.what = "divergence at all of " + wording.Counted(len(j.r.Seeds), "seed")
	}
	bad.in = j.with(worse)
	return bad, good
}

// image is the share of one test image, the least step of an accuracy.
func (j court) image() float64 { return 1 / float64(max(j.r.Data.Images, 1)) }

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

// valuesOf are those of a row that there are, and their seeds.
func valuesOf(row compare.Row, all []uint64) (seeds []uint64, values []float64) {
	for i, v := range row.Values {
		if v != nil {
			seeds = append(seeds, all[i])
			values = append(values, *v)
		}
	}
	return seeds, values
}

// replaced is the row with other accuracies at some seeds, of all in order, and the mean that goes with them. An
// accuracy stays within 0 to 1.
func replaced(row compare.Row, all, seeds []uint64, values []float64) compare.Row {
	row.Values = slices.Clone(row.Values)
	for i, seed := range seeds {
		v := min(max(values[i], 0), 1)
		row.Values[slices.Index(all, seed)] = &v
	}
	row.N = 0
	mean := 0.0
	for _, v := range row.Values {
		if v != nil {
			row.N++
			mean += *v
		}
	}
	mean /= float64(row.N)
	row.Mean = &mean
	return row
}
