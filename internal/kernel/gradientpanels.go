package kernel

import "actfn/internal/worker"

// gradientPanels is dy transposed for dW = x·dyᵀ, in panels of packed·PanelWidth outputs. Where zeros are skipped and
// enough outputs have a gradient of 0 in every image, such as dead ReLUs, it holds the live outputs alone.
type gradientPanels struct {
	panels []float32 // (panel, N, packed·PanelWidth)
	packed int       // panels of weights in one of dy
	groups []panelGroup

	live    []int       // the outputs that have a gradient, where only those are held
	columns []liveLanes // of each panel of weights
	rows    [][]float32 // a worker's rows of dy
}

// panelGroup is the panels from … to−1 of a block of dW, which one product computes of count panels of dy, from first on.
type panelGroup struct {
	from, to     int
	first, count int

	// Where dy holds live outputs alone: those of the group, and where each panel has them.
	live    []int
	columns []liveLanes
}

// liveLanes is where the live outputs of one panel of weights lie in a row of the group's product: next to each other.
type liveLanes struct {
	halves [2]int    // the first of the panel's first 8 outputs, and of the others
	from   [16]int32 // for each output the distance from the first of its half
	mask   [16]int32 // −1 if it is live, else 0
}

// fill lays out dy, the gradient of layer l; sparse says that the product skips zeros of x. Columns past the last output
// are 0.
func (g *gradientPanels) fill(p *worker.Pool, l *Linear, dy []float32, sparse bool) {
	const worth = 0.8 // of the outputs: if more are live, all are held
	g.packed, g.live = impl.packedPanels, g.live[:0]
	each := g.packed // panels a product
	if sparse {
		g.packed, each = 1, impl.sparsePanels
		for o := range l.Out {
			if !allZero(dy[o*l.N:][:l.N]) {
				g.live = append(g.live, o)
			}
		}
		if float64(len(g.live)) <= worth*float64(l.Out) {
			g.groupLive(l, each*PanelWidth)
			g.transposeLive(p, l, dy)
			return
		}
	}
	g.groups = g.groups[:0]
	for j := 0; j < Panels(l.Out); j += each {
		to := min(j+each, Panels(l.Out))
		g.groups = append(g.groups, panelGroup{from: j, to: to, first: j, count: to - j})
	}
	g.transpose(p, l, dy)
}

// transpose lays out all outputs.
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

// groupLive makes groups of as many panels as have up to most live outputs.
func (g *gradientPanels) groupLive(l *Linear, most int) {
	panels := Panels(l.Out)
	if len(g.columns) < panels {
		g.columns = make([]liveLanes, panels)
	}
	g.groups = g.groups[:0]
	group, rest := panelGroup{}, g.live
	end := func(to int) {
		group.to, group.columns, group.count = to, g.columns[group.from:to], Panels(len(group.live))
		g.groups = append(g.groups, group)
		group = panelGroup{from: to, first: group.first + group.count}
	}
	for j := range panels {
		n := 0 // live outputs of the panel
		for n < len(rest) && rest[n] < (j+1)*PanelWidth {
			n++
		}
		if len(group.live)+n > most {
			end(j)
		}
		g.columns[j] = lanesOf(rest[:n], j, len(group.live))
		group.live = append(group.live[:len(group.live):len(group.live)], rest[:n]...)
		rest = rest[n:]
	}
	end(panels)
}

// lanesOf finds the live outputs of panel j, which begin in a row at column at.
func lanesOf(live []int, j, at int) liveLanes {
	var c liveLanes
	c.halves = [2]int{at, at}
	for _, o := range live {
		lane := o - j*PanelWidth
		if lane < PanelWidth/2 {
			c.halves[1]++
		}
		c.from[lane], c.mask[lane] = int32(at-c.halves[lane/(PanelWidth/2)]), -1
		at++
	}
	return c
}

// transposeLive lays out the live outputs group by group. Columns past the last of a group are 0.
func (g *gradientPanels) transposeLive(p *worker.Pool, l *Linear, dy []float32) {
	last := g.groups[len(g.groups)-1]
	g.grow((last.first + last.count) * PanelWidth * l.N)
	g.rows = rooms(g.rows, p.Workers(), PanelWidth*l.N)
	p.Run(len(g.groups), func(worker, task int) {
		group, rows := &g.groups[task], g.rows[worker][:PanelWidth*l.N]
		for k := range group.count {
			live := group.live[k*PanelWidth:]
			live = live[:min(PanelWidth, len(live))]
			for i, o := range live {
				copy(rows[i*l.N:][:l.N], dy[o*l.N:])
			}
			clear(rows[len(live)*l.N:])
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

// room is how many floats the product of a group takes for a block of height rows.
func (g *gradientPanels) room(height int) int {
	most := 0
	for i := range g.groups {
		most = max(most, g.groups[i].width())
	}
	return most*height + PanelWidth/2 // which the last row's vectors may read beyond
}

// width is the distance between rows of a group's product, where they lie in one piece: an odd number of cache lines,
// because else the rows of one column would fall into few sets of the cache.
func (g *panelGroup) width() int { return (g.count | 1) * PanelWidth }

// panel returns panel j of the group's product, for a block of height rows. Where dy holds live outputs alone it is written
// to dst.
func (g *panelGroup) panel(dst, product []float32, j, height int) []float32 {
	size := height * PanelWidth
	switch {
	case g.columns == nil:
		return product[(j-g.from)*size:][:size]
	case g.count == 0:
		clear(dst[:size])
	default:
		expandLive(dst[:size], product, g.width(), &g.columns[j-g.from])
	}
	return dst[:size]
}

// expandLive writes a panel from rows of a product, width apart, with 0 for the outputs that are not live.
func expandLive(panel, rows []float32, width int, c *liveLanes) {
	height := len(panel) / PanelWidth
	_ = rows[(height-1)*width+c.halves[1]+PanelWidth/2-1] // the kernel checks no lengths
	impl.expandLanes(&panel[0], &rows[c.halves[0]], &rows[c.halves[1]], uintptr(width*floatSize), height, &c.from, &c.mask)
}
