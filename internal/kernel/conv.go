package kernel

// Conv is the geometry of a convolution (cross-correlation, as in every framework) followed by
// max-pooling:
// x is (C, H, W, N), w is (F, C, Size, Size), b is (F), z is (F, OutH, OutW, N),
// and pooled values are (F, PoolH, PoolW, N).
type Conv struct {
	N, C, H, W, F        int
	Size, Stride, Pad    int // of the filters
	PoolSize, PoolStride int // 1, 1: no pooling

	OutH, OutW, PoolH, PoolW int

	taps   []int       // where each of the C·Size·Size weights of a filter reads, from its window's corner
	padded []float32   // x with its border of zeros, (C, H+2Pad, W+2Pad, N)
	bands  [][]float32 // a worker's rows of z under one row of pooling windows, and their activation
}

// NewConv completes the geometry of c.
func NewConv(c Conv) *Conv {
	c.OutH = (c.H+2*c.Pad-c.Size)/c.Stride + 1
	c.OutW = (c.W+2*c.Pad-c.Size)/c.Stride + 1
	c.PoolH = (c.OutH-c.PoolSize)/c.PoolStride + 1
	c.PoolW = (c.OutW-c.PoolSize)/c.PoolStride + 1
	c.padded = make([]float32, c.C*c.paddedH()*c.paddedW()*c.N)
	for ch := range c.C {
		for ky := range c.Size {
			for kx := range c.Size {
				c.taps = append(c.taps, c.at(ch, ky, kx))
			}
		}
	}
	return &c
}

// Pooled is the number of values after pooling.
func (c *Conv) Pooled() int { return c.F * c.PoolH * c.PoolW * c.N }

func (c *Conv) paddedH() int { return c.H + 2*c.Pad }
func (c *Conv) paddedW() int { return c.W + 2*c.Pad }

// at is the offset of row (channel, y, x) in padded.
func (c *Conv) at(ch, y, x int) int { return ((ch*c.paddedH()+y)*c.paddedW() + x) * c.N }

// Forward computes the activated, pooled convolution of x into y. It leaves for the backward
// pass the value z before the activation at each window's maximum and the maximum's position
// in the window, in argmax. All three are (F, PoolH, PoolW, N).
//
// The maximum is that of activate(z), the first among equals, NaN above all, as in PyTorch.
// With poolFirst it is that of z: the same for a non-decreasing function, which commutes with
// the maximum, at a fraction of the evaluations.
func (c *Conv) Forward(p *Pool, y, z []float32, argmax []uint8, x, w, b []float32, activate func(dst, x []float32), poolFirst bool) {
	c.pad(p, x)
	rowLen := c.OutW * c.N
	band := c.PoolSize * rowLen
	for len(c.bands) < p.Workers() {
		c.bands = append(c.bands, make([]float32, 2*band))
	}
	p.Run(c.F, func(worker, f int) {
		plane := c.PoolH * c.PoolW * c.N
		zf, yf, af := z[f*plane:][:plane], y[f*plane:][:plane], argmax[f*plane:][:plane]
		rows, key := c.bands[worker][:band], c.bands[worker][:band]
		if !poolFirst {
			key = c.bands[worker][band:]
		}
		for py := range c.PoolH {
			for r := range c.PoolSize {
				c.row(rows[r*rowLen:][:rowLen], py*c.PoolStride+r, w[f*len(c.taps):], b[f])
			}
			if !poolFirst {
				activate(key, rows)
			}
			pooled := c.PoolW * c.N
			c.poolBand(zf[py*pooled:][:pooled], af[py*pooled:], rows, key)
		}
		activate(yf, zf)
	})
}

// pad copies x into the middle of padded, whose border stays zero.
func (c *Conv) pad(p *Pool, x []float32) {
	p.Run(c.C, func(_, ch int) {
		for h := range c.H {
			copy(c.padded[c.at(ch, h+c.Pad, c.Pad):], x[(ch*c.H+h)*c.W*c.N:][:c.W*c.N])
		}
	})
}

// row computes row oy of one filter's plane of z. At stride 1 a tap reads one stretch of the
// input for the whole row; otherwise one for each pixel.
func (c *Conv) row(dst []float32, oy int, w []float32, b float32) {
	fill(dst, b)
	stretch := c.stretch()
	for ox := 0; ox < c.OutW; ox += stretch {
		corner := c.at(0, oy*c.Stride, ox*c.Stride)
		addTaps(dst[ox*c.N:][:stretch*c.N], w, c.padded[corner:], c.taps)
	}
}

// stretch is how many output pixels of a row lie as close in the input as in the output.
func (c *Conv) stretch() int {
	if c.Stride == 1 {
		return c.OutW
	}
	return 1
}

// poolBand picks from a band of rows, for each window and image, the position of the largest key
// and the value z there.
func (c *Conv) poolBand(z []float32, argmax []uint8, rows, key []float32) {
	for px := range c.PoolW {
		for n := range c.N {
			best, at := 0, 0
			for ky := range c.PoolSize {
				for kx := range c.PoolSize {
					i := (ky*c.OutW+px*c.PoolStride+kx)*c.N + n
					if ky+kx == 0 || key[i] > key[at] || key[i] != key[i] {
						best, at = ky*c.PoolSize+kx, i
					}
				}
			}
			z[px*c.N+n] = rows[at]
			argmax[px*c.N+n] = uint8(best)
		}
	}
}

// Scatter puts the gradient of each pooled value where it came from: dz is (F, OutH, OutW, N),
// zero but at the maxima; windows that overlap add.
func (c *Conv) Scatter(p *Pool, dz, dpooled []float32, argmax []uint8) {
	p.Run(c.F, func(_, f int) {
		out := dz[f*c.OutH*c.OutW*c.N:][:c.OutH*c.OutW*c.N]
		clear(out)
		for py := range c.PoolH {
			for px := range c.PoolW {
				from := ((f*c.PoolH+py)*c.PoolW + px) * c.N
				corner := (py*c.PoolStride*c.OutW + px*c.PoolStride) * c.N
				for n := range c.N {
					at := int(argmax[from+n])
					out[corner+(at/c.PoolSize*c.OutW+at%c.PoolSize)*c.N+n] += dpooled[from+n]
				}
			}
		}
	})
}

// BackwardWeights computes dw = Σ dz·x and db = Σ dz, sums over pixels and images, from the x
// that Forward was last given.
func (c *Conv) BackwardWeights(p *Pool, dw, db, dz []float32) {
	rowLen := c.OutW * c.N
	p.Run(c.F, func(_, f int) {
		dwf := dw[f*len(c.taps):][:len(c.taps)]
		clear(dwf)
		db[f] = 0
		for oy := range c.OutH {
			row := dz[(f*c.OutH+oy)*rowLen:][:rowLen]
			db[f] += sum(row)
			stretch := c.stretch()
			for ox := 0; ox < c.OutW; ox += stretch {
				corner := c.at(0, oy*c.Stride, ox*c.Stride)
				for k, tap := range c.taps {
					dwf[k] += dot(row[ox*c.N:][:stretch*c.N], c.padded[corner+tap:])
				}
			}
		}
	})
}

// BackwardInput computes dx = Σ w·dz, the sum over the filters and the windows that saw the pixel.
// It overwrites the x that Forward kept, so it comes after BackwardWeights.
func (c *Conv) BackwardInput(p *Pool, dx, w, dz []float32) {
	rowLen := c.OutW * c.N
	taps := c.Size * c.Size
	p.Run(c.C, func(_, ch int) {
		plane := c.padded[c.at(ch, 0, 0):c.at(ch+1, 0, 0)]
		clear(plane)
		for f := range c.F {
			for oy := range c.OutH {
				row := dz[(f*c.OutH+oy)*rowLen:][:rowLen]
				stretch := c.stretch()
				for ox := 0; ox < c.OutW; ox += stretch {
					corner := c.at(0, oy*c.Stride, ox*c.Stride)
					for k := ch * taps; k < (ch+1)*taps; k++ {
						axpy(c.padded[corner+c.taps[k]:][:stretch*c.N], row[ox*c.N:], w[f*len(c.taps)+k])
					}
				}
			}
		}
		for h := range c.H {
			copy(dx[(ch*c.H+h)*c.W*c.N:][:c.W*c.N], c.padded[c.at(ch, h+c.Pad, c.Pad):])
		}
		clear(plane) // the next Forward counts on a border of zeros
	})
}
