package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"actfn/internal/compare"
	"actfn/internal/gate"
	"actfn/internal/wording"
)

// column is a fact that a table tells of every activation.
type column struct {
	head, unit string // the unit stands under the head
	left       bool   // aligned to the left
	absent     bool   // the result has nothing of it
	cell       func(compare.Row) string
	// markdown is a cell in Markdown, if it is not the cell's text.
	markdown func(row compare.Row, cell string) string
	notes    bool // footnotes stand behind the cell
}

// none stands where there is no figure, unmeasured where no cell has one of health, and noEvidence where there is one
// that is evidence of nothing.
const (
	none       = "-"
	unmeasured = "–"
	noEvidence = "~"
)

// columns are those for which r has something to tell, and those that are asked for.
func columns(r compare.Result, also []string) []column {
	lacks := func(of func(compare.Row) bool) bool { return !slices.ContainsFunc(r.Rows, of) }
	untuned := lacks(func(row compare.Row) bool { return row.LR != nil })
	list := []column{
		{head: "activation", left: true, markdown: func(_ compare.Row, cell string) string { return code(cell) },
			cell: func(row compare.Row) string { return shown(row.Activation) }},
		{head: r.Metric, unit: "%", cell: func(row compare.Row) string { return accuracyText(r, row) }},
		{head: versus(r.Baseline), unit: "points", cell: differenceText},
		{head: "p", unit: "adjusted", cell: func(row compare.Row) string { return pText(r, row) }},
		{head: "chances", unit: "-/=/+ %", cell: probabilitiesText},
		{head: "verdict", left: true, notes: true, markdown: verdictMarkdown,
			cell: func(row compare.Row) string { return verdictText(r, row) }},
		{head: "lr", unit: "chosen", absent: untuned, cell: func(row compare.Row) string {
			if row.LR == nil {
				return none
			}
			return wording.Shortest(row.LR.Chosen)
		}},
		// What its own rate gained a row over the one that all share.
		{head: "gain", unit: "points", absent: lacks(gains), cell: func(row compare.Row) string {
			if row.LR == nil || row.LR.SharedMean == nil || row.Mean == nil {
				return none
			}
			return wording.Points(*row.Mean - *row.LR.SharedMean)
		}},
		{head: "step", unit: "time", absent: lacks(func(row compare.Row) bool { return row.Step != nil }),
			cell: func(row compare.Row) string { return stepText(r, row) }},
		{head: "collapsed", unit: "runs", cell: collapsesText,
			absent: lacks(func(row compare.Row) bool { return row.Collapses.N > 0 })},
	}
	for _, f := range compare.HealthFigures {
		head, unit, _ := strings.Cut(f.Short, " ")
		list = append(list, column{head: head, unit: cmp.Or(f.Unit, unit), absent: !slices.Contains(also, health),
			cell: func(row compare.Row) string { return healthText(row, f) }})
	}
	return slices.DeleteFunc(list, func(c column) bool { return c.absent })
}

// gains reports that it is known what its own rate gained a row.
func gains(row compare.Row) bool { return row.LR != nil && row.LR.SharedMean != nil }

// has reports that a row has a difference to tell of: to the baseline, over one seed or more.
func has(row compare.Row) bool { return row.Difference != nil && row.Difference.N > 0 }

// diverged reports that a row's loss ceased to be finite at some seed.
func diverged(row compare.Row) bool { return len(row.Diverged) > 0 }

// versus names the baseline, unless that would widen the column.
func versus(baseline string) string {
	const long = 24
	text := "vs " + shown(baseline)
	if utf8.RuneCountInString(text) > long {
		return "vs baseline"
	}
	return text
}

// collapsed reports that a run of the row or of the baseline collapsed.
func collapsed(r compare.Result, row compare.Row) bool {
	base, _ := r.Row(r.Baseline)
	return row.Collapses.N > 0 || base.Collapses.N > 0
}

// accuracyText says of how many seeds it is where that is not all of them.
func accuracyText(r compare.Result, row compare.Row) string {
	if row.Mean == nil {
		return none
	}
	text := wording.Percent(*row.Mean) + halfWidth(*row.Mean, row.CI)
	if row.N < len(r.Seeds) {
		text += fmt.Sprintf(" n=%d", row.N)
	}
	return text
}

// healthText says of how many seeds it is where that is not all of them.
func healthText(row compare.Row, f compare.HealthFigure) string {
	median := row.Health[f.Name]
	if median == nil {
		return unmeasured
	}
	text := strings.TrimSuffix(f.Text(*median), f.Unit)
	if n := len(f.Values(row)); n < row.N {
		text += fmt.Sprintf(" n=%d", n)
	}
	return text
}

func differenceText(row compare.Row) string {
	if !has(row) {
		return ""
	}
	return wording.Points(row.Difference.Mean) + halfWidth(row.Difference.Mean, row.Difference.CI)
}

func pText(r compare.Result, row compare.Row) string {
	if !has(row) {
		return ""
	}
	text := probability(row.Difference.PAdjusted, 3)
	if n := row.Difference.N; n < len(r.Seeds) {
		text += fmt.Sprintf(" n=%d", n)
	}
	return text
}

// probabilitiesText are three percentages that sum to 100.
func probabilitiesText(row compare.Row) string {
	if !has(row) {
		return ""
	}
	p := row.Difference.Probabilities
	if p == nil {
		return noEvidence
	}
	worse, better := math.Round(100*p.Worse), math.Round(100*p.Better)
	return fmt.Sprintf("%.0f/%.0f/%.0f", worse, max(0, 100-worse-better), better)
}

// collapsesText bounds the share of all runs that collapse.
func collapsesText(row compare.Row) string {
	c := row.Collapses
	if c.Of == 0 {
		return none
	}
	return fmt.Sprintf("%d/%d ≤%.0f%%", c.N, c.Of, math.Ceil(100**c.High))
}

// verdictText says first what the evidence comes to, then whether anything was learnt at all.
func verdictText(r compare.Result, row compare.Row) string {
	text := ""
	switch {
	case row.Activation == r.Baseline:
		text = "baseline"
	case row.Mean == nil && diverged(row):
		text = "diverged"
	case row.Mean == nil:
		text = "no result"
	case !has(row):
		text = noEvidence + " not compared"
	case row.Difference.Verdict == compare.Inconclusive:
		text = noEvidence + " inconclusive"
	case row.Difference.Verdict == compare.Better && collapsed(r, row):
		text = "better when it trains"
	default:
		text = string(row.Difference.Verdict)
	}
	switch n := len(row.AtChance); {
	case n == 0:
		return text
	case n == row.N:
		return text + ", AT CHANCE"
	default:
		return text + fmt.Sprintf(", %d of %d AT CHANCE", n, row.N)
	}
}

// verdictMarkdown is bold where there is evidence or nothing was learnt.
func verdictMarkdown(row compare.Row, cell string) string {
	if has(row) && row.Difference.Verdict != compare.Inconclusive || len(row.AtChance) > 0 {
		return "**" + escaped(cell) + "**"
	}
	return escaped(cell)
}

// stepText is the time of a step relative to the baseline's or, where that is not known, as it is.
func stepText(r compare.Result, row compare.Row) string {
	switch s := row.Step; {
	case s == nil:
		return none
	case s.Ratio == nil:
		return duration(s.Seconds)
	case row.Activation != r.Baseline && s.Level():
		return fmt.Sprintf("%s%.2f×", noEvidence, *s.Ratio)
	default:
		return fmt.Sprintf("%.2f×", *s.Ratio)
	}
}

// halfWidth is how far an interval reaches from its mean, behind a space; "" without one.
func halfWidth(mean float64, ci *[2]float64) string {
	if ci == nil {
		return ""
	}
	return " " + wording.PlusMinus(math.Max(mean-ci[0], ci[1]-mean))
}

// probability is a p-value or another probability with as many decimals as mean something.
func probability(p *float64, decimals int) string {
	if p == nil {
		return noEvidence
	}
	least := math.Pow10(-decimals)
	switch {
	case *p < least:
		return "<" + strconv.FormatFloat(least, 'f', decimals, 64)
	case *p > 1-least && *p < 1:
		return ">" + strconv.FormatFloat(1-least, 'f', decimals, 64)
	}
	return strconv.FormatFloat(*p, 'f', decimals, 64)
}

// duration is a time of steps with three digits and its unit: 6.66 ms.
func duration(seconds float64) string {
	v, unit := seconds, "s"
	switch {
	case seconds < 1e-3:
		v, unit = 1e6*seconds, "µs"
	case seconds < 1:
		v, unit = 1e3*seconds, "ms"
	}
	if v == 0 {
		return "0 " + unit
	}
	decimals := 2 - int(math.Floor(math.Log10(math.Abs(v))))
	return strconv.FormatFloat(v, 'f', min(max(decimals, 0), 20), 64) + " " + unit
}

// writeText writes a report for a terminal: columns that are aligned, nothing that is cut, no colours, so that a
// pipe and a screen of any width get the same lines.
func writeText(w io.Writer, t *report) error {
	lines := slices.Concat([]string{t.title, ""}, t.table(), []string{""}, t.remarks)
	for i, note := range t.notes {
		lines = append(lines, superscript(i+1)+" "+note)
	}
	return writeLines(w, append(lines, gateLines(t.gates)...))
}

func gateLines(gates []gate.Outcome) (lines []string) {
	for i, g := range gates {
		if i == 0 {
			lines = append(lines, "")
		}
		lines = append(lines, g.String())
	}
	return lines
}

func writeLines(w io.Writer, lines []string) error {
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// table are the lines of the table.
func (t *report) table() []string {
	var table wording.Table
	var heads, units []string
	for _, c := range t.columns {
		heads, units = append(heads, c.head), append(units, c.unit)
		if c.left {
			table.Align += "l"
		} else {
			table.Align += "r"
		}
	}
	table.Row(heads...)
	table.Row(units...)
	for _, l := range t.lines {
		cells := slices.Clone(l.cells)
		for i, c := range t.columns {
			if c.notes && len(l.notes) > 0 {
				cells[i] += " " + superscript(l.notes...)
			}
		}
		table.Row(cells...)
	}
	return table.Lines()
}
