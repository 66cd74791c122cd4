package plot

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"

	"actfn/internal/record"
	"actfn/internal/wording"
)

// Health is figures of the layers of a run, epoch by epoch: a map of each.
type Health struct {
	maps  []healthMap
	notes []string
}

// healthMap is one figure: a row for each layer, a column for each epoch.
type healthMap struct {
	figure *record.Figure
	layers []string
	epochs []int
	values [][]float64 // [layer][epoch], NaN where there is none
	level  func(v float64) float64
}

// none is the text of a value that there is not.
const none = "–"

// worth are the figures that say best what is wrong with a layer.
var worth = []*record.Figure{record.Dead, record.Saturated, record.Linear, record.Sameness, record.UpdateRatio}

// NewHealth draws one figure or, with nil, those that say best what is wrong with a layer; of these, one that is the
// same everywhere is said in a line. A run of which nothing was measured is an error.
func NewHealth(all []record.Health, figure *record.Figure) (Health, error) {
	p, err := newProbe(all)
	if err != nil {
		return Health{}, fmt.Errorf("plot health: %w", err)
	}
	var h Health
	figures := worth
	if figure != nil {
		figures = []*record.Figure{figure}
	}
	var reasons []string
	lacking := map[string][]string{} // by reason, the figures
	for _, f := range figures {
		m := newHealthMap(p, f)
		switch text, same := m.everywhere(); {
		case figure != nil || !same:
			h.maps = append(h.maps, m)
		case text != none:
			h.notes = append(h.notes, fmt.Sprintf("%s: %s%s everywhere", f, text, f.Unit))
		}
		for _, reason := range p.reasons(f, m.epochs, func(v float64) bool { return !math.IsNaN(v) }) {
			if lacking[reason] == nil {
				reasons = append(reasons, reason)
			}
			lacking[reason] = append(lacking[reason], f.Name)
		}
	}
	for _, reason := range reasons {
		h.notes = append(h.notes, fmt.Sprintf("%s %s: %s", strings.Join(lacking[reason], ", "), none, reason))
	}
	return h, nil
}

// newHealthMap begins with the first epoch in which there is a value: before the first step there is none of a step.
func newHealthMap(p probe, f *record.Figure) healthMap {
	m := healthMap{figure: f, epochs: p.epochs}
	known := func(epoch int) bool {
		return slices.ContainsFunc(p.layers, func(layer string) bool { return !math.IsNaN(p.value(layer, epoch, f)) })
	}
	if first := slices.IndexFunc(p.epochs, known); first > 0 {
		m.epochs = p.epochs[first:]
	}
	var values []float64
	for _, layer := range p.layers {
		row := make([]float64, len(m.epochs))
		for j, epoch := range m.epochs {
			row[j] = p.value(layer, epoch, f)
		}
		m.layers, m.values = append(m.layers, wording.Printable(layer)), append(m.values, row)
		values = append(values, row...)
	}
	m.level = levels(f, values)
	return m
}

// levels gives the values of a figure their shades. Shares and cosines go from 0 to 1, shares by their square root, so
// that a few hundredths are seen, and cosines by their square. Others go from the least to the greatest value: figures
// that are never negative by their logarithms, over two powers of ten at least, and 0 as the least.
func levels(f *record.Figure, values []float64) func(v float64) float64 {
	within := func(v, low, high float64) float64 { return max(0, min(1, (v-low)/(high-low))) } // NaN stays NaN
	low, high := extent(values)
	least, _ := extent(slices.DeleteFunc(slices.Clone(values), func(v float64) bool { return v == 0 }))
	switch {
	case f.Unit == "%":
		return func(v float64) float64 { return math.Sqrt(within(v, 0, 1)) }
	case f == record.Sameness:
		return func(v float64) float64 { return math.Pow(within(v, 0, 1), 2) }
	case low >= 0 && high > 0:
		low, high = math.Log10(least), math.Log10(high)
		middle, reach := (low+high)/2, max(1, (high-low)/2)
		return func(v float64) float64 { return within(math.Log10(v), middle-reach, middle+reach) }
	case low < high:
		return func(v float64) float64 { return within(v, low, high) }
	}
	return func(v float64) float64 { return 0 * v }
}

func (m healthMap) title() string {
	name := m.figure.Name
	if m.figure.Unit != "" {
		name += ", " + m.figure.Unit
	}
	return name + ": " + m.figure.Title
}

// text is a value in its cell, without its unit.
func (m healthMap) text(v float64) string {
	switch {
	case math.IsNaN(v):
		return none
	case m.figure.Unit == "%" && (v == 0 || v == 1):
		return strconv.FormatFloat(m.figure.Shown(v), 'g', -1, 64) // of all units or none, exactly
	}
	return short(strings.TrimSuffix(m.figure.Text(v), m.figure.Unit))
}

// everywhere is the text of all values, if they have the same; that of none if there is no value.
func (m healthMap) everywhere() (text string, same bool) {
	text = none
	for _, v := range slices.Concat(m.values...) {
		switch {
		case math.IsNaN(v):
		case text == none:
			text = m.text(v)
		case m.text(v) != text:
			return "", false
		}
	}
	return text, true
}

// shown are the positions of the epochs or, if there is room for fewer, of the first, the last and some between,
// evenly.
func (m healthMap) shown(most int) []int {
	n := len(m.epochs)
	all := make([]int, min(n, max(2, most)))
	for i := range all {
		all[i] = i * (n - 1) / max(1, len(all)-1)
	}
	return all
}

// widestMap is the width of all cells of a row in a picture, in points, if there are many.
const widestMap = vg.Length(600)

// Figure draws the maps below each other: a row for each layer, a column for each epoch or, of many, for some, and the
// value in each cell. In a terminal they are tables.
func (h Health) Figure() Figure {
	f := Figure{notes: h.notes, table: h.table}
	for _, m := range h.maps {
		f.panels = append(f.panels, m.panel())
	}
	return f
}

func (m healthMap) panel() panel {
	style := textStyle(8)
	side := style.Width("200")
	for _, row := range m.values {
		for _, v := range row {
			side = max(side, style.Width(m.text(v)))
		}
	}
	side += 8
	positions, epoch := m.shown(int(widestMap/side)), "epoch"
	rows, columns := len(m.layers), len(positions)
	if columns < len(m.epochs) {
		epoch = fmt.Sprintf("epoch, %d of %d are shown", columns, len(m.epochs))
	}
	level := func(i, j int) float64 { return m.level(m.values[i][positions[j]]) }
	text := func(i, j int) string { return m.text(m.values[i][positions[j]]) }
	p := panel{
		title:  m.title(),
		x:      axis{name: epoch, low: -0.5, high: float64(columns) - 0.5, named: true},
		y:      axis{low: 0.5 - float64(rows), high: 0.5, named: true},
		size:   vg.Point{X: vg.Length(columns) * side, Y: vg.Length(rows) * 16},
		series: append(heat(rows, columns, 0.95, level), heatTexts(rows, columns, level, text)...),
	}
	for i, layer := range m.layers {
		p.y.ticks = append(p.y.ticks, plot.Tick{Value: -float64(i), Label: narrowed(layer, longestName)})
	}
	for j, at := range positions {
		p.x.ticks = append(p.x.ticks, plot.Tick{Value: float64(j), Label: strconv.Itoa(m.epochs[at])})
	}
	return p
}

// table is the maps below each other.
func (h Health) table(width int, paint painter) []string {
	var lines []string
	for _, m := range h.maps {
		if lines != nil {
			lines = append(lines, "")
		}
		lines = append(lines, m.table(width, paint)...)
	}
	return lines
}

func (m healthMap) table(width int, paint painter) []string {
	name, cell, end := len("epoch"), len(strconv.Itoa(slices.Max(m.epochs))), ""
	for i, row := range m.values {
		name = max(name, utf8.RuneCountInString(m.layers[i]))
		for _, v := range row {
			cell = max(cell, utf8.RuneCountInString(m.text(v)))
		}
	}
	name = 1 + max(1, min(name, width/2, width-2*cell-3)) // room for two epochs
	cell++                                                // a space before the text
	if name+len(m.epochs)*(cell+len(" ")) < width {       // and one behind it, if there is room
		end = " "
	}
	positions := m.shown((width - name) / (cell + len(end)))
	heading := fmt.Sprintf("%-*s", name, "epoch")
	for _, at := range positions {
		heading += fmt.Sprintf("%*d%s", cell, m.epochs[at], end)
	}
	lines := append(folded(m.title(), func(s string) bool { return utf8.RuneCountInString(s) <= width }), heading)
	for i, row := range m.values {
		line := fmt.Sprintf("%-*s", name, cut(m.layers[i], name-1))
		for _, at := range positions {
			text := fmt.Sprintf("%*s%s", cell, m.text(row[at]), end)
			if level := m.level(row[at]); level > 0 {
				text = paint(background+shade(level).terminal, text)
			} else if math.IsNaN(level) {
				text = paint(0, text)
			}
			line += text
		}
		lines = append(lines, line)
	}
	if len(positions) < len(m.epochs) {
		lines = append(lines, fmt.Sprintf("%d of %d epochs are shown", len(positions), len(m.epochs)))
	}
	return lines
}
