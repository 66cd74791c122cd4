package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/fault"
	"actfn/internal/gate"
)

// Formats are the names that Write takes.
var Formats = []string{"table", "md", "csv", "json", "junit"}

// Write writes a comparison, and what the gates came to:
//
//	table  aligned columns for a terminal
//	md     the same as a table of GitHub's Markdown
//	csv    a row for each activation, in the order of r.Rows, with every figure in full; no gates
//	json   r itself, as compare.ReadFile takes it; no gates
//	junit  a test case for each gate and each activation, in the XML that CI systems show
//
// In table and md the rows are ordered by accuracy. An unknown format is an error.
func Write(w io.Writer, r compare.Result, gates []gate.Outcome, format string) error {
	switch format {
	case "table":
		return writeText(w, newReport(r, gates))
	case "md":
		return writeMarkdown(w, newReport(r, gates))
	case "csv":
		return writeCSV(w, r)
	case "json":
		return compare.Write(w, r)
	case "junit":
		return writeJUnit(w, newReport(r, gates))
	}
	err := fmt.Errorf("format: name is %q, want %s", format, strings.Join(Formats, ", "))
	return fault.Suggest(err, format, Formats)
}

// report is a Result in the words that people read: what table, md and junit share.
type report struct {
	compare.Result
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
	marks []int // its footnotes
}

// column is what a table tells of every activation.
type column struct {
	head, unit string // the unit stands under the head
	left       bool   // aligned to the left
	cell       func(compare.Row) string
}

func newReport(r compare.Result, gates []gate.Outcome) *report {
	t := &report{Result: r, title: title(r), columns: columns(r), remarks: remarks(r), gates: gates}
	rows := slices.Clone(r.Rows)
	slices.SortStableFunc(rows, byMean)
	for _, row := range rows {
		l := line{row: row, marks: t.footnotes(row)}
		for _, c := range t.columns {
			l.cells = append(l.cells, c.cell(row))
		}
		t.lines = append(t.lines, l)
	}
	return t
}

// byMean puts the best first and rows without a value last.
func byMean(a, b compare.Row) int {
	switch {
	case a.Mean == nil && b.Mean == nil:
		return 0
	case a.Mean == nil:
		return 1
	case b.Mean == nil:
		return -1
	case *a.Mean > *b.Mean:
		return -1
	case *a.Mean < *b.Mean:
		return 1
	}
	return 0
}

// footnotes returns the numbers of a row's notes. Rows of which the same is to be said share one.
func (t *report) footnotes(row compare.Row) []int {
	var marks []int
	for _, note := range rowNotes(t.Result, row) {
		i := slices.Index(t.notes, note)
		if i < 0 {
			i = len(t.notes)
			t.notes = append(t.notes, note)
		}
		marks = append(marks, i+1)
	}
	return marks
}

// superscript writes footnotes' numbers as ¹ ².
func superscript(marks []int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var words []string
	for _, n := range marks {
		words = append(words, strings.Map(func(r rune) rune { return digits[r-'0'] }, fmt.Sprint(n)))
	}
	return strings.Join(words, " ")
}
