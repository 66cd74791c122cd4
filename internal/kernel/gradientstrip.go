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

// blockColumns is where a block of weights, of some height, has those of some outputs.
type blockColumns struct {
	height int
	first  int   // offset of the first output's weight in the block's first row
	steps  []int // how far it is from each output to the next; the last step is 0
}

func newGradientStrip(l *Linear, width int) gradientStrip {
	return gradientStrip{
		dy: make([]float32, l.Out*width), width: width,
		whole: blockColumns{height: BlockHeight}, last: blockColumns{height: l.In % BlockHeight},
	}
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
	c.first, c.steps = at(outputs[0]), c.steps[:0]
	for i, o := range outputs[1:] {
		c.steps = append(c.steps, at(o)-at(outputs[i]))
	}
	c.steps = append(c.steps, 0)
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
