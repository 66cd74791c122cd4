package plot

import (
	"io"
	"math"
	"strings"
	"unicode/utf8"

	"actfn/internal/wording"
)

// WriteTerminal draws the differences as lines of text, no wider than a width: ● in its interval ├───┤, ○ where
// there is no interval, ◄ and ► for what is out of sight; ░ is the margin within which a difference does not
// matter.
func (c Comparison) WriteTerminal(w io.Writer, width int, coloured bool) error {
	width = max(width, leastWidth)
	paint := painter(coloured)
	fit := func(text string, room int) string {
		return fitted(text, func(s string) bool { return utf8.RuneCountInString(s) <= room })
	}
	names, right := 0, 0
	texts := make([]string, len(c.rows))
	figures := 0
	for _, f := range c.rows {
		names = max(names, utf8.RuneCountInString(wording.Printable(f.Activation)))
		figures = max(figures, utf8.RuneCountInString(f.figures()))
	}
	for i, f := range c.rows {
		texts[i] = strings.TrimSpace(padded(f.figures(), figures, false) + "  " + f.verdict)
		if f.figures() == "" {
			texts[i] = strings.Repeat(" ", figures) + "  " + f.verdict
		}
		right = max(right, utf8.RuneCountInString(texts[i]))
	}
	names = min(names, max(8, width/4))
	const leastPanel = 11
	if names+right+leastPanel+3 > width { // the verdict alone
		right = 0
		for i, f := range c.rows {
			texts[i] = f.verdict
			right = max(right, utf8.RuneCountInString(f.verdict))
		}
		right = max(0, min(right, width-names-leastPanel-3))
	}
	columns := max(leastPanel, min(widestPanel, width-names-right-3))
	lines := []string{fit(c.about(), width), ""}
	for i, f := range c.rows {
		line := padded(fit(wording.Printable(f.Activation), names), names, false) + " " + c.terminalRow(f, columns, paint)
		if right > 0 {
			line += "  " + fit(texts[i], right)
		}
		lines = append(lines, line)
	}
	lines = append(lines, strings.Repeat(" ", names+1)+paint(axes, "└"+strings.Repeat("─", max(0, columns-2))+"┘"),
		strings.Repeat(" ", names+1)+c.terminalAxis(columns))
	return writeLines(w, lines)
}

// terminalRow is one row between the names and the verdicts.
func (c Comparison) terminalRow(f forestRow, columns int, paint func(int, string) string) string {
	at := func(v float64) int { return max(0, min(columns-1, scale(v, c.low, c.high, columns))) }
	cells := []rune(strings.Repeat(" ", columns))
	owned := make([]bool, columns)
	rope := 100 * c.result.Rope
	for i := range cells {
		if rope > 0 && i >= at(-rope) && i <= at(rope) {
			cells[i] = '░'
		}
	}
	cells[at(0)] = '│'
	put := func(i int, r rune) { cells[i], owned[i] = r, true }
	if !math.IsNaN(f.low) {
		for i := at(f.low); i <= at(f.high); i++ {
			put(i, '─')
		}
		if at(0) > at(f.low) && at(0) < at(f.high) {
			cells[at(0)] = '┼'
		}
		put(at(f.low), '├')
		put(at(f.high), '┤')
		if f.low < c.low {
			put(0, '◄')
		}
		if f.high > c.high {
			put(columns-1, '►')
		}
	}
	switch {
	case math.IsNaN(f.difference):
	case f.difference < c.low:
		put(0, '◄')
	case f.difference > c.high:
		put(columns-1, '►')
	case math.IsNaN(f.low):
		put(at(f.difference), '○')
	default:
		put(at(f.difference), '●')
	}
	line := ""
	for i, j := 0, 0; i < columns; i = j {
		for j = i; j < columns && owned[j] == owned[i]; j++ {
		}
		owner := axes
		if owned[i] {
			owner = f.look
		}
		line += paint(owner, string(cells[i:j]))
	}
	return line
}

// terminalAxis has the numbers at the ends and zero.
func (c Comparison) terminalAxis(columns int) string {
	line := []rune(strings.Repeat(" ", columns))
	left, right := []rune(signed(c.low)), []rune(signed(c.high))
	copy(line, left)
	copy(line[max(0, columns-len(right)):], right)
	if zero := scale(0, c.low, c.high, columns); zero > len(left) && zero < columns-len(right)-1 {
		line[zero] = '0'
	}
	return string(line)
}
