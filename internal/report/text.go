package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// writeText writes a report for a terminal: columns that are aligned, nothing that is cut, no colours, so that a
// pipe and a screen of any width get the same lines.
func writeText(w io.Writer, t *report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", t.title)
	grid := [][]string{nil, nil}
	for _, c := range t.columns {
		grid[0] = append(grid[0], c.head)
		grid[1] = append(grid[1], c.unit)
	}
	for _, l := range t.lines {
		grid = append(grid, t.marked(l))
	}
	width := make([]int, len(t.columns))
	for _, cells := range grid {
		for i, cell := range cells {
			width[i] = max(width[i], utf8.RuneCountInString(cell))
		}
	}
	for _, cells := range grid {
		b.WriteString(alignedLine(t.columns, cells, width))
	}
	b.WriteString("\n")
	for _, text := range t.remarks {
		b.WriteString(text + "\n")
	}
	for i, note := range t.notes {
		fmt.Fprintf(&b, "%s %s\n", superscript([]int{i + 1}), note)
	}
	if len(t.gates) > 0 {
		b.WriteString("\n")
	}
	for _, g := range t.gates {
		fmt.Fprintln(&b, g)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// marked are the cells of a line with its footnotes behind the verdict.
func (t *report) marked(l line) []string {
	cells := slices.Clone(l.cells)
	for i, c := range t.columns {
		if c.head == "verdict" && len(l.marks) > 0 {
			cells[i] += " " + superscript(l.marks)
		}
	}
	return cells
}

func alignedLine(columns []column, cells []string, width []int) string {
	var b strings.Builder
	for i, c := range columns {
		if i > 0 {
			b.WriteString("  ")
		}
		space := strings.Repeat(" ", width[i]-utf8.RuneCountInString(cells[i]))
		if c.left {
			b.WriteString(cells[i] + space)
		} else {
			b.WriteString(space + cells[i])
		}
	}
	return strings.TrimRight(b.String(), " ") + "\n"
}
