package plot

import (
	"cmp"
	"fmt"
	"image/color"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"

	"actfn/internal/wording"
)

// The sizes of a figure in a terminal, in characters.
const (
	leastWidth  = 30
	sideBySide  = 110 // from here on the panels stand beside each other
	widestPanel = 90
	leastPanel  = 11 // between the axes
	gap         = 3
)

// WriteTerminal draws the figure in characters, no wider than a width: lines in braille patterns, two panels beside
// each other where there is room. Each of several lines carries a letter, so that colour is not needed to
// distinguish them.
func (f Figure) WriteTerminal(w io.Writer, width int, coloured bool) error {
	width = max(width, leastWidth)
	paint := newPainter(coloured)
	var lines []string
	for _, note := range f.notes {
		lines = append(lines, folded(note, func(s string) bool { return utf8.RuneCountInString(s) <= width })...)
	}
	if f.table != nil {
		if lines != nil {
			lines = append(lines, "")
		}
		lines = append(lines, f.table(width, paint)...)
	} else {
		lines = append(lines, f.terminalPanels(width, paint)...)
	}
	var keys []string
	for _, e := range f.legend {
		if mark, colour := e.mark(); mark != "" {
			keys = append(keys, paint(colour, mark)+" "+cut(e.text, width-2))
		}
	}
	if keys != nil {
		lines = append(append(lines, ""), keys...)
	}
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// mark is the character of an entry and its colour; "" if a terminal shows none of its samples.
func (e entry) mark() (string, int) {
	for _, s := range e.samples {
		switch {
		case s.alpha > 0:
		case s.mark != "":
			return s.mark, s.colour.terminal
		case s.kind == line && s.dashes != nil:
			return "┄", s.colour.terminal
		case s.kind == line:
			return "─", s.colour.terminal
		}
	}
	return "", 0
}

// painter colours a text: 0 is grey, any other one of 256 colours; with background added, the text is black or white,
// on the colour.
type painter func(colour int, text string) string

const background = 256

func newPainter(coloured bool) painter {
	return func(colour int, text string) string {
		switch {
		case !coloured || strings.TrimSpace(text) == "":
			return text
		case colour == 0:
			return "\x1b[90m" + text + "\x1b[0m"
		case colour >= background:
			const black, white = 16, 231
			on, ink := colour-background, black
			if dark(cube(on)) {
				ink = white
			}
			return fmt.Sprintf("\x1b[48;5;%d;38;5;%dm%s\x1b[0m", on, ink, text)
		}
		return fmt.Sprintf("\x1b[38;5;%dm%s\x1b[0m", colour, text)
	}
}

// cube is what a terminal usually shows for one of the colours 16 to 231.
func cube(colour int) color.RGBA {
	steps := []uint8{0, 95, 135, 175, 215, 255}
	colour -= 16
	return color.RGBA{steps[colour/36], steps[colour/6%6], steps[colour%6], 0xFF}
}

func (f Figure) terminalPanels(width int, paint painter) []string {
	shown := slices.DeleteFunc(slices.Clone(f.panels), func(p panel) bool { return p.pictureOnly })
	abreast, rows := 1, 12
	if width >= sideBySide && len(shown) > 1 && !f.below {
		abreast, rows = 2, 16
	}
	margin := 0 // of all panels, so that one x stands below the other
	for i := range shown {
		if shown[i].rows == 0 {
			shown[i].rows = rows
		}
		for _, mark := range shown[i].y.marks() {
			margin = max(margin, utf8.RuneCountInString(mark.Label))
		}
	}
	margin = min(margin, max(8, width/4))
	each := (width - (abreast-1)*gap) / abreast
	beyond := 0 // of all panels with texts at the right, alike
	for _, p := range shown {
		_, own := p.terminalRight(each - margin - 1 - leastPanel)
		beyond = max(beyond, own)
	}
	var lines []string
	for beside := range slices.Chunk(shown, abreast) {
		if len(lines) > 0 || len(f.notes) > 0 {
			lines = append(lines, "")
		}
		first := len(lines)
		for i, p := range beside {
			for j, line := range p.lines(each, margin, beyond, paint) {
				if first+j == len(lines) {
					lines = append(lines, strings.Repeat(" ", i*(each+gap)))
				} else if i > 0 {
					lines[first+j] += strings.Repeat(" ", gap)
				}
				lines[first+j] += line
			}
		}
	}
	return lines
}

// lines draws a panel: its title, its name, the rows with their labels in a margin at the left, the texts at the right,
// for which there is room of so many columns beyond it, and the x axis. All lines without such texts are of one width.
func (p panel) lines(width, margin, beyond int, paint painter) []string {
	right, _ := p.terminalRight(width - margin - 1 - leastPanel)
	if right == nil {
		beyond = 0
	}
	b := newBraille(min(widestPanel, width-margin-1-beyond), p.rows)
	p.draw(b)
	labels := make([]string, p.rows)
	for _, mark := range p.y.marks() {
		if row := p.row(b, mark.Value) / down; row >= 0 && row < p.rows {
			labels[row] = cut(mark.Label, margin)
		}
	}
	var lines []string
	if p.title != "" {
		lines = append(lines, fmt.Sprintf("%-*s", margin+1+b.columns, cut(p.title, width)))
	}
	if p.y.name != "" {
		lines = append(lines, fmt.Sprintf("%-*s", margin+1+b.columns, fmt.Sprintf("%*s", margin+1, p.y.name)))
	}
	for row, label := range labels {
		edge := "│"
		if label != "" && !p.y.named {
			edge = "┤"
		}
		line := fmt.Sprintf("%*s", margin, label) + paint(0, edge) + b.row(row, paint)
		if row < len(right) {
			line += "  " + right[row]
		}
		lines = append(lines, line)
	}
	lines = append(lines, strings.Repeat(" ", margin)+paint(0, "└"+strings.Repeat("─", b.columns)))
	name := cut(p.x.name, width-margin-1)
	if name != "" {
		name = strings.Repeat(" ", max(0, b.columns-utf8.RuneCountInString(name))/2) + name
	}
	marks, list := p.xLabels(b)
	for _, below := range []string{marks, name} {
		if below == "" {
			continue
		}
		lines = append(lines, strings.Repeat(" ", margin+1)+fmt.Sprintf("%-*s", b.columns, below))
	}
	for _, line := range list.Lines() {
		lines = append(lines, fmt.Sprintf("%-*s", margin+1+b.columns, line))
	}
	return lines
}

// terminalRight are the texts at the right and their width with the space before them. Where there is not room for
// all columns the first ones are left out.
func (p panel) terminalRight(room int) (lines []string, width int) {
	if p.right == nil {
		return nil, 0
	}
	for first := range p.right[0] {
		var t wording.Table
		for _, row := range p.right {
			t.Row(row[first:]...)
		}
		lines, width = t.Lines(), 0
		for _, line := range lines {
			width = max(width, utf8.RuneCountInString(line)+2)
		}
		if width <= room {
			return lines, width
		}
	}
	for i, line := range lines {
		lines[i] = cut(line, room-2)
	}
	return lines, room
}

// column and row are where a value is, in dots.
func (p panel) column(b *braille, x float64) int {
	return scale(x, p.x.low, p.x.high, b.columns*across)
}
func (p panel) row(b *braille, y float64) int { return scale(y, p.y.high, p.y.low, b.rows*down) }

// xLabels are the labels of the x axis that do not run into each other. Names that have not all room are numbered, and
// listed below.
func (p panel) xLabels(b *braille) (line string, list wording.Table) {
	marks := p.x.marks()
	line, all := p.xLine(b, marks)
	if all || !p.x.named {
		return line, list
	}
	var numbers []plot.Tick
	var names []string
	longest := 0
	for i, mark := range marks {
		numbers = append(numbers, plot.Tick{Value: mark.Value, Label: strconv.Itoa(i + 1)})
		names = append(names, fmt.Sprintf("%3d %s", i+1, cut(mark.Label, b.columns-4)))
		longest = max(longest, utf8.RuneCountInString(names[i])+2)
	}
	for some := range slices.Chunk(names, max(1, b.columns/longest)) {
		list.Row(some...)
	}
	line, _ = p.xLine(b, numbers)
	return line, list
}

// xLine is a line of marks at their places. It reports whether all have room.
func (p panel) xLine(b *braille, marks []plot.Tick) (string, bool) {
	line := []rune(strings.Repeat(" ", b.columns))
	free, all := 0, true
	for _, mark := range marks {
		text := []rune(mark.Label)
		at := min(max(0, p.column(b, mark.Value)/across-len(text)/2), b.columns-len(text))
		if at < free {
			all = false
			continue
		}
		copy(line[at:], text)
		free = at + len(text) + 1
	}
	return string(line), all
}

// draw makes the dots and the marks of the series, with the lines x = 0 and y = 0 behind them.
func (p panel) draw(b *braille) {
	if p.y.hasZero() {
		for column := range b.columns {
			b.at(column, p.row(b, 0)/down).behind = '┈'
		}
	}
	if p.x.hasZero() {
		for row := range b.rows {
			b.at(p.column(b, 0)/across, row).behind = '┊'
		}
	}
	traces := make([][]int, len(p.series))
	for i, s := range p.series {
		if s.alpha > 0 {
			continue
		}
		switch s.kind {
		case line:
			traces[i] = p.drawLine(b, s)
		case boxes:
			p.drawBoxes(b, s)
		case whiskers:
			p.drawWhiskers(b, s)
		case points:
			for _, at := range s.places {
				if s.mark != "" && at.known() {
					at = p.clamped(at)
					b.write(p.column(b, at.x)/across, p.row(b, at.y)/down, s.mark, s.colour.terminal)
				}
			}
		}
	}
	p.writeLetters(b, traces)
}

// clamped is the place with its ends at the edges of the panel where they are beyond.
func (p panel) clamped(at place) place {
	within := func(v float64, a axis) float64 { return max(a.low, min(a.high, v)) }
	return place{x: within(at.x, p.x), y: within(at.y, p.y), x2: within(at.x2, p.x), y2: within(at.y2, p.y)}
}

// drawLine makes the dots of a line, and returns its row, in dots, in each column of characters: −1 where it has none.
func (p panel) drawLine(b *braille, s series) (trace []int) {
	trace = slices.Repeat([]int{-1}, b.columns)
	for _, piece := range s.pieces() {
		last := -1 // row
		for i, at := range piece {
			before := piece[max(0, i-1)]
			from, to := p.column(b, before.x), p.column(b, at.x)
			for x := max(0, from); x <= min(to, b.columns*across-1); x++ {
				y := at.y
				if to > from {
					y = before.y + (at.y-before.y)*float64(x-from)/float64(to-from)
				}
				if !(y >= p.y.low && y <= p.y.high) {
					last = -1
					continue
				}
				row := p.row(b, y)
				switch {
				case s.dashes == nil && last >= 0:
					b.column(x, last, row, s.colour.terminal)
				case s.dashes == nil || x%4 == 0:
					b.set(x, row, s.colour.terminal)
				}
				last = row
				trace[x/across] = row
			}
		}
	}
	return trace
}

func (p panel) drawBoxes(b *braille, s series) {
	for _, at := range s.places {
		at = p.clamped(at)
		for row := p.row(b, at.y2) / down; row <= p.row(b, at.y)/down; row++ {
			for column := p.column(b, at.x) / across; column <= p.column(b, at.x2)/across; column++ {
				b.at(column, row).behind = '░'
			}
		}
	}
}

// drawWhiskers makes the dots of intervals; those that lie have feet.
func (p panel) drawWhiskers(b *braille, s series) {
	for _, at := range s.places {
		if !at.known() {
			continue
		}
		in := p.clamped(at)
		from, to, row := p.column(b, in.x), p.column(b, in.x2), p.row(b, in.y)
		for x := from; x <= to; x++ {
			b.column(x, row, p.row(b, in.y2), s.colour.terminal)
		}
		if at.y == at.y2 {
			b.column(from, row-1, row+1, s.colour.terminal)
			b.column(to, row-1, row+1, s.colour.terminal)
		}
	}
}

// writeLetters writes the marks of lines where the others are far from them; where they are all near, each has a
// place of its own along x.
func (p panel) writeLetters(b *braille, traces [][]int) {
	var marked []int
	for i, s := range p.series {
		if traces[i] != nil && s.mark != "" {
			marked = append(marked, i)
		}
	}
	for n, i := range marked {
		s := p.series[i]
		usual := (2*n + 1) * b.columns / (2 * len(marked))
		best, most := -1, math.Inf(-1)
		for column := 1; column < b.columns-1; column++ {
			row := traces[i][column]
			if row < 0 || b.at(column, row/down).text != 0 {
				continue
			}
			room := 2.0 * down // dots between it and the nearest other; more is no better
			for j, other := range traces {
				if j != i && other != nil && other[column] >= 0 {
					room = min(room, math.Abs(float64(row-other[column])))
				}
			}
			score := room/down - math.Abs(float64(column-usual))/float64(b.columns)
			if score > most {
				best, most = column, score
			}
		}
		if best >= 0 {
			b.write(best, traces[i][best]/down, s.mark, s.colour.terminal)
		}
	}
}

// letterOf marks one of n lines; a single one has no letter.
func letterOf(i, n int) string {
	if n == 1 {
		return ""
	}
	return string(rune('a' + i%26))
}

// markOf marks one of n points.
func markOf(i, n int) string { return cmp.Or(letterOf(i, n), "●") }

// folded is a text in lines that fit, broken at spaces; a word that does not fit is cut.
func folded(text string, fits func(string) bool) (lines []string) {
	line := ""
	for _, word := range strings.Fields(text) {
		if longer := strings.TrimSpace(line + " " + word); fits(longer) {
			line = longer
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		line = fitted(word, fits)
	}
	return append(lines, line)
}

// cut is a text of at most so many characters.
func cut(text string, most int) string {
	return fitted(text, func(s string) bool { return utf8.RuneCountInString(s) <= most })
}
