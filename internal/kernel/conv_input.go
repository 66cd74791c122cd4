package kernel

import "actfn/internal/worker"

// This file is the gradient of x in tiles, and the layout of the gradient of z that it needs.

// backwardInputTiles computes a convolution: of dz, spread out by the stride and padded so that every input pixel has a
// full window, with the filters turned by 180° and their two channels exchanged.
func (c *Conv) backwardInputTiles(p *worker.Pool, dx, w []float32, argmax []uint8) {
	window := c.Size * c.Size
	c.makeSpread()
	if len(c.turned.taps) == 0 {
		for f := range c.F {
			for k := range window {
				c.turned.add(c.spreadAt(f, k/c.Size, k%c.Size), f*c.C*window+window-1-k)
			}
		}
	}
	c.turned.pack(p, c.C, w, window)
	if !c.directSpread() {
		c.spreadGradient(p, argmax)
	}
	zeros := make([]float32, c.C)
	plane, rowLen := c.H*c.W*c.N, c.W*c.N
	c.inRow.lay(c, c.W, 1)
	share := c.C // channels a task
	if c.H*c.strips() < enoughTasks {
		share = roundUp((c.C+1)/2, impl.tileFilters)
	}
	shares := (c.C + share - 1) / share
	p.Run(c.H*c.strips()*shares, func(_, task int) {
		s, y, from := task/shares/c.H, task/shares%c.H, task%shares*share
		dst, dz := dx[from*plane+y*rowLen+s*c.strip:], c.spread[c.spreadAt(s*c.F, y, 0):]
		c.turned.convolve(&c.inRow, dst, plane, dz, zeros, from, min(from+share, c.C))
	})
}

// makeSpread allocates spread, (N/strip, F, H+Size−1, W+Size−1, strip), which is dz with a border of zeros.
func (c *Conv) makeSpread() {
	if len(c.spread) == 0 {
		c.spread = Floats(c.spreadAt(c.strips()*c.F, 0, 0) + 8)
	}
}

// spreadAt is the offset of row (filter, y, x) in the first strip of spread.
func (c *Conv) spreadAt(f, y, x int) int {
	return (f*(c.H+c.Size-1)+y)*rowApart((c.W+c.Size-1)*c.strip) + x*c.strip
}

// spreadGradient fills spread: the gradient of output pixel (y, x) goes to (y·Stride + m, x·Stride + m), where m is the
// margin. An output pixel whose place is outside saw nothing but padding.
func (c *Conv) spreadGradient(p *worker.Pool, argmax []uint8) {
	m, height, width, pooled := c.margin(), c.H+c.Size-1, c.W+c.Size-1, c.PoolW*c.N
	p.Run(c.F, func(_, f int) {
		for s := range c.strips() {
			clear(c.spread[c.spreadAt(s*c.F+f, 0, 0):c.spreadAt(s*c.F+f+1, 0, 0)])
		}
		if c.Stride == 1 && m >= 0 {
			for py := range c.PoolH {
				i := (f*c.PoolH + py) * pooled
				for s := range c.strips() {
					to := c.spread[c.spreadAt(s*c.F+f, py*c.PoolStride+m, m):]
					c.windows.scatter(to, c.spreadAt(0, 1, 0), c.dpooled[i:], argmax[i:], s*c.strip, c.strip)
				}
			}
			return
		}
		for i, d := range c.dpooled[f*c.PoolH*pooled:][:c.PoolH*pooled] {
			py, px, n := i/pooled, i/c.N%c.PoolW, i%c.N
			k := int(argmax[f*c.PoolH*pooled+i])
			y := (py*c.PoolStride+k/c.PoolSize)*c.Stride + m
			x := (px*c.PoolStride+k%c.PoolSize)*c.Stride + m
			if y >= 0 && y < height && x >= 0 && x < width {
				c.spread[c.spreadAt(n/c.strip*c.F+f, y, x)+n%c.strip] += d
			}
		}
	})
}

// margin is the distance of the gradient of z from the edge of spread.
func (c *Conv) margin() int { return c.Size - 1 - c.Pad }

// directSpread reports whether BackwardWeights writes dz directly into spread: it does where dz is not spread out and every
// step writes the same places, so that the border stays zero.
func (c *Conv) directSpread() bool {
	return c.InputGradient && c.Stride == 1 && c.margin() >= 0 && c.PoolSize == 2 && c.PoolStride == 2
}
