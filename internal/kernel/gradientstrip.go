package kernel

import "math"

// gradientStrip is dy of some images without the outputs that have no gradient in any of them: a ReLU that no image
// opens has none.
type gradientStrip struct {
	dy          []float32 // (outputs left, width)
	width       int
	whole, last blockColumns // in blocks of BlockHeight, and in the last where it is lower
	counts      []int        // of the outputs left, in each eight neighbours that have any
	picks       []int        // which of their eight they are, times the bytes of a cache line
}

// blockColumns is where in a block of weights, of a height, those of some outputs begin.
type blockColumns struct {
	height int

	// The first output's place, and how far it is from each to the next; the last step is 0.
	first int
	steps []int
	end   int // the last's place

	paired bool  // only this is known: where each eight begins that has any of the outputs, in bytes
	begins []int // these
}

func newGradientStrip(l *Linear, width int) gradientStrip {
	columns := func(height int) blockColumns { return blockColumns{height: height, paired: l.paired(height)} }
	return gradientStrip{dy: make([]float32, l.Out*width), width: width, whole: columns(BlockHeight), last: columns(l.In % BlockHeight)}
}

// fill takes the strip of columns with which dy, the gradient of layer l, begins.
func (g *gradientStrip) fill(dy []float32, l *Linear) {
	heights := []*blockColumns{&g.whole, &g.last}
	if l.In < BlockHeight {
		heights = heights[1:]
	} else if g.last.height == 0 {
		heights = heights[:1]
	}
	for _, c := range heights {
		c.steps, c.begins = c.steps[:0], c.begins[:0]
	}
	g.counts, g.picks = g.counts[:0], g.picks[:0]
	eight := -1
	for o := range l.Out {
		row := dy[o*l.N:][:g.width]
		if allZero(row) {
			continue
		}
		copy(g.dy[len(g.picks)*g.width:], row)
		g.picks = append(g.picks, o%8*cacheLine*4)
		if o/8 == eight {
			g.counts[len(g.counts)-1]++
		} else {
			g.counts = append(g.counts, 1)
		}
		for _, c := range heights {
			c.add(o, o/8 != eight)
		}
		eight = o / 8
	}
}

// columns is where a block of some height has the outputs' weights.
func (g *gradientStrip) columns(height int) *blockColumns {
	if height < BlockHeight {
		return &g.last
	}
	return &g.whole
}

// add adds an output after those before, which may be the first of its eight.
func (c *blockColumns) add(output int, first bool) {
	at := output/PanelWidth*PanelWidth*c.height + output%PanelWidth
	if c.paired {
		if first {
			c.begins = append(c.begins, 4*(at-output%8))
		}
		return
	}
	if len(c.steps) == 0 {
		c.first = at
	} else {
		c.steps[len(c.steps)-1] = at - c.end
	}
	c.steps, c.end = append(c.steps, 0), at
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
