package gate

import (
	"errors"
	"fmt"
	"slices"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// pairs are the values of two sides at the seeds that both have.
type pairs struct {
	seeds    []uint64
	a, b     []float64
	against  string   // what b is, in words
	excluded []uint64 // seeds at which one side diverged and has no value
}

func (p pairs) differences() []float64 {
	d := make([]float64, len(p.a))
	for i := range d {
		d[i] = p.a[i] - p.b[i]
	}
	return d
}

// pairs finds what a clause compares.
func (j court) pairs(c Clause) (pairs, error) {
	row, err := j.complete(c.Activation)
	if err != nil {
		return pairs{}, err
	}
	other, of, against := compare.Row{}, j.r, c.Against
	if c.BaselineFile {
		against = "the baseline file"
		other, of, err = j.fromFile(c.Activation)
	} else {
		other, err = j.complete(c.Against)
	}
	if err != nil {
		return pairs{}, err
	}
	p := pairs{against: against}
	for i, seed := range j.r.Seeds {
		k := slices.Index(of.Seeds, seed)
		if k < 0 {
			continue
		}
		a, b := row.Values[i], other.Values[k]
		if a != nil && b != nil {
			p.seeds = append(p.seeds, seed)
			p.a, p.b = append(p.a, *a), append(p.b, *b)
		} else if slices.Contains(row.Diverged, seed) || slices.Contains(other.Diverged, seed) {
			p.excluded = append(p.excluded, seed)
		}
	}
	if len(p.seeds) >= 2 {
		return p, nil
	}
	return pairs{}, j.tooFew(c, p, of)
}

// tooFew says why there are fewer than two pairs.
func (j court) tooFew(c Clause, p pairs, of compare.Result) error {
	text := fmt.Sprintf("%s and %s have %s in common, want at least 2", c.Activation, p.against, wording.Counted(len(p.seeds), "seed"))
	switch {
	case len(p.excluded) > 0:
		return fmt.Errorf("%s: at %s one side diverged and was left out: lower the learning rate, or count what it came to with --diverged last", text, wording.Seeds(p.excluded))
	case c.BaselineFile:
		return fmt.Errorf("%s: run --seeds %s, those of the file", text, wording.SeedList(of.Seeds))
	}
	return fmt.Errorf("%s: run --seeds 5 or more", text)
}

// fromFile returns an activation's row in the baseline file, if the file is of the same images and metric.
func (j court) fromFile(activation string) (compare.Row, compare.Result, error) {
	refuse := func(format string, args ...any) (compare.Row, compare.Result, error) {
		return compare.Row{}, compare.Result{}, fmt.Errorf(format, args...)
	}
	const renew = "make the file anew with --format json"
	b := j.baseline
	switch {
	case b == nil:
		return compare.Row{}, compare.Result{}, errors.New("there is no baseline file: name one with --baseline-file")
	case b.Metric != j.r.Metric:
		return refuse("baseline file: metric is %s, want %s: %s", b.Metric, j.r.Metric, renew)
	case b.Data != j.r.Data:
		return refuse("baseline file: data is %s, want %s, that of this comparison: %s on these images", dataText(b.Data), dataText(j.r.Data), renew)
	}
	row, ok := b.Row(activation)
	if !ok {
		return refuse("baseline file: %s is not among its activations: %s", activation, renew)
	}
	if row.N == 0 {
		return refuse("baseline file: %s has no result there: %s", activation, renew)
	}
	return row, *b, nil
}

func dataText(d compare.Data) string {
	return fmt.Sprintf("%.12s of %d images and %d classes", d.Hash, d.Images, d.Classes)
}
