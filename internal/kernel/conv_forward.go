package kernel

import "actfn/internal/worker"

// This file is the forward pass, by the pooling that follows the convolution.

// forwardDirect computes the pass from padded, with a task for some filters and a row of windows.
func (c *Conv) forwardDirect(p *worker.Pool, y, z []float32, argmax []uint8, x, w, b []float32,
	activate Activate, poolFirst bool) {
	c.pad(p, x)
	c.passes.pack(c, p, w)
	switch {
	case c.PoolSize == 1 && c.PoolStride == 1:
		c.forwardUnpooled(p, y, z, w, b, activate)
	case c.PoolSize == 2 && poolFirst && len(c.tiles.taps) > 0:
		c.forwardPooled(p, y, z, argmax, b, activate)
	default:
		c.forwardBands(p, y, z, argmax, w, b, activate, poolFirst)
	}
}

// groups returns how many filters one worker takes, in whole tiles, and how many such groups there are. The next layer cuts
// its inputs in the same way, so that most of what a worker computes is still in its cache.
func (c *Conv) groups(p *worker.Pool) (filters, groups int) {
	filters = roundUp((c.F+p.Workers()-1)/p.Workers(), max(1, impl.tileFilters))
	return filters, (c.F + filters - 1) / filters
}

// forwardUnpooled is the forward pass without pooling: z is the convolution itself.
func (c *Conv) forwardUnpooled(p *worker.Pool, y, z, w, b []float32, activate Activate) {
	plane, rowLen := c.OutH*c.OutW*c.N, c.OutW*c.N
	filters, groups := c.groups(p)
	p.Run(groups*c.OutH, func(_, task int) {
		f0, oy := task/c.OutH*filters, task%c.OutH
		f1 := min(f0+filters, c.F)
		c.passes.row(c, z[f0*plane+oy*rowLen:], plane, oy, w, b, f0, f1)
		for f := f0; f < f1; f++ {
			i := f*plane + oy*rowLen
			activate(y[i:i+rowLen], z[i:i+rowLen], f, i)
		}
	})
}

// forwardBands is the forward pass for any pooling: it computes the rows under a row of windows for some filters, then
// their maxima.
func (c *Conv) forwardBands(p *worker.Pool, y, z []float32, argmax []uint8, w, b []float32,
	activate Activate, poolFirst bool) {
	const share = 12 // filters at a time, a multiple of tileFilters
	rowLen := c.OutW * c.N
	band, plane, pooled := c.PoolSize*rowLen, c.PoolH*c.PoolW*c.N, c.PoolW*c.N
	scratch := c.scratchFor(p, (share+1)*band)
	filters, groups := c.groups(p)
	p.Run(groups*c.PoolH, func(worker, task int) {
		first, py := task/c.PoolH*filters, task%c.PoolH
		last := min(first+filters, c.F)
		for f0 := first; f0 < last; f0 += share {
			f1 := min(f0+share, last)
			for r := range c.PoolSize {
				c.passes.row(c, scratch[worker][r*rowLen:], band, py*c.PoolStride+r, w, b, f0, f1)
			}
			for f := f0; f < f1; f++ {
				i := f*plane + py*pooled
				rows := scratch[worker][(f-f0)*band:][:band]
				key := rows
				if !poolFirst {
					key = scratch[worker][share*band:][:band]
					activate(key, rows, f, (f*c.OutH+py*c.PoolStride)*rowLen)
				}
				c.windows.pick(y[i:i+pooled], z[i:i+pooled], argmax[i:i+pooled], rows, key)
				if poolFirst {
					activate(y[i:i+pooled], z[i:i+pooled], f, i)
				}
			}
		}
	})
}
