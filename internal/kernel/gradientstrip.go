package kernel

import "math"

// gradientStrip is dy for some images. Where zeros are skipped it leaves out the outputs whose gradient is 0 in all of
// them, such as those of a dead ReLU.
type gradientStrip struct {
	dy          []float32 // (outputs left, width)
	width       int
	outputs     []int        // the outputs that are left
	whole, last blockColumns // their weights in a block of BlockHeight inputs, and in the last block
}

// blockColumns is the places of some outputs' weights in a block of some height.
type blockColumns struct {
	first int   // the offset of the first output
	steps []int // the distance from each output to the next; the last step is 0
}

func newGradientStrip(l *Linear, width int) gradientStrip {
	return gradientStrip{dy: make([]float32, l.Out*width), width: width}
}

// fill takes the first width columns of dy.
func (g *gradientStrip) fill(dy []float32, l *Linear) {
	g.outputs = g.outputs[:0]
	for o := range l.Out {
		if row := dy[o*l.N:][:g.width]; !l.SkipZeros || !allZero(row) {
			copy(g.dy[len(g.outputs)*g.width:], row)
			g.outputs = append(g.outputs, o)
		}
	}
	g.whole.find(g.outputs, BlockHeight)
	g.last.find(g.outputs, l.In%BlockHeight)
}

// columns returns the places in a block of some height.
func (g *gradientStrip) columns(height int) *blockColumns {
	if height < BlockHeight {
		return &g.last
	}
	return &g.whole
}

// find sets the places of the outputs in a block of some height.
func (c *blockColumns) find(outputs []int, height int) {
	c.steps = c.steps[:0]
	before := 0
	for i, o := range outputs {
		at := o/PanelWidth*PanelWidth*height + o%PanelWidth
		if i == 0 {
			c.first = at
		} else {
			c.steps = append(c.steps, at-before)
		}
		before = at
	}
	c.steps = append(c.steps, 0)
}

// allZero reports whether all of x is 0. It tests four values at a time: a branch for each would be mispredicted.
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
