package plot

import (
	"cmp"
	"math"
	"slices"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// Across is a comparison in one or several settings to be drawn.
type Across struct {
	compare.Across
	all []Comparison // of the settings; rows are in one order, and differences on one axis
}

// NewAcross takes results that have rows.
func NewAcross(r compare.Across) (Across, error) {
	a := Across{Across: r}
	low, high := math.Inf(1), math.Inf(-1)
	sums := map[string]float64{} // of the differences of an activation
	for _, s := range r.Settings {
		c, err := NewComparison(s.Result)
		if err != nil {
			return Across{}, err
		}
		for _, row := range c.rows {
			sums[row.Activation] += row.difference
		}
		low, high = min(low, c.low), max(high, c.high)
		a.all = append(a.all, c)
	}
	for i := range a.all {
		a.all[i].low, a.all[i].high = low, high
		slices.SortFunc(a.all[i].rows, func(x, y forestRow) int {
			return cmp.Or(cmp.Compare(sums[y.Activation], sums[x.Activation]), cmp.Compare(x.look, y.look))
		})
	}
	return a, nil
}

// Figure draws a comparison in one setting as Comparison.Figure does, and in several the differences in each, the
// settings below each other and what is said of the activations above.
func (a Across) Figure() Figure {
	if _, plain := a.Plain(); plain {
		return a.all[0].Figure()
	}
	f := Figure{notes: a.all[0].notes(), below: true}
	for _, s := range a.Rows {
		f.notes = append(f.notes, wording.Printable(s.Sentence))
	}
	for i, c := range a.all {
		p := c.forest()
		p.title = wording.Printable(a.Settings[i].Name)
		p.size.X = panelWidth / 2
		if i < len(a.all)-1 {
			p.x.name = ""
		}
		f.panels = append(f.panels, p)
	}
	return f
}
