package report

import (
	"encoding/csv"
	"io"
	"slices"
	"strconv"

	"actfn/internal/compare"
	"actfn/internal/number"
)

// field is a figure of a row in CSV: a number, a string, or a pointer to a number that may be nil.
type field struct {
	name  string
	value any
}

// fields are the columns before the seeds', with the figures of a row.
func fields(r compare.Result, row compare.Row, also []string) []field {
	d, lr, step := compare.Difference{}, compare.Tuned{}, compare.Step{}
	var n, mean, std, level, chosen, shared, loss, seconds any
	if row.Difference != nil {
		d = *row.Difference
		n, mean, std, level = d.N, d.Mean, d.Std, d.Level
	}
	var p struct{ Worse, Within, Better *float64 }
	if d.Probabilities != nil {
		p.Worse, p.Within, p.Better = &d.Probabilities.Worse, &d.Probabilities.Within, &d.Probabilities.Better
	}
	if row.LR != nil {
		lr = *row.LR
		chosen, shared = lr.Chosen, lr.Shared
	}
	if row.Step != nil {
		step = *row.Step
		seconds = step.Seconds
	}
	if row.N > 0 {
		loss = float64(row.Loss)
	}
	low, high := ends(row.CI)
	differenceLow, differenceHigh := ends(d.CI)
	secondsLow, secondsHigh := ends(step.CI)
	ratioLow, ratioHigh := ends(step.RatioCI)
	list := []field{
		{"activation", row.Activation},
		{"n", row.N},
		{r.Metric, row.Mean},
		{r.Metric + "_ci_low", low},
		{r.Metric + "_ci_high", high},
		{r.Metric + "_std", row.Std},
		{"difference_n", n},
		{"difference", mean},
		{"difference_ci_low", differenceLow},
		{"difference_ci_high", differenceHigh},
		{"difference_std", std},
		{"difference_se", d.SE},
		{"difference_df", d.DF},
		{"p", d.P},
		{"level", level},
		{"p_adjusted", d.PAdjusted},
		{"p_equivalent", d.PEquivalent},
		{"p_sign_flip", d.PSignFlip},
		{"p_wilcoxon", d.PWilcoxon},
		{"d_z", d.DZ},
		{"probability_worse", p.Worse},
		{"probability_within", p.Within},
		{"probability_better", p.Better},
		{"verdict", string(d.Verdict)},
		{"seeds_needed", d.SeedsNeeded},
		{"at_chance", len(row.AtChance)},
		{"lr", chosen},
		{"lr_shared", shared},
		{r.Metric + "_at_lr_shared", lr.SharedMean},
		{"step_seconds", seconds},
		{"step_seconds_ci_low", secondsLow},
		{"step_seconds_ci_high", secondsHigh},
		{"step_relative", step.Ratio},
		{"step_relative_ci_low", ratioLow},
		{"step_relative_ci_high", ratioHigh},
		{"parameters", row.Parameters},
		{"loss", loss},
		{"diverged", len(row.Diverged)},
		{"collapses", row.Collapses.N},
		{"collapses_low", row.Collapses.Low},
		{"collapses_high", row.Collapses.High},
	}
	if slices.Contains(also, health) {
		for _, f := range compare.HealthFigures {
			list = append(list, field{f.Name, row.Health[f.Name]})
		}
	}
	return list
}

// ends are those of an interval, nil without one.
func ends(ci *[2]float64) (low, high *float64) {
	if ci == nil {
		return nil, nil
	}
	return &ci[0], &ci[1]
}

// figure is a value as the shortest decimal that reads back the same; "" where there is none.
func figure(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case int:
		return strconv.Itoa(v)
	case *int:
		if v != nil {
			return strconv.Itoa(*v)
		}
	case float64:
		return number.Float(v).String()
	case *float64:
		if v != nil {
			return number.Float(*v).String()
		}
	}
	return ""
}

// writeCSV writes a header and a row for each activation (RFC 4180, lines ending as the project's other files),
// fractions as such. What there is not is an empty cell; the columns depend on the seeds, of which each has one at the
// end, and on what is asked for.
func writeCSV(w io.Writer, r compare.Result, also []string) error {
	table := csv.NewWriter(w)
	for i, row := range append([]compare.Row{{}}, r.Rows...) {
		list := fields(r, row, also)
		for k, seed := range r.Seeds {
			f := field{name: "seed_" + strconv.FormatUint(seed, 10)}
			if k < len(row.Values) {
				f.value = row.Values[k]
			}
			list = append(list, f)
		}
		cells := make([]string, len(list))
		for k, f := range list {
			if cells[k] = figure(f.value); i == 0 {
				cells[k] = f.name
			}
		}
		if err := table.Write(cells); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}
