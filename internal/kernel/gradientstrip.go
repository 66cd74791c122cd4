package kernel

import "math"

// gradientStrip is dy of some images without the outputs that have no gradient in any of them: a ReLU that no image
// opens has none.
type gradientStrip struct {
	dy          []float32 // (outputs left, width)
	width       int
	outputs     []int        // which are left
	whole, last blockColumns // in blocks of BlockHeight, and in the last where it is lower
}

// blockColumns is where in a block of weights, of a height, those of some outputs begin.
type blockColumns struct {
	height int

	// The first output's place, and how far it is from each to the next; the last step is 0.
	first int
	steps []int

	// Where two rows share a vector there are these instead, of each eight neighbours that have any of the outputs: where
	// they begin, in bytes, how many of them there are, and which, times the bytes of a cache line.
	paired                bool
	begins, counts, picks []int
}

func newGradientStrip(l *Linear, width int) gradientStrip {
	columns := func(height int) blockColumns { return blockColumns{height: height, paired: l.paired(height)} }
	return gradientStrip{dy: make([]float32, l.Out*width), width: width, whole: columns(BlockHeight), last: columns(l.In % BlockHeight)}
}

// fill takes the strip of columns with which dy, the gradient of layer l, begins.
func (g *gradientStrip) fill(dy []float32, l *Linear) {
	g.outputs = g.outputs[:0]
	for o := range l.Out {
		if row := dy[o*l.N:][:g.width]; !l.SkipZeros || !allZero(row) {
			copy(g.dy[len(g.outputs)*g.width:], row)
			g.outputs = append(g.outputs, o)
		}
	}
	for _, c := range []*blockColumns{&g.whole, &g.last} {
		if c.height > 0 && c.height <= l.In && len(g.outputs) > 0 {
			c.find(g.outputs)
		}
	}
}

// columns is where a block of some height has the outputs' weights.
func (g *gradientStrip) columns(height int) *blockColumns {
	if height < BlockHeight {
		return &g.last
	}
	return &g.whole
}

// find finds the outputs.
func (c *blockColumns) find(outputs []int) {
	at := func(o int) int { return o/PanelWidth*PanelWidth*c.height + o%PanelWidth }
	if !c.paired {
		c.first, c.steps = at(outputs[0]), c.steps[:0]
		for i, o := range outputs[1:] {
			c.steps = append(c.steps, at(o)-at(outputs[i]))
		}
		c.steps = append(c.steps, 0)
		return
	}
	c.begins, c.counts, c.picks = c.begins[:0], c.counts[:0], c.picks[:0]
	eight := -1
	for _, o := range outputs {
		if o/8 != eight {
			eight = o / 8
			c.begins, c.counts = append(c.begins, 4*at(8*eight)), append(c.counts, 0)
		}
		c.counts[len(c.counts)-1]++
		c.picks = append(c.picks, o%8*cacheLine*4)
	}
}

// allZero looks at some together, without a branch, which nobody could foresee where half of them are zero.
func allZero(x []float32) bool {
	for ; len(x) >= 4; x = x[4:] {
		if (math.Float32bits(x[0])|math.Float32bits(x[1])|math.Float32bits(x[2])|math.Float32bits(x[3]))<<1 != 0 {
			return false
		}
	}
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
