// Package report writes a comparison for those who read it: people, in a table for a terminal or a page, and
// programs, as CSV, JSON or JUnit's XML. What it says of a row is what the Result holds: nothing is decided here.
package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/wording"
)

// Formats are the names that Write takes.
var Formats = []string{"table", "md", "csv", "json", "junit"}

// Columns are the names of columns that Write adds to those that it always writes: health, the figures of
// compare.HealthFigures.
var Columns = []string{health}

const health = "health"

// Write writes a comparison, and what the gates came to:
//
//	table  aligned columns for a terminal
//	md     the same as a table of GitHub's Markdown
//	csv    a row for each activation, in the order of r.Rows, with every figure in full; no gates
//	json   r itself, as compare.ReadFile takes it; no gates
//	junit  a test case for each gate and each activation, in the XML that CI systems show
//
// In table and md the rows are ordered by accuracy. Columns are added to all but json, which has every figure. An
// unknown format or column is an error.
func Write(w io.Writer, r compare.Result, gates []gate.Outcome, format string, columns ...string) error {
	for _, name := range columns {
		if !slices.Contains(Columns, name) {
			return unknown("columns", name, Columns)
		}
	}
	switch format {
	case "table":
		return writeText(w, newReport(r, gates, columns))
	case "md":
		return writeMarkdown(w, newReport(r, gates, columns))
	case "csv":
		return writeCSV(w, r, columns)
	case "json":
		return compare.Write(w, r)
	case "junit":
		return writeJUnit(w, newReport(r, gates, columns))
	}
	return unknown("format", format, Formats)
}

func unknown(what, name string, known []string) error {
	err := fmt.Errorf("%s: name is %q, want %s", what, name, strings.Join(known, ", "))
	return fault.Suggest(err, name, known)
}

// report is a Result in the words that people read: what table, md and junit share.
type report struct {
	title   string
	columns []column
	lines   []line
	remarks []string // of the comparison as a whole
	notes   []string // footnotes, numbered from 1
	gates   []gate.Outcome
}

// line is one activation in a table: a cell for each column.
type line struct {
	row   compare.Row
	cells []string
	notes []int // its footnotes
}

func newReport(r compare.Result, gates []gate.Outcome, also []string) *report {
	t := &report{title: title(r), columns: columns(r, also), remarks: remarks(r, also), gates: gates}
	rows := slices.Clone(r.Rows)
	slices.SortStableFunc(rows, func(a, b compare.Row) int { return cmp.Compare(mean(b), mean(a)) })
	for _, row := range rows {
		l := line{row: row}
		for _, c := range t.columns {
			l.cells = append(l.cells, c.cell(row))
		}
		for _, w := range r.Warnings {
			if w.Activation == row.Activation {
				l.notes = append(l.notes, t.note(shown(w.Text)))
			}
		}
		t.lines = append(t.lines, l)
	}
	return t
}

// mean is that of a row, or less than any.
func mean(row compare.Row) float64 {
	if row.Mean == nil {
		return math.Inf(-1)
	}
	return *row.Mean
}

// note is the number of a footnote. Rows of which the same is to be said share one.
func (t *report) note(text string) int {
	i := slices.Index(t.notes, text)
	if i < 0 {
		i = len(t.notes)
		t.notes = append(t.notes, text)
	}
	return i + 1
}

// superscript writes footnotes' numbers as ¹ ².
func superscript(notes ...int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	text := strings.Trim(fmt.Sprint(notes), "[]")
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return r
		}
		return digits[r-'0']
	}, text)
}

// shown is text of others, as the name of an activation, as it may stand in a line.
func shown(text string) string { return wording.Printable(text) }

// title is the line above a table.
func title(r compare.Result) string {
	text := fmt.Sprintf("%s on %s of %d classes, %s", shown(r.Metric), wording.Counted(r.Data.Images, "test image"),
		r.Data.Classes, wording.Seeds(r.Seeds))
	if hash := r.Data.Hash; hash != "" {
		const enough = 12
		text += ", data " + shown(hash[:min(enough, len(hash))])
	}
	return text
}

// remarks say how to read a table, what its design can find, and what is to be known of all of it.
func remarks(r compare.Result, also []string) []string {
	var list []string
	say := func(applies bool, format string, args ...any) {
		if applies {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	compared, needed := 0, []string{}
	for _, row := range r.Rows {
		if has(row) {
			compared++
			if d := row.Difference; d.Verdict == compare.Inconclusive && d.SeedsNeeded != nil {
				needed = append(needed, fmt.Sprintf("%s %d", shown(row.Activation), *d.SeedsNeeded))
			}
		}
	}
	over := strings.ReplaceAll(r.Generalize, "+", " and ")
	base, _ := r.Row(r.Baseline)
	say(true, "±: %s %% interval over %s; those of the differences hold all at once (%s), and decide the verdicts",
		wording.Confidence(r.Alpha), over, wording.Counted(compared, "comparison"))
	say(true, `%s: no evidence of a difference, which is not evidence of "no difference"; equivalent: within ±%s points`,
		noEvidence, wording.Percent(r.Rope))
	if m := r.MDE; m != nil {
		say(m.Difference <= 1, "detectable: %s points or more, with %s %% probability at %s",
			wording.Percent(m.Difference), wording.Shortest(math.Round(100*m.Power)), wording.Counted(m.N, "seed"))
		say(m.Difference > 1, "detectable: no difference, at %s", wording.Counted(m.N, "seed"))
	}
	say(len(needed) > 0, "seeds needed to confirm the differences seen: %s", strings.Join(needed, ", "))
	if r.Luck != nil {
		say(true, "even if all were equal, the top row would look %s points too good by luck", wording.Percent(*r.Luck))
	}
	say(compared > 0, "chances: that the true difference is below -%[1]s points, within ±%[1]s, and above %[1]s, each row by itself",
		wording.Percent(r.Rope))
	list = append(list, collapsesRemark(r)...)
	if b := r.Best; b != nil {
		list = append(list, bestText(*b))
	}
	if base.Step != nil {
		say(true, "step time: 1× is %s", duration(base.Step.Seconds))
	}
	if i := slices.IndexFunc(r.Rows, gains); i >= 0 {
		say(true, "gain: accuracy at the row's own lr less that at %s, the best lr for all rows", wording.Shortest(r.Rows[i].LR.Shared))
	}
	var figures []string
	for _, f := range compare.HealthFigures {
		figures = append(figures, f.Short+", "+f.Title)
	}
	say(slices.Contains(also, health), "medians over seeds, shares of the layer with most: %s",
		strings.Join(figures, "; "))
	for _, w := range r.Warnings {
		_, ofRow := r.Row(w.Activation)
		say(!ofRow, "warning: %s", shown(w.Text))
	}
	return list
}

// bestText names the activations of which one is the best.
func bestText(b compare.Best) string {
	names := make([]string, len(b.Activations))
	for i, name := range b.Activations {
		names[i] = shown(name)
	}
	text := "may be the best: " + strings.Join(names, ", ")
	if !b.Guaranteed {
		text = "best among the runs that trained: " + strings.Join(names, ", ") + "; this guarantees nothing, as runs collapsed"
	}
	if len(names) > 1 && b.Cheapest != "" {
		text += "; the cheapest of them: " + shown(b.Cheapest)
	}
	return text
}

// collapsesRemark says what few runs can say of collapses.
func collapsesRemark(r compare.Result) []string {
	high := 0.0 // of the rows
	for _, row := range r.Rows {
		switch c := row.Collapses; {
		case c.N > 0:
			return []string{fmt.Sprintf("collapsed: runs that diverged or are at chance, and at most how many of all runs do (%s %% confidence)",
				wording.Confidence(r.Alpha))}
		case c.High != nil:
			high = max(high, *c.High)
		}
	}
	if high == 0 {
		return nil
	}
	return []string{fmt.Sprintf("collapsed (diverged or at chance): no run; of all runs of a row, up to %.0f %% may (%s %% confidence)",
		math.Ceil(100*high), wording.Confidence(r.Alpha))}
}
