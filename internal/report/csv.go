package report

import (
	"encoding/csv"
	"io"
	"strconv"

	"actfn/internal/compare"
	"actfn/internal/number"
)

// writeCSV writes a header and a row for each activation (RFC 4180, lines ending as the project's other files),
// fractions as such and numbers as the shortest decimals that read back the same. What there is not is an empty
// cell; the columns depend on the seeds alone, of which each has one at the end.
func writeCSV(w io.Writer, r compare.Result) error {
	table := csv.NewWriter(w)
	head := []string{}
	for _, f := range csvFields(r, compare.Row{}) {
		head = append(head, f.name)
	}
	for _, seed := range r.Seeds {
		head = append(head, "seed_"+strconv.FormatUint(seed, 10))
	}
	if err := table.Write(head); err != nil {
		return err
	}
	for _, row := range r.Rows {
		cells := []string{}
		for _, f := range csvFields(r, row) {
			cells = append(cells, f.text)
		}
		for i := range r.Seeds {
			cell := ""
			if i < len(row.Values) {
				cell = figure(row.Values[i])
			}
			cells = append(cells, cell)
		}
		if err := table.Write(cells); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

type csvField struct{ name, text string }

// csvFields are the columns before the seeds', with the cells of a row.
func csvFields(r compare.Result, row compare.Row) []csvField {
	fields := []csvField{
		{"activation", row.Activation},
		{"n", strconv.Itoa(row.N)},
		{r.Metric, figure(row.Mean)},
		{r.Metric + "_ci_low", end(row.CI, 0)},
		{r.Metric + "_ci_high", end(row.CI, 1)},
		{r.Metric + "_std", figure(row.Std)},
	}
	fields = append(fields, csvDifference(row.Difference)...)
	lr := compare.Tuned{}
	chosen, shared := "", ""
	if row.LR != nil {
		lr = *row.LR
		chosen, shared = figure(&lr.Chosen), figure(&lr.Shared)
	}
	loss := row.Loss.String()
	if row.N == 0 {
		loss = ""
	}
	return append(fields,
		csvField{"at_chance", strconv.Itoa(len(row.AtChance))},
		csvField{"lr", chosen},
		csvField{"lr_shared", shared},
		csvField{r.Metric + "_at_lr_shared", figure(lr.SharedMean)},
		csvField{"step_seconds", figure(row.StepSeconds)},
		csvField{"step_relative", stepRelative(r, row)},
		csvField{"parameters", strconv.Itoa(row.Parameters)},
		csvField{"loss", loss},
		csvField{"diverged", strconv.Itoa(len(row.Diverged))},
	)
}

func csvDifference(difference *compare.Difference) []csvField {
	n, mean, std, verdict, needed := "", "", "", "", ""
	d := compare.Difference{}
	if difference != nil {
		d = *difference
		n, mean, std, verdict = strconv.Itoa(d.N), figure(&d.Mean), figure(&d.Std), string(d.Verdict)
		if d.SeedsNeeded != nil {
			needed = strconv.Itoa(*d.SeedsNeeded)
		}
	}
	return []csvField{
		{"difference_n", n},
		{"difference", mean},
		{"difference_ci_low", end(d.CI, 0)},
		{"difference_ci_high", end(d.CI, 1)},
		{"difference_std", std},
		{"difference_se", figure(d.SE)},
		{"difference_df", figure(d.DF)},
		{"p", figure(d.P)},
		{"p_holm", figure(d.PHolm)},
		{"p_equivalent", figure(d.PEquivalent)},
		{"p_sign_flip", figure(d.PSignFlip)},
		{"p_wilcoxon", figure(d.PWilcoxon)},
		{"d_z", figure(d.DZ)},
		{"p_better", figure(d.PBetter)},
		{"verdict", verdict},
		{"seeds_needed", needed},
	}
}

func stepRelative(r compare.Result, row compare.Row) string {
	base, ok := r.Row(r.Baseline)
	if !ok || base.StepSeconds == nil || row.StepSeconds == nil || *base.StepSeconds == 0 {
		return ""
	}
	v := *row.StepSeconds / *base.StepSeconds
	return figure(&v)
}

func figure(v *float64) string {
	if v == nil {
		return ""
	}
	return number.Float(*v).String()
}

// end is the lower or upper end of an interval.
func end(ci *[2]float64, i int) string {
	if ci == nil {
		return ""
	}
	return figure(&ci[i])
}
