package plot

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
)

// The sizes of a plot in a terminal, in characters.
const (
	leastWidth  = 30
	sideBySide  = 110 // from here on the panels stand beside each other
	widestPanel = 90
	gap         = 3
)

// WriteTerminal draws f and f′ in braille patterns, no wider than a width, one beside the other where there
// is room. Each of several curves carries a letter, so that colour is not needed to tell them apart.
func (c Curves) WriteTerminal(w io.Writer, width int, coloured bool) error {
	width = max(width, leastWidth)
	paint := painter(coloured)
	var lines []string
	if width >= sideBySide {
		each := min((width-gap)/2, widestPanel)
		left, right := c.panel(value, each, 16, paint), c.panel(slope, each, 16, paint)
		for i := range left {
			lines = append(lines, left[i]+strings.Repeat(" ", gap)+right[i])
		}
	} else {
		each := min(width, widestPanel)
		lines = append(c.panel(value, each, 14, paint), "")
		lines = append(lines, c.panel(slope, each, 10, paint)...)
	}
	lines = append(lines, "")
	for i, text := range c.legendLines() {
		mark := paint(i, c.letter(i))
		if i >= len(c.curves) {
			mark = breakMark
		}
		text = fitted(text, func(s string) bool { return len([]rune(s))+2 <= width })
		lines = append(lines, mark+" "+text)
	}
	return writeLines(w, lines)
}

// writeLines writes lines without spaces at their ends.
func writeLines(w io.Writer, lines []string) error {
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	_, err := io.WriteString(w, strings.Join(lines, "\n")+"\n")
	return err
}

// breakMark stands for a value at a break.
const breakMark = "●"

// letter marks a curve where there are several.
func (c Curves) letter(i int) string {
	return letterOf(i, len(c.curves))
}

// letterOf marks one of n things.
func letterOf(i, n int) string {
	if n == 1 {
		return "─"
	}
	return string(rune('a' + i%26))
}

// axes is the owner of what is no curve.
const axes = -1

// painter colours what a curve owns, and the axes in grey.
func painter(coloured bool) func(owner int, text string) string {
	return func(owner int, text string) string {
		switch {
		case !coloured || strings.TrimSpace(text) == "":
			return text
		case owner == axes:
			return "\x1b[90m" + text + "\x1b[0m"
		}
		return fmt.Sprintf("\x1b[38;5;%dm%s\x1b[0m", colourOf(owner).terminal, text)
	}
}

// panel draws one of the panels: its name, rows lines of dots with labels at the left, and the x axis. All
// lines are as wide as the panel.
func (c Curves) panel(which, width, rows int, paint func(int, string) string) []string {
	low, high := c.limits(which)
	labels := c.yLabels(which, rows)
	margin := 0 // of all panels, so that one x stands below the other
	for other := range panels {
		for _, l := range c.yLabels(other, rows) {
			margin = max(margin, len([]rune(l)))
		}
	}
	b := newBraille(width-margin-1, rows)
	for i := range c.curves {
		c.draw(b, i, which, low, high)
	}
	if len(c.curves) > 1 {
		for i := range c.curves {
			c.place(b, i, which, low, high)
		}
	}
	return b.framed(frame{panelNames[which], margin, labels, c.zeroColumn(b), c.zeroRow(b, low, high), c.xLabels(margin+1, b.columns)}, paint)
}

// frame is what stands around the dots of a panel: its name above, labels of rows at the left in a margin, and
// a line of text below; and the cells of the lines x = 0 and y = 0 behind them, −1 where there are none.
type frame struct {
	name                string
	margin              int
	labels              map[int]string
	zeroColumn, zeroRow int
	below               string
}

// framed is a panel's lines, all of one width.
func (b *braille) framed(f frame, paint func(int, string) string) []string {
	width := f.margin + 1 + b.columns
	lines := []string{padded(padded(f.name, f.margin+1, true), width, false)}
	for row := range b.rows {
		edge := "│"
		if f.labels[row] != "" {
			edge = "┤"
		}
		line := padded(f.labels[row], f.margin, true) + paint(axes, edge)
		run, of := "", axes // neighbours of one colour are painted together
		for column := range b.columns {
			owner, text := b.glyph(column, row, f.zeroColumn, f.zeroRow)
			if owner != of {
				line += paint(of, run)
				run, of = "", owner
			}
			run += text
		}
		lines = append(lines, line+paint(of, run))
	}
	return append(lines, padded("", f.margin, false)+paint(axes, "└"+strings.Repeat("─", b.columns)), f.below)
}

// glyph is what a cell shows: text, dots, or the lines x = 0 and y = 0 behind them.
func (b *braille) glyph(column, row, zeroColumn, zeroRow int) (owner int, text string) {
	c := b.at(column, row)
	switch {
	case c.text != 0:
		return c.owner, string(c.text)
	case c.dots != 0:
		return c.owner, string(rune(blank + int(c.dots)))
	case column == zeroColumn:
		return axes, "┊"
	case row == zeroRow:
		return axes, "┈"
	}
	return axes, " "
}

// zeroColumn and zeroRow are the cells of x = 0 and y = 0; −1: they are out of sight.
func (c Curves) zeroColumn(b *braille) int {
	if c.Low >= 0 || c.High <= 0 {
		return -1
	}
	return scale(0, c.Low, c.High, b.columns*across) / across
}

func (c Curves) zeroRow(b *braille, low, high float64) int {
	if low >= 0 || high <= 0 {
		return -1
	}
	return scale(0, high, low, b.rows*down) / down
}

// draw makes the dots of a curve. Between two points that are far apart the dots go straight up or down.
func (c Curves) draw(b *braille, i, which int, low, high float64) {
	k := c.curves[i]
	last, connected := 0, false
	for j, x := range k.x {
		y := k.y[which][j]
		if math.IsNaN(y) || y < low || y > high {
			connected = false
			continue
		}
		column, row := scale(x, c.Low, c.High, b.columns*across), scale(y, high, low, b.rows*down)
		if !connected {
			last = row
		}
		b.column(column, last, row, i)
		last, connected = row, true
	}
	for _, mark := range k.marks(which) {
		if mark.Y >= low && mark.Y <= high {
			b.write(scale(mark.X, c.Low, c.High, b.columns*across)/across, scale(mark.Y, high, low, b.rows*down)/down, breakMark, i)
		}
	}
}

// place writes a curve's letter where the others are far from it; where they are all near, each has a place
// of its own along x.
func (c Curves) place(b *braille, i, which int, low, high float64) {
	usual := (2*i + 1) * b.columns / (2 * len(c.curves))
	x := grid(c.Low, c.High, b.columns)
	rows := make([][]float64, len(c.curves))
	for j, k := range c.curves {
		for _, v := range k.at(x)[which] {
			rows[j] = append(rows[j], (high-v)/(high-low)*float64(b.rows-1))
		}
	}
	best, most := -1, math.Inf(-1)
	for column := 1; column < b.columns-1; column++ {
		row := rows[i][column]
		if !(row >= 0 && row <= float64(b.rows-1)) || b.at(column, int(math.Round(row))).text != 0 {
			continue
		}
		room := 2.0 // rows between it and the nearest other; more is no better
		for j := range rows {
			if j != i && !math.IsNaN(rows[j][column]) {
				room = min(room, math.Abs(row-rows[j][column]))
			}
		}
		score := room - math.Abs(float64(column-usual))/float64(b.columns)
		if score > most {
			best, most = column, score
		}
	}
	if best >= 0 {
		b.write(best, int(math.Round(rows[i][best])), c.letter(i), i)
	}
}

// yLabels are the labels of a panel's rows: of the first and the last, and of zero between them.
func (c Curves) yLabels(which, rows int) map[int]string {
	low, high := c.limits(which)
	labels := map[int]string{0: label(high, high-low), rows - 1: label(low, high-low)}
	if zero := scale(0, high, low, rows*down) / down; low < 0 && high > 0 && zero > 0 && zero < rows-1 {
		labels[zero] = "0"
	}
	return labels
}

// xLabels is the line below the x axis: its ends and the middle.
func (c Curves) xLabels(margin, columns int) string {
	line := []rune(strings.Repeat(" ", margin+columns))
	write := func(at int, text string) { copy(line[max(0, at):], []rune(text)) }
	size := c.High - c.Low
	left, middle, right := label(c.Low, size), label((c.Low+c.High)/2, size), label(c.High, size)
	write(margin, left)
	write(margin+columns/2-len([]rune(middle))/2, middle)
	write(len(line)-len([]rune(right)), right)
	return string(line)
}

// label is a number to as many digits as tell it apart on an axis of a size.
func label(v, size float64) string {
	if math.Abs(v) < 1e-6*size {
		return "0"
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 3, 64), "-", "−", 1)
}

// padded is a text with spaces before or after it, as wide as wanted.
func padded(text string, width int, before bool) string {
	spaces := strings.Repeat(" ", max(0, width-len([]rune(text))))
	if before {
		return spaces + text
	}
	return text + spaces
}
