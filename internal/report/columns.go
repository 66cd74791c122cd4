package report

import (
	"fmt"
	"slices"
	"unicode/utf8"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// longName is the length in characters from which the baseline is not named in a head, which would widen its
// column.
const longName = 24

// columns are those for which r has something to tell.
func columns(r compare.Result) []column {
	versus := "vs " + shown(r.Baseline)
	if utf8.RuneCountInString(versus) > longName {
		versus = "vs baseline"
	}
	list := []column{
		{head: "activation", left: true, cell: func(row compare.Row) string { return shown(row.Activation) }},
		{head: r.Metric, unit: "%", cell: accuracyCell(r)},
		{head: versus, unit: "points", cell: differenceCell},
		{head: "p", unit: "Holm", cell: pCell},
		{head: "P", unit: "better", cell: betterCell},
		{head: "verdict", left: true, cell: verdictCell(r)},
	}
	list = append(list, rateColumns(r)...)
	list = append(list, timeColumns(r)...)
	return append(list, divergedColumns(r)...)
}

// accuracyCell says of how many seeds it is where that is not all of them.
func accuracyCell(r compare.Result) func(compare.Row) string {
	return func(row compare.Row) string {
		if row.Mean == nil {
			return none
		}
		text := wording.Percent(*row.Mean)
		if row.CI != nil {
			text += " " + halfWidth(*row.Mean, *row.CI)
		}
		if row.N < len(r.Seeds) {
			text += fmt.Sprintf(" n=%d", row.N)
		}
		return text
	}
}

// has reports that a row has a difference to tell of: to the baseline, over one seed or more.
func has(row compare.Row) bool { return row.Difference != nil && row.Difference.N > 0 }

func differenceCell(row compare.Row) string {
	if !has(row) {
		return ""
	}
	d := row.Difference
	text := wording.Points(d.Mean)
	if d.CI != nil {
		text += " " + halfWidth(d.Mean, *d.CI)
	}
	return text
}

func pCell(row compare.Row) string {
	if !has(row) {
		return ""
	}
	p := noEvidence
	if row.Difference.PHolm != nil {
		p = probability(*row.Difference.PHolm, 3)
	}
	return fmt.Sprintf("%s n=%d", p, row.Difference.N)
}

func betterCell(row compare.Row) string {
	switch {
	case !has(row):
		return ""
	case row.Difference.PBetter == nil:
		return noEvidence
	}
	return probability(*row.Difference.PBetter, 2)
}

// verdictCell says first what the evidence comes to, then whether anything was learnt at all.
func verdictCell(r compare.Result) func(compare.Row) string {
	return func(row compare.Row) string {
		text := verdictText(r, row)
		switch n := len(row.AtChance); {
		case n == 0:
		case n == row.N:
			text += ", AT CHANCE"
		default:
			text += fmt.Sprintf(", %d of %d AT CHANCE", n, row.N)
		}
		return text
	}
}

func verdictText(r compare.Result, row compare.Row) string {
	switch {
	case row.Activation == r.Baseline:
		return "baseline"
	case row.Mean == nil && len(row.Diverged) > 0:
		return "diverged"
	case row.Mean == nil:
		return "no result"
	case !has(row):
		return noEvidence + " not compared"
	case row.Difference.Verdict == compare.Inconclusive:
		return noEvidence + " inconclusive"
	}
	return string(row.Difference.Verdict)
}

// rateColumns tell the learning rate that each activation chose, and what its own gained over the shared one.
func rateColumns(r compare.Result) []column {
	if !slices.ContainsFunc(r.Rows, func(row compare.Row) bool { return row.LR != nil }) {
		return nil
	}
	rate := column{head: "lr", unit: "chosen", cell: func(row compare.Row) string {
		if row.LR == nil {
			return none
		}
		return wording.Shortest(row.LR.Chosen)
	}}
	gain := column{head: "gain", unit: "points", cell: func(row compare.Row) string {
		if row.LR == nil || row.LR.SharedMean == nil || row.Mean == nil {
			return none
		}
		return wording.Points(*row.Mean - *row.LR.SharedMean)
	}}
	return []column{rate, gain}
}

// timeColumns tell the time of a step relative to the baseline's or, where it has none, as it is.
func timeColumns(r compare.Result) []column {
	if !slices.ContainsFunc(r.Rows, func(row compare.Row) bool { return row.StepSeconds != nil }) {
		return nil
	}
	base := 0.0
	if row, ok := r.Row(r.Baseline); ok && row.StepSeconds != nil {
		base = *row.StepSeconds
	}
	return []column{{head: "step", unit: "time", cell: func(row compare.Row) string {
		switch {
		case row.StepSeconds == nil:
			return none
		case base == 0:
			return duration(*row.StepSeconds)
		}
		return fmt.Sprintf("%.2f×", *row.StepSeconds/base)
	}}}
}

// divergedColumns tell at how many seeds the loss ceased to be finite, if at any.
func divergedColumns(r compare.Result) []column {
	if !anyDiverged(r) {
		return nil
	}
	return []column{{head: "diverged", unit: "seeds", cell: func(row compare.Row) string {
		if len(row.Diverged) == 0 {
			return "0"
		}
		return fmt.Sprintf("%d of %d", len(row.Diverged), len(r.Seeds))
	}}}
}

func anyDiverged(r compare.Result) bool {
	return slices.ContainsFunc(r.Rows, func(row compare.Row) bool { return len(row.Diverged) > 0 })
}
