package compare

import (
	"fmt"
	"regexp"

	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/wording"
)

// HealthFigure is a row of the table of what a comparison tells of the health of networks. JSON, the columns of reports
// and gates read the row.
type HealthFigure struct {
	*record.Figure
	Of func(record.Checkup) *float64 // nil: there is none
}

// HealthFigures is the table, in the order of the columns.
var HealthFigures = []HealthFigure{
	{record.Dead, func(c record.Checkup) *float64 { return c.Dead }},
	{record.Saturated, func(c record.Checkup) *float64 { return c.Saturated }},
	{
		&record.Figure{Name: "gradient_ratio", Format: "%.2g", Short: "gradient ratio",
			Title: "norm of the gradient in the first layer over that in the last"},
		func(c record.Checkup) *float64 { return c.GradientRatio },
	},
}

// Values are those of the seeds at which a row has the figure.
func (f HealthFigure) Values(row Row) []float64 {
	var values []float64
	for _, c := range row.Checkups {
		if c != nil && f.Of(*c) != nil {
			values = append(values, *f.Of(*c))
		}
	}
	return values
}

// health are the medians of the figures of a row, by name.
func health(row Row) map[string]*float64 {
	medians := map[string]*float64{}
	for _, f := range HealthFigures {
		medians[f.Name] = nil
		if values := f.Values(row); len(values) > 0 {
			medians[f.Name] = new(statistics.Median(values))
		}
	}
	return medians
}

// HealthGap says at which of the seeds with a value a row lacks the figure, and why; "" where it lacks none.
func (r Result) HealthGap(row Row, f HealthFigure) string {
	var unmeasured, undefined []uint64
	for i, v := range row.Values {
		switch {
		case v == nil:
		case i >= len(row.Checkups) || row.Checkups[i] == nil:
			unmeasured = append(unmeasured, r.Seeds[i])
		case f.Of(*row.Checkups[i]) == nil:
			undefined = append(undefined, r.Seeds[i])
		}
	}
	switch {
	case len(unmeasured) > 0:
		return fmt.Sprintf("%s has no %s at %s, trained with --health=false or by an older version: "+
			"train again with health, in a new folder", row.Activation, f, wording.Seeds(unmeasured))
	case len(undefined) > 0:
		return fmt.Sprintf("%s has no %s at %s: what it is computed from is not finite, or is 0 in the last layer",
			row.Activation, f, wording.Seeds(undefined))
	}
	return ""
}

// figuresOf matches the numbers of a sentence, but for those within names: conv1.
var figuresOf = regexp.MustCompile(`(^|[ (])-?\d[^ ,)]*`)

// diagnosis is the sentence with which the diagnoses of most of a row's seeds begin, of a row that is worse or at
// chance. Sentences are the same if they differ in figures alone, which are then those of the first seed.
func (v subject) diagnosis() string {
	d := v.row.Difference
	if len(v.row.AtChance) == 0 && (d == nil || d.Verdict != Worse) {
		return ""
	}
	var most []*Cell
	alike := map[string][]*Cell{}
	for _, c := range v.rows[v.row.Activation] { // by rising seed
		if v.score(c).ok && len(c.Run.Diagnosis) > 0 {
			key := figuresOf.ReplaceAllString(c.Run.Diagnosis[0], "$1")
			if alike[key] = append(alike[key], c); len(alike[key]) > len(most) {
				most = alike[key]
			}
		}
	}
	if len(most) == 0 {
		return ""
	}
	var seeds []uint64
	sentence, whose := most[0].Run.Diagnosis[0], ""
	for _, c := range most {
		if seeds = append(seeds, c.Seed); c.Run.Diagnosis[0] != sentence {
			whose = fmt.Sprintf(", with the figures of seed %d", most[0].Seed)
		}
	}
	return fmt.Sprintf("%s at %s%s: %s", v.row.Activation, some(seeds, v.row.N), whose, sentence)
}
