package kernel

import "actfn/internal/worker"

// gradientPanels is dy as the product with x that makes dW wants it: transposed, in panels. Where zeros are skipped it
// is without the outputs that have no gradient in any image, as long as those are worth it.
type gradientPanels struct {
	panels []float32 // (panel, N, packed·PanelWidth)
	packed int       // panels of weights in one of them
	groups []panelGroup

	left    []int         // the outputs that have a gradient
	columns []columnsLeft // of each panel of weights
	rows    [][]float32   // a worker's rows of dy
}

// panelGroup is some panels of a block of dW that are made together.
type panelGroup struct {
	from, to     int // which
	first, count int // the panels of dy that they are made from

	// Where outputs are left out: those that are not, and where each panel has them.
	outputs []int
	columns []columnsLeft
}

// columnsLeft is where in a row of a group those columns of a panel lie that are not 0: next to each other.
type columnsLeft struct {
	begins      [4]int    // where those of each four begin, in bytes
	lanes, mask [16]int32 // how far from there each is, and −1, or 0 and 0 where it is none of them
}

// fill takes dy, the gradient of layer l. With sparse the product skips zeros of x.
func (g *gradientPanels) fill(p *worker.Pool, l *Linear, dy []float32, sparse bool) {
	const worth = 0.8 // of the outputs, where the others are left out
	usual, most := sparsePanels()
	g.packed, g.left = 1, g.left[:0]
	if sparse {
		for o := range l.Out {
			if !allZero(dy[o*l.N:][:l.N]) {
				g.left = append(g.left, o)
			}
		}
	} else if wide {
		g.packed = 2
	}
	switch {
	case !sparse:
		g.group(l, g.packed)
		g.transpose(p, l, dy)
	case float64(len(g.left)) > worth*float64(l.Out):
		g.group(l, usual)
		g.transpose(p, l, dy)
	default:
		g.groupLeft(l, most*PanelWidth)
		g.transposeLeft(p, l, dy)
	}
}

// group makes groups of so many panels with all of their outputs.
func (g *gradientPanels) group(l *Linear, each int) {
	g.groups = g.groups[:0]
	for j := 0; j < Panels(l.Out); j += each {
		to := min(j+each, Panels(l.Out))
		g.groups = append(g.groups, panelGroup{from: j, to: to, first: j, count: to - j})
	}
}

// transpose lays out dy for such groups. The columns past the last output are 0.
func (g *gradientPanels) transpose(p *worker.Pool, l *Linear, dy []float32) {
	width := g.packed * PanelWidth
	g.grow(roundUp(l.Out, width) * l.N)
	if whole := l.Out / width * width; whole < l.Out {
		clear(g.panels[whole*l.N:][:width*l.N])
	}
	p.RunChunks(l.Out, width*max(1, prepared/width/l.N), func(from, to int) {
		for o := from; o < to; o += width {
			transpose(matrix{g.panels[o*l.N:], width, 1}, matrix{dy[o*l.N:], l.N, 1}, min(width, l.Out-o), l.N)
		}
	})
}

// groupLeft makes groups of as many panels as have up to so many outputs left.
func (g *gradientPanels) groupLeft(l *Linear, most int) {
	panels := Panels(l.Out)
	if len(g.columns) < panels {
		g.columns = make([]columnsLeft, panels)
	}
	g.groups = g.groups[:0]
	group, begin, next := panelGroup{}, 0, 0 // its first output of those left, and the first that is in no panel yet
	end := func(j int) {
		group.to, group.outputs, group.columns = j, g.left[begin:next], g.columns[group.from:j]
		group.count = Panels(len(group.outputs))
		g.groups = append(g.groups, group)
		group, begin = panelGroup{from: j, first: group.first + group.count}, next
	}
	for j := range panels {
		to := next
		for to < len(g.left) && g.left[to] < (j+1)*PanelWidth {
			to++
		}
		if to-begin > most {
			end(j)
		}
		g.columns[j] = findColumns(g.left[next:to], j, next-begin)
		next = to
	}
	end(panels)
}

// findColumns finds the outputs of panel j that are left, the first of which is number at of the row.
func findColumns(outputs []int, j, at int) columnsLeft {
	var c columnsLeft
	for four := range c.begins {
		c.begins[four] = 4 * at
		lane := int32(0)
		for ; len(outputs) > 0 && outputs[0] < j*PanelWidth+4*(four+1); outputs = outputs[1:] {
			k := outputs[0] - j*PanelWidth
			c.lanes[k], c.mask[k] = lane, -1
			lane++
		}
		at += int(lane)
	}
	return c
}

// transposeLeft lays out the outputs of dy that are left for such groups. The columns past the last of a group are 0.
func (g *gradientPanels) transposeLeft(p *worker.Pool, l *Linear, dy []float32) {
	last := g.groups[len(g.groups)-1]
	g.grow((last.first + last.count) * PanelWidth * l.N)
	g.rows = rooms(g.rows, p.Workers(), PanelWidth*l.N)
	p.Run(len(g.groups), func(worker, task int) {
		group, rows := &g.groups[task], g.rows[worker][:PanelWidth*l.N]
		for k := range group.count {
			outputs := group.outputs[k*PanelWidth:]
			outputs = outputs[:min(PanelWidth, len(outputs))]
			for i, o := range outputs {
				copy(rows[i*l.N:][:l.N], dy[o*l.N:])
			}
			clear(rows[len(outputs)*l.N:])
			transpose(matrix{g.panels[(group.first+k)*PanelWidth*l.N:], PanelWidth, 1}, matrix{rows, l.N, 1}, PanelWidth, l.N)
		}
	})
}

// grow makes room for n values of dy.
func (g *gradientPanels) grow(n int) {
	if len(g.panels) < n {
		g.panels = make([]float32, n)
	}
}

// room is how many numbers the panels of a group take, of a block of so many rows, as multiply makes them.
func (g *gradientPanels) room(height int) int {
	n := 0
	for _, group := range g.groups {
		n = max(n, group.width())
	}
	return n*height + 4 // which a vector may read past the last
}

// panel is panel j of a group that room holds, of so many rows. Where outputs are left out it is written to dst.
func (g *panelGroup) panel(dst, room []float32, j, height int) []float32 {
	size := height * PanelWidth
	if g.columns == nil {
		return room[(j-g.from)*size:][:size]
	}
	dst = dst[:size]
	if g.count == 0 {
		clear(dst)
	} else {
		spread(dst, room, g.width(), &g.columns[j-g.from])
	}
	return dst
}

// width is how far apart the rows are where outputs are left out: an odd number of cache lines, as else those of one
// column fall into few sets of the cache.
func (g *panelGroup) width() int { return (g.count | 1) * PanelWidth }
