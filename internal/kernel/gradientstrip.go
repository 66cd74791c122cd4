package kernel

// gradientStrip is dy of some images without the outputs that have no gradient in any of them: a ReLU that no image
// opens has none.
type gradientStrip struct {
	dy          []float32 // (outputs left, width)
	width       int
	whole, last blockColumns // in blocks of BlockHeight, and in the last where it is lower
	counts      []int        // of the outputs left, in each eight that has any
	picks       []int        // which of their eight they are, times 64
}

// blockColumns is where in a block of weights those of some outputs begin: the first's place, and how far it is from
// each to the next.
type blockColumns struct {
	first  int
	steps  []int // one an output; the last is 0
	end    int   // the last's place
	begins []int // where each eight begins that has any of the outputs, in bytes
}

func newGradientStrip(outputs, width int) gradientStrip {
	return gradientStrip{dy: make([]float32, outputs*width), width: width}
}

// fill takes the strip of columns with which dy, the gradient of layer l, begins.
func (g *gradientStrip) fill(dy []float32, l *Linear) {
	g.whole.clear()
	g.last.clear()
	g.counts, g.picks = g.counts[:0], g.picks[:0]
	left, eight := 0, -1
	for o := range l.Out {
		row := dy[o*l.N:][:g.width]
		if allZero(row) {
			continue
		}
		copy(g.dy[left*g.width:], row)
		g.whole.add(o, BlockHeight)
		g.last.add(o, l.In%BlockHeight)
		left++
		if o/8 != eight {
			eight = o / 8
			g.counts = append(g.counts, 0)
			g.whole.begin(o, BlockHeight)
			g.last.begin(o, l.In%BlockHeight)
		}
		g.counts[len(g.counts)-1]++
		g.picks = append(g.picks, o%8*cacheLine*4)
	}
}

// columns is where a block of some height has the outputs' weights.
func (g *gradientStrip) columns(height int) blockColumns {
	if height < BlockHeight {
		return g.last
	}
	return g.whole
}

func (c *blockColumns) clear() { c.steps, c.begins = c.steps[:0], c.begins[:0] }

// add adds an output after those before, in blocks of some height.
func (c *blockColumns) add(output, height int) {
	at := place(output, height)
	if len(c.steps) == 0 {
		c.first = at
	} else {
		c.steps[len(c.steps)-1] = at - c.end
	}
	c.steps, c.end = append(c.steps, 0), at
}

// begin adds the eight of an output after those before.
func (c *blockColumns) begin(output, height int) {
	c.begins = append(c.begins, 4*place(output&^7, height))
}

// place is where the weights of an output begin in a block of some height.
func place(output, height int) int {
	return output/PanelWidth*PanelWidth*height + output%PanelWidth
}

func allZero(x []float32) bool {
	for _, v := range x {
		if v != 0 {
			return false
		}
	}
	return true
}
