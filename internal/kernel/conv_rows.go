package kernel

import "actfn/internal/worker"

// This file is the convolution as sums of whole rows, in Go, for any number of images: at stride 1 a tap of a filter
// reads one stretch of the input for a whole row of the output.

var rowPasses = convPasses{
	forward:         (*Conv).forwardDirect,
	pack:            func(*Conv, *worker.Pool, []float32) {},
	row:             (*Conv).rowOfRows,
	backwardWeights: (*Conv).backwardWeightsRows,
	backwardInput:   (*Conv).backwardInputRows,
	shares:          func(*Conv) int { return 1 },
	strip:           func(n int) int { return n },
}

// rowOfRows computes row oy of z for some filters, which are filter floats apart in dst.
func (c *Conv) rowOfRows(dst []float32, filter, oy int, w, b []float32, f0, f1 int) {
	for f := f0; f < f1; f++ {
		w, row := w[f*len(c.taps):], dst[(f-f0)*filter:][:c.OutW*c.N]
		Fill(row, b[f])
		c.eachStretch(row, oy, func(z, x []float32) {
			addRows(z, len(c.taps), func(k int) (float32, []float32) { return w[k], x[c.taps[k]:] })
		})
	}
}

// eachStretch visits the stretches of row oy of z whose windows are as close in the input as the pixels in the output, each
// with x from the corner of its first window on.
func (c *Conv) eachStretch(row []float32, oy int, visit func(z, x []float32)) {
	stretch := 1
	if c.Stride == 1 {
		stretch = c.OutW
	}
	for ox := 0; ox < c.OutW; ox += stretch {
		visit(row[ox*c.N:][:stretch*c.N], c.padded[c.at(0, oy*c.Stride, ox*c.Stride):])
	}
}

func (c *Conv) backwardWeightsRows(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	c.gradientOfPooled(p, db, gradient)
	if dw == nil {
		return
	}
	c.scatter(p, argmax)
	rowLen := c.OutW * c.N
	p.Run(c.F, func(_, f int) {
		dwf := dw[f*len(c.taps):][:len(c.taps)]
		clear(dwf)
		for oy := range c.OutH {
			c.eachStretch(c.dz[(f*c.OutH+oy)*rowLen:], oy, func(dz, x []float32) {
				for k, tap := range c.taps {
					dwf[k] += dot(dz, x[tap:])
				}
			})
		}
	})
}

// gradientOfPooled fills dpooled and computes db.
func (c *Conv) gradientOfPooled(p *worker.Pool, db []float32, gradient Gradient) {
	c.keepPooled()
	plane := c.PoolH * c.PoolW * c.N
	p.Run(c.F, func(_, f int) {
		dz := c.dpooled[f*plane:][:plane]
		gradient(dz, f, f*plane, 0)
		if db != nil {
			db[f] = sum(dz)
		}
	})
}

// scatter fills dz, (F, OutH, OutW, N), from dpooled.
func (c *Conv) scatter(p *worker.Pool, argmax []uint8) {
	plane, pooled := c.OutH*c.OutW*c.N, c.PoolW*c.N
	c.makeDZ()
	fill := c.windows.scatter
	if c.PoolSize == c.PoolStride { // each row of windows fills rows of its own
		fill = c.windows.expand
	}
	p.Run(c.F, func(_, f int) {
		out := c.dz[f*plane:][:plane]
		if c.PoolSize != c.PoolStride || c.OutH%c.PoolSize != 0 || c.OutW%c.PoolSize != 0 {
			clear(out)
		}
		for py := range c.PoolH {
			i := (f*c.PoolH + py) * pooled
			fill(out[py*c.PoolStride*c.OutW*c.N:], c.OutW*c.N, c.dpooled[i:], argmax[i:], 0, c.N)
		}
	})
}

// makeDZ makes room for dz.
func (c *Conv) makeDZ() {
	if len(c.dz) == 0 {
		c.dz = Floats(c.F * c.OutH * c.OutW * c.N)
	}
}

func (c *Conv) backwardInputRows(p *worker.Pool, dx, w []float32, argmax []uint8) {
	c.scatter(p, argmax)
	rowLen, taps := c.OutW*c.N, c.Size*c.Size
	p.Run(c.C, func(_, ch int) {
		plane := c.padded[c.at(ch, 0, 0):c.at(ch+1, 0, 0)]
		clear(plane)
		for f := range c.F {
			for oy := range c.OutH {
				c.eachStretch(c.dz[(f*c.OutH+oy)*rowLen:], oy, func(dz, x []float32) {
					for k := ch * taps; k < (ch+1)*taps; k++ {
						axpy(x[c.taps[k]:][:len(dz)], dz, w[f*len(c.taps)+k])
					}
				})
			}
		}
		for h := range c.H {
			copy(dx[(ch*c.H+h)*c.W*c.N:][:c.W*c.N], c.padded[c.at(ch, h+c.Pad, c.Pad):])
		}
		clear(plane) // the next Forward expects a border of zeros
	})
}
