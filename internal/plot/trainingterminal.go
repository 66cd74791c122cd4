package plot

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/wording"
)

// divergedMark stands where a run diverged.
const divergedMark = "×"

// WriteTerminal draws the means over the seeds in braille patterns, no wider than a width: what was measured in
// training as a line and the validation as dots; of a single epoch there are letters only. The legend has the
// figures of the test.
func (t Training) WriteTerminal(w io.Writer, width int, coloured bool) error {
	width = max(width, leastWidth)
	paint := painter(coloured)
	painted := func(i int, text string) string {
		if i == axes {
			return paint(axes, text)
		}
		return paint(t.groups[i].look, text)
	}
	each, rows, beside := min(width, widestPanel), 11, 1
	if width >= sideBySide {
		each, rows, beside = min((width-gap)/2, widestPanel), 14, 2
	}
	var lines []string
	for row := range slices.Chunk(t.measures, beside) {
		panels := t.panel(row[0], each, rows, painted)
		for _, measure := range row[1:] {
			for i, line := range t.panel(measure, each, rows, painted) {
				panels[i] += strings.Repeat(" ", gap) + line
			}
		}
		lines = append(append(lines, panels...), "")
	}
	for i, g := range t.groups {
		text := g.label()
		if e := estimateOf(g.values(accuracy, test, 0)); !math.IsNaN(e.mean) {
			text += fmt.Sprintf(", test %.2f%%", e.mean)
			if !math.IsNaN(e.half) {
				text += " " + wording.PlusMinus(e.half/100)
			}
		}
		text = fitted(text, func(s string) bool { return len([]rune(s))+2 <= width })
		lines = append(lines, painted(i, letterOf(i, len(t.groups)))+" "+text)
	}
	if slices.ContainsFunc(t.groups, func(g group) bool { return g.diverged > 0 }) {
		lines = append(lines, fitted(divergedMark+" a run diverged", func(s string) bool { return len([]rune(s)) <= width }))
	}
	if t.epochs > 1 && slices.Contains(t.parts, validation) {
		lines = append(lines, fitted("lines: train; dotted: validation", func(s string) bool { return len([]rune(s)) <= width }))
	}
	return writeLines(w, lines)
}

// panel draws the losses or the accuracies.
func (t Training) panel(measure, width, rows int, paint func(int, string) string) []string {
	margin := 0 // of both panels
	for _, m := range t.measures {
		for _, l := range t.yLabels(m, rows) {
			margin = max(margin, len([]rune(l)))
		}
	}
	low, high := t.limits(measure)
	b := newBraille(width-margin-1, rows)
	for i := range t.groups {
		if t.epochs > 1 {
			t.drawMeans(b, measure, i, low, high)
		}
	}
	for i := range t.groups {
		t.writeMarks(b, measure, i, low, high)
	}
	below := "after one epoch"
	if t.epochs > 1 {
		first, last := "epoch 1", fmt.Sprint(t.epochs)
		below = padded(first, b.columns-len(last), false) + last
	}
	below = padded(fitted(strings.Repeat(" ", margin+1)+below, func(s string) bool { return len([]rune(s)) <= width }), width, false)
	return b.framed(frame{measures[measure].title, margin, t.yLabels(measure, rows), -1, -1, below}, paint)
}

func (t Training) yLabels(measure, rows int) map[int]string {
	low, high := t.limits(measure)
	return map[int]string{0: label(high, high-low), rows - 1: label(low, high-low)}
}

// drawMeans makes the dots of a group's means; those of the validation are parted by gaps.
func (t Training) drawMeans(b *braille, measure, i int, low, high float64) {
	g := t.groups[i]
	for _, part := range t.parts {
		if part == test {
			continue
		}
		last := math.NaN()
		for epoch := range t.epochs {
			mean := estimateOf(g.values(measure, part, epoch)).mean
			from, to := t.dot(b, epoch-1), t.dot(b, epoch)
			if math.IsNaN(last) {
				from = to
			}
			previous := math.NaN()
			for x := from; x <= to; x++ {
				v := mean
				if to > from {
					v = last + (mean-last)*float64(x-from)/float64(to-from)
				}
				within := v >= low && v <= high
				if within && (part == train || x%4 == 0) {
					y := scale(v, high, low, b.rows*down)
					start := y
					if part == train && !math.IsNaN(previous) {
						start = scale(previous, high, low, b.rows*down)
					}
					b.column(x, start, y, i)
				}
				previous = math.NaN()
				if within {
					previous = v
				}
			}
			last = mean
		}
	}
}

// dot is the column of an epoch, from 0.
func (t Training) dot(b *braille, epoch int) int {
	if epoch < 0 {
		return 0
	}
	return scale(float64(epoch), 0, float64(t.epochs-1), b.columns*across)
}

// writeMarks writes a group's letter upon its line, each group at a place of its own, and where runs diverged.
func (t Training) writeMarks(b *braille, measure, i int, low, high float64) {
	g := t.groups[i]
	column := (2*i + 1) * b.columns / (2 * len(t.groups))
	value := estimateOf(g.values(measure, train, 0)).mean
	if t.epochs > 1 {
		at := float64(column) / float64(max(1, b.columns-1)) * float64(t.epochs-1)
		epoch := min(int(at), t.epochs-2)
		from, to := estimateOf(g.values(measure, train, epoch)).mean, estimateOf(g.values(measure, train, epoch+1)).mean
		value = from + (to-from)*(at-float64(epoch))
	}
	letter := letterOf(i, len(t.groups))
	if t.epochs == 1 && len(t.groups) == 1 {
		letter = breakMark
	}
	if value >= low && value <= high && (len(t.groups) > 1 || t.epochs == 1) {
		b.write(column, scale(value, high, low, b.rows*down)/down, letter, i)
	}
	for _, r := range g.runs {
		if compare.Diverged(r) {
			e := end(r, measure)
			if t.epochs > 1 {
				column = t.dot(b, int(e.X)-1) / across
			}
			b.write(column, scale(max(low, min(high, e.Y)), high, low, b.rows*down)/down, divergedMark, i)
		}
	}
}
