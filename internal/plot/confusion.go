package plot

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"actfn/internal/metrics"
	"actfn/internal/wording"
)

// Confusion is a confusion matrix: which classes are mistaken for which.
type Confusion struct {
	classes  []string
	counts   [][]int // [true][predicted]
	perClass []metrics.Class
	images   int
	correct  int
}

// NewConfusion counts predictions, by the positions of the classes. No images, lists of two lengths and a class
// that there is not are errors.
func NewConfusion(labels, predicted []int, classes []string) (Confusion, error) {
	if len(labels) != len(predicted) {
		return Confusion{}, fmt.Errorf("plot confusion: predictions are %d of %d images, want one for each", len(predicted), len(labels))
	}
	if len(labels) == 0 || len(classes) == 0 {
		return Confusion{}, fmt.Errorf("plot confusion: %d images of %d classes, want at least 1 of 1", len(labels), len(classes))
	}
	c := Confusion{images: len(labels), counts: make([][]int, len(classes))}
	for _, name := range classes {
		c.classes = append(c.classes, wording.Printable(name))
	}
	for k := range c.counts {
		c.counts[k] = make([]int, len(classes))
	}
	for i, label := range labels {
		for _, class := range []int{label, predicted[i]} {
			if class < 0 || class >= len(classes) {
				return Confusion{}, fmt.Errorf("plot confusion: image %d is of class %d, want 0 to %d", i, class, len(classes)-1)
			}
		}
		c.counts[label][predicted[i]]++
		if label == predicted[i] {
			c.correct++
		}
	}
	c.perClass = metrics.PerClass(c.counts, c.classes)
	return c, nil
}

// title is the accuracy.
func (c Confusion) title() string {
	return fmt.Sprintf("accuracy %.2f%%, %d of %d images", 100*float64(c.correct)/float64(c.images), c.correct, c.images)
}

// share is the part of a class's images that were predicted to be of another class; 0 of a class without images.
func (c Confusion) share(label, predicted int) float64 {
	if c.perClass[label].Images == 0 {
		return 0
	}
	return float64(c.counts[label][predicted]) / float64(c.perClass[label].Images)
}

// level is the shade of a share: its square root, so that a few hundredths are seen.
func (c Confusion) level(label, predicted int) float64 { return math.Sqrt(c.share(label, predicted)) }

// count is the text of a cell; "" of 0.
func (c Confusion) count(label, predicted int) string {
	if n := c.counts[label][predicted]; n > 0 {
		return strconv.Itoa(n)
	}
	return ""
}

// recall is the share of a class's images that were recognised, in words.
func (c Confusion) recall(label int) string {
	if c.perClass[label].Images == 0 {
		return "no images"
	}
	return fmt.Sprintf("%.1f%%", 100*c.perClass[label].Recall)
}

// The largest matrix with counts in its cells, and the largest with the names of the classes.
const (
	mostCounted = 20
	mostNamed   = 100
)

// mostListed is the number of classes and confusions of a list.
const mostListed = 10

// Figure draws the matrix: a row for each class, coloured by the shares of its images, with counts in the cells of
// up to 20 classes; at the right how many of a class were recognised. In a terminal it is a table.
func (c Confusion) Figure() Figure {
	k := len(c.classes)
	side, nameSize := vg.Length(50), vg.Length(9) // of a cell, of a name
	switch {
	case k > mostNamed:
		side = max(0.7, 800/vg.Length(k))
	case k > 50:
		side, nameSize = 8, 7
	case k > mostCounted:
		side = 11
	case k > 6:
		side = 30
	}
	size := vg.Length(k) * side
	cell := max(1, 1.2/float64(side)) // to be seen
	if k <= mostCounted {
		cell = 0.95 // to be told from its neighbours
	}
	low, high := -0.5, float64(k)-0.5
	matrix := panel{
		x:      axis{name: "predicted class", low: low, high: high, named: true, textSize: nameSize},
		y:      axis{name: "true class", low: -high, high: -low, named: true, textSize: nameSize},
		size:   vg.Point{X: size, Y: size},
		series: heat(k, k, cell, c.level),
	}
	matrix.x.ticks, matrix.y.ticks = c.ticks(1, side), c.ticks(-1, side)
	if k <= mostCounted {
		matrix.series = append(matrix.series, heatTexts(k, k, c.level, c.count)...)
	}
	f := Figure{notes: []string{c.title()}, beside: true, table: c.table, panels: []panel{matrix, c.recalls(matrix)}}
	for _, share := range []float64{0, 0.01, 0.05, 0.2, 0.5, 1} {
		f.legend = append(f.legend, entry{fmt.Sprintf("%g%%", 100*share), []series{{kind: boxes, colour: shade(math.Sqrt(share))}}})
	}
	f.legend[len(f.legend)-1].text += " of the images of the true class"
	return f
}

// ticks are the names of the classes at 0, 1, 2 and so on times a sign; of many classes only numbers of some.
func (c Confusion) ticks(sign float64, side vg.Length) []plot.Tick {
	step := 1
	for len(c.classes) > mostNamed && vg.Length(step)*side < 25 {
		step *= 10
	}
	var ticks []plot.Tick
	for i := 0; i < len(c.classes); i += step {
		label := strconv.Itoa(i)
		if step == 1 {
			label = narrowed(c.classes[i], longestName)
		}
		ticks = append(ticks, plot.Tick{Value: sign * float64(i), Label: label})
	}
	return ticks
}

// recalls are bars beside a matrix and, of not too many classes, their lengths in words.
func (c Confusion) recalls(matrix panel) panel {
	p := panel{
		x:    axis{name: "recall", high: 1, named: true},
		y:    axis{low: matrix.y.low, high: matrix.y.high, named: true, textSize: matrix.y.textSize},
		size: vg.Point{X: 50, Y: matrix.size.Y},
	}
	p.x.ticks, p.y.ticks = []plot.Tick{}, []plot.Tick{}
	const half = 0.4 // the height of a bar
	whole, known := series{kind: boxes, colour: shadeGray}, series{kind: boxes, colour: shade(math.Sqrt(0.4))}
	for i, class := range c.perClass {
		y := -float64(i)
		whole.places = append(whole.places, place{y: y - half, x2: 1, y2: y + half})
		if class.Recall > 0 {
			known.places = append(known.places, place{y: y - half, x2: class.Recall, y2: y + half})
		}
		if len(c.classes) <= mostNamed {
			p.right = append(p.right, []string{c.recall(i)})
		}
	}
	p.series = []series{whole, known}
	return p
}

// table is the matrix as text or, of more classes than there is room for, the largest confusions and the classes
// of the least recall.
func (c Confusion) table(width int, paint painter) []string {
	if lines := c.wholeTable(width, paint); len(c.classes) <= mostCounted && lines != nil {
		return lines
	}
	return c.lists(width)
}

// wholeTable has columns that are headed by the numbers of the classes; nil if it is too wide.
func (c Confusion) wholeTable(width int, paint painter) []string {
	k := len(c.classes)
	number, name, recall := len(strconv.Itoa(k-1)), 0, len("recall")
	cell := number
	for i, row := range c.counts {
		cell = max(cell, len(strconv.Itoa(slices.Max(row))))
		name = max(name, utf8.RuneCountInString(c.classes[i]))
		recall = max(recall, len(c.recall(i)))
	}
	name = min(name, width-number-1-k*(cell+1)-recall-2)
	if name < 4 {
		return nil
	}
	heading := strings.Repeat(" ", number+1+name)
	for j := range k {
		heading += fmt.Sprintf(" %*d", cell, j)
	}
	lines := []string{fmt.Sprintf("%s  %*s", heading, recall, "recall")}
	for i, row := range c.counts {
		line := fmt.Sprintf("%*d %-*s", number, i, name, cut(c.classes[i], name))
		for j, n := range row {
			text := fmt.Sprintf("%*d", cell, n)
			switch {
			case n == 0:
				text = paint(0, fmt.Sprintf("%*s", cell, "·"))
			case i == j:
				text = paint(palette[0].terminal, text)
			case c.share(i, j) >= 0.05:
				text = paint(palette[1].terminal, text)
			}
			line += " " + text
		}
		lines = append(lines, fmt.Sprintf("%s  %*s", line, recall, c.recall(i)))
	}
	return append(lines, "", cut("rows: true class; columns: predicted class", width))
}

// lists are the largest confusions and the classes of the least recall.
func (c Confusion) lists(width int) []string {
	room := (width - len("  -> ") - len("  images  100.0%")) / 2 // for a name
	confused := wording.Table{Align: "lrr", Indent: "  "}
	largest := metrics.LargestConfusions(c.counts, c.classes, mostListed)
	for _, f := range largest {
		names := cut(f.True, room) + " → " + cut(f.Predicted, room)
		confused.Row(names, strconv.Itoa(f.Count), fmt.Sprintf("%.1f%%", 100*f.Share))
	}
	if len(largest) == 0 {
		confused.Row("none")
	}
	worst := slices.DeleteFunc(slices.Clone(c.perClass), func(k metrics.Class) bool { return k.Images == 0 })
	slices.SortStableFunc(worst, func(a, b metrics.Class) int { return cmp.Compare(a.Recall, b.Recall) })
	least := wording.Table{Align: "lr", Indent: "  "}
	for _, k := range worst[:min(mostListed, len(worst))] {
		least.Row(cut(k.Class, room), fmt.Sprintf("%.1f%% of %d", 100*k.Recall, k.Images))
	}
	lines := slices.Concat(
		[]string{"largest confusions: true class → predicted class, images, share of the true class"}, confused.Lines(),
		[]string{"", "least recall: class, recall, images"}, least.Lines())
	for i, line := range lines {
		lines[i] = cut(line, width)
	}
	return lines
}
