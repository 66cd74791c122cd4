package plot

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"actfn/internal/metrics"
)

// mostListed is the number of classes and confusions of a list.
const mostListed = 10

// WriteTerminal prints the matrix as a table, no wider than a width; of more classes than there is room for, the
// largest confusions and the classes that were recognised least.
func (c Confusion) WriteTerminal(w io.Writer, width int, coloured bool) error {
	width = max(width, leastWidth)
	paint := painter(coloured)
	lines := []string{cut(c.title(), width), ""}
	if table := c.table(width, paint); len(c.classes) <= mostCounted && table != nil {
		return writeLines(w, append(lines, table...))
	}
	return writeLines(w, append(lines, c.lists(width)...))
}

// cut is a text of at most so many characters.
func cut(text string, most int) string {
	return fitted(text, func(s string) bool { return utf8.RuneCountInString(s) <= most })
}

// table is the whole matrix, its columns headed by the numbers of the classes; nil if it is too wide.
func (c Confusion) table(width int, paint func(int, string) string) []string {
	k := len(c.classes)
	cell, name, recall := len(strconv.Itoa(k-1)), 0, len("recall")
	for i, row := range c.counts {
		for _, n := range row {
			cell = max(cell, len(strconv.Itoa(n)))
		}
		name = max(name, utf8.RuneCountInString(c.classes[i]))
		recall = max(recall, len(c.recall(i)))
	}
	number := len(strconv.Itoa(k - 1))
	name = min(name, width-number-1-k*(cell+1)-recall-2)
	if name < 4 {
		return nil
	}
	heading := strings.Repeat(" ", number+1+name)
	for j := range k {
		heading += " " + padded(strconv.Itoa(j), cell, true)
	}
	lines := []string{heading + "  " + padded("recall", recall, true)}
	for i, row := range c.counts {
		line := padded(strconv.Itoa(i), number, true) + " " + padded(cut(c.classes[i], name), name, false)
		for j, n := range row {
			text := padded(strconv.Itoa(n), cell, true)
			switch {
			case n == 0:
				text = paint(axes, padded("·", cell, true))
			case i == j:
				text = paint(0, text)
			case c.share(i, j) >= 0.05:
				text = paint(1, text)
			}
			line += " " + text
		}
		lines = append(lines, line+"  "+padded(c.recall(i), recall, true))
	}
	return append(lines, "", cut("a row is a class, a column what its images were taken for", width))
}

// lists are the largest confusions and the classes of the least recall.
func (c Confusion) lists(width int) []string {
	names := (width - len("  -> ") - len("  images  100.0%")) / 2
	lines := []string{cut("largest confusions: class → taken for, images, share of the class", width)}
	largest := metrics.LargestConfusions(c.counts, c.classes, mostListed)
	for _, f := range largest {
		what := cut(f.True, names) + " → " + cut(f.Predicted, names)
		lines = append(lines, cut(fmt.Sprintf("  %s  %6d  %5.1f%%", padded(what, 2*names+3, false), f.Count, 100*f.Share), width))
	}
	if len(largest) == 0 {
		lines = append(lines, "  none")
	}
	lines = append(lines, "", cut("least recall: class, images recognised", width))
	worst := slices.DeleteFunc(slices.Clone(c.perClass), func(k metrics.Class) bool { return k.Images == 0 })
	slices.SortStableFunc(worst, func(a, b metrics.Class) int { return cmp.Compare(a.Recall, b.Recall) })
	for _, k := range worst[:min(mostListed, len(worst))] {
		lines = append(lines, cut(fmt.Sprintf("  %s  %5.1f%% of %d", padded(cut(k.Class, names), names, false), 100*k.Recall, k.Images), width))
	}
	return lines
}
