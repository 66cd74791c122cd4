package kernel

import "actfn/internal/worker"

// gradientPanels is dy transposed for dW = x·dyᵀ, in panels of packed·PanelWidth outputs.
type gradientPanels struct {
	panels []float32 // (panel, N, packed·PanelWidth)
	packed int       // panels of weights in one of dy
	groups []panelGroup
}

// panelGroup is the panels from … to−1 of a block of dW, which one product computes.
type panelGroup struct{ from, to int }

// fill transposes dy, the gradient of layer l. With sparse it lays dy out for the product that skips zeros of x.
// Columns past the last output are 0.
func (g *gradientPanels) fill(p *worker.Pool, l *Linear, dy []float32, sparse bool) {
	g.packed = impl.packedPanels
	each := g.packed // panels a product
	if sparse {
		g.packed, each = 1, impl.sparsePanels
	}
	g.groups = g.groups[:0]
	for j := 0; j < Panels(l.Out); j += each {
		g.groups = append(g.groups, panelGroup{j, min(j+each, Panels(l.Out))})
	}
	width := g.packed * PanelWidth
	if n := roundUp(l.Out, width) * l.N; len(g.panels) < n {
		g.panels = make([]float32, n)
	}
	if whole := l.Out / width * width; whole < l.Out {
		clear(g.panels[whole*l.N:][:width*l.N])
	}
	p.RunChunks(l.Out, width*max(1, prepared/width/l.N), func(from, to int) {
		for o := from; o < to; o += width {
			transpose(matrix{g.panels[o*l.N:], width, 1}, matrix{dy[o*l.N:], l.N, 1}, min(width, l.Out-o), l.N)
		}
	})
}

// room is how many floats a group of a block of height rows takes.
func (g *gradientPanels) room(height int) int {
	most := 0
	for _, group := range g.groups {
		most = max(most, group.to-group.from)
	}
	return most * PanelWidth * height
}
