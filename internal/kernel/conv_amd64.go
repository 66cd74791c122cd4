//go:build !purego

package kernel

// This file is the convolution in AVX2: tiles of up to three filters, four positions of the output and
// eight images, summed in registers over all taps.

// tileFilters is the number of filters of a tile.
const tileFilters = 3

// convVectors is what the tiles keep between calls.
type convVectors struct {
	tiles      convTiles // the filters
	turned     convTiles // the filters turned about, for the gradient of x
	turnedTaps []int
	spread     []float32 // the gradient of z, padded for them
	windowTaps []uintptr // window, in bytes
}

// convTiles are filters packed for the tiles: groups of tileFilters, each (taps, tileFilters), and a
// last group of what is left.
type convTiles struct {
	filters int
	w       []float32
	taps    []uintptr // in bytes
}

// pack lays out the weights that weight tells.
func (t *convTiles) pack(filters int, taps []int, weight func(f, tap int) float32) {
	if t.filters == 0 {
		t.filters, t.w, t.taps = filters, make([]float32, filters*len(taps)), make([]uintptr, len(taps))
		for k, tap := range taps {
			t.taps[k] = uintptr(4 * tap)
		}
	}
	for f0 := 0; f0 < filters; f0 += tileFilters {
		group := t.w[f0*len(taps):]
		width := min(tileFilters, filters-f0)
		for k := range taps {
			for f := range width {
				group[k*width+f] = weight(f0+f, k)
			}
		}
	}
}

// rows computes z[f, to[q]] = b[f] + Σ w·x at four positions of x for filters f0 … f1−1, f0 a multiple
// of tileFilters. Offsets are in bytes; filters of z are zFilter bytes apart.
func (t *convTiles) rows(z *float32, zFilter uintptr, to *[4]uintptr, x *float32, at *[4]uintptr, b []float32, f0, f1 int) {
	n := len(t.taps)
	groups, rest := (f1-f0)/tileFilters, (f1-f0)%tileFilters
	w := pointer(t.w, f0*n)
	if groups > 0 {
		convRows3(x, at, &t.taps[0], n, w, &b[f0], groups, z, zFilter, to)
	}
	f := f0 + groups*tileFilters
	switch rest {
	case 2:
		convRows2(x, at, &t.taps[0], n, pointer(t.w, f*n), &b[f], 1, offset(z, uintptr(f-f0)*zFilter), zFilter, to)
	case 1:
		convRows1(x, at, &t.taps[0], n, pointer(t.w, f*n), &b[f], 1, offset(z, uintptr(f-f0)*zFilter), zFilter, to)
	}
}

// max computes for all filters the largest of the four positions and its number.
func (t *convTiles) max(z *float32, zFilter uintptr, argmax []uint8, x *float32, at *[4]uintptr, b []float32) {
	n := len(t.taps)
	groups, rest := t.filters/tileFilters, t.filters%tileFilters
	if groups > 0 {
		convMax3(x, at, &t.taps[0], n, &t.w[0], &b[0], groups, z, zFilter, &argmax[0])
	}
	f := groups * tileFilters
	switch rest {
	case 2:
		convMax2(x, at, &t.taps[0], n, pointer(t.w, f*n), &b[f], 1, offset(z, uintptr(f)*zFilter), zFilter, &argmax[f*int(zFilter/4)])
	case 1:
		convMax1(x, at, &t.taps[0], n, pointer(t.w, f*n), &b[f], 1, offset(z, uintptr(f)*zFilter), zFilter, &argmax[f*int(zFilter/4)])
	}
}

func (c *Conv) forwardAVX2(p *Pool, y, z []float32, argmax []uint8, w, b []float32, activate Activate, poolFirst bool) {
	c.tiles.pack(c.F, c.taps, func(f, tap int) float32 { return w[f*len(c.taps)+tap] })
	switch {
	case c.PoolSize == 1 && c.PoolStride == 1:
		c.forwardUnpooled(p, y, z, b, activate)
	case c.PoolSize == 2 && poolFirst:
		c.forwardPooled(p, y, z, argmax, b, activate)
	default:
		c.forwardBands(p, y, z, argmax, b, activate, poolFirst)
	}
}

// forwardPooled is the forward pass where windows are 2×2 and pooled before the activation: the four
// positions of a tile are a window.
func (c *Conv) forwardPooled(p *Pool, y, z []float32, argmax []uint8, b []float32, activate Activate) {
	const share = 8 // windows a task
	shares := (c.PoolW + share - 1) / share
	plane := c.PoolH * c.PoolW * c.N
	p.Run(c.PoolH*shares, func(_, task int) {
		py, from := task/shares, task%shares*share
		to := min(from+share, c.PoolW)
		for px := from; px < to; px++ {
			for n := 0; n < c.N; n += 8 {
				var at [4]uintptr
				for q := range at {
					oy, ox := py*c.PoolStride+q/2, px*c.PoolStride+q%2
					at[q] = uintptr(4 * (c.at(0, oy*c.Stride, ox*c.Stride) + n))
				}
				i := (py*c.PoolW+px)*c.N + n
				c.tiles.max(&z[i], uintptr(4*plane), argmax[i:], &c.padded[0], &at, b)
			}
		}
		for f := range c.F {
			i, n := f*plane+(py*c.PoolW+from)*c.N, (to-from)*c.N
			activate(y[i:i+n], z[i:i+n], f, i)
		}
	})
}

// forwardUnpooled is the forward pass without pooling: z is the convolution itself.
func (c *Conv) forwardUnpooled(p *Pool, y, z []float32, b []float32, activate Activate) {
	plane, rowLen := c.OutH*c.OutW*c.N, c.OutW*c.N
	p.Run(c.OutH, func(_, oy int) {
		c.convolveRow(z[oy*rowLen:], plane, oy, b, 0, c.F)
		for f := range c.F {
			i := f*plane + oy*rowLen
			activate(y[i:i+rowLen], z[i:i+rowLen], f, i)
		}
	})
}

// convolveRow computes row oy of z for some filters; dst's are filter floats apart.
func (c *Conv) convolveRow(dst []float32, filter, oy int, b []float32, f0, f1 int) {
	for n := 0; n < c.N; n += 8 {
		for ox := 0; ox < c.OutW; ox += 4 {
			var at, to [4]uintptr
			for q := range at {
				o := min(ox+q, c.OutW-1) // past the end the last is computed again
				at[q], to[q] = uintptr(4*(c.at(0, oy*c.Stride, o*c.Stride)+n)), uintptr(4*(o*c.N+n))
			}
			c.tiles.rows(&dst[0], uintptr(4*filter), &to, &c.padded[0], &at, b, f0, f1)
		}
	}
}

// forwardBands is the forward pass for any pooling: some filters' rows under a row of windows, then
// their maxima.
func (c *Conv) forwardBands(p *Pool, y, z []float32, argmax []uint8, b []float32, activate Activate, poolFirst bool) {
	const share = 4 * tileFilters // filters at a time
	rowLen := c.OutW * c.N
	band, plane, pooled := c.PoolSize*rowLen, c.PoolH*c.PoolW*c.N, c.PoolW*c.N
	scratch := c.scratchFor(p, (share+1)*band)
	for _, at := range c.window[len(c.windowTaps):] {
		c.windowTaps = append(c.windowTaps, uintptr(4*at))
	}
	p.Run(c.PoolH, func(worker, py int) {
		for f0 := 0; f0 < c.F; f0 += share {
			f1 := min(f0+share, c.F)
			for r := range c.PoolSize {
				c.convolveRow(scratch[worker][r*rowLen:], band, py*c.PoolStride+r, b, f0, f1)
			}
			for f := f0; f < f1; f++ {
				i := f*plane + py*pooled
				rows := scratch[worker][(f-f0)*band:][:band]
				key := rows
				if !poolFirst {
					key = scratch[worker][share*band:][:band]
					activate(key, rows, f, (f*c.OutH+py*c.PoolStride)*rowLen)
				}
				c.poolVectors(y[i:i+pooled], z[i:i+pooled], argmax[i:i+pooled], rows, key)
				if poolFirst {
					activate(y[i:i+pooled], z[i:i+pooled], f, i)
				}
			}
		}
	})
}

// poolVectors is poolBand of whole vectors.
func (c *Conv) poolVectors(y, z []float32, argmax []uint8, rows, key []float32) {
	poolWindows(&y[0], &z[0], &argmax[0], &rows[0], &key[0], &c.windowTaps[0], len(c.windowTaps), c.N/8, c.PoolW, uintptr(4*c.PoolStride*c.N))
}

// weightParts is how many shares of the rows of windows are summed by themselves, at most.
const weightParts = 16

func (c *Conv) backwardWeightsAVX2(p *Pool, dw, dpooled []float32, argmax []uint8) {
	rowLen, taps := c.OutW*c.N, len(c.taps)
	band, size := c.PoolSize*rowLen, c.F*taps
	share := (c.PoolH + weightParts - 1) / weightParts
	parts := (c.PoolH + share - 1) / share
	if len(c.dz) < parts*size {
		c.dz = make([]float32, parts*size)
	}
	scratch := c.scratchFor(p, tileFilters*band)
	p.Run(parts, func(worker, part int) {
		sums, rows := c.dz[part*size:][:size], scratch[worker][:tileFilters*band]
		clear(sums)
		clear(rows)
		for py := part * share; py < min(c.PoolH, (part+1)*share); py++ {
			for f0 := 0; f0 < c.F; f0 += tileFilters {
				filters := min(tileFilters, c.F-f0)
				for f := range filters {
					i := ((f0+f)*c.PoolH + py) * c.PoolW * c.N
					c.expandBand(rows[f*band:][:band], rowLen, dpooled[i:], argmax[i:])
				}
				for r := range c.PoolSize {
					c.dotRow(sums[f0*taps:], rows[r*rowLen:], band, py*c.PoolStride+r, filters)
				}
			}
		}
	})
	p.RunChunks(size, 1<<12, func(from, to int) {
		clear(dw[from:to])
		for part := range parts {
			Add(dw[from:to], dw[from:to], c.dz[part*size+from:])
		}
	})
}

// expandBand makes the rows of dz under one row of windows, stride floats apart. What no window covers
// is left as it is.
func (c *Conv) expandBand(dz []float32, stride int, dpooled []float32, argmax []uint8) {
	if c.PoolSize == 2 && c.PoolStride == 2 {
		_, _, _ = dz[stride+2*c.PoolW*c.N-1], dpooled[c.PoolW*c.N-1], argmax[c.PoolW*c.N-1]
		expand2x2(&dz[0], uintptr(4*stride), &dpooled[0], &argmax[0], c.N/8, c.PoolW)
		return
	}
	for r := range c.PoolSize {
		clear(dz[r*stride:][:c.OutW*c.N])
	}
	c.scatterBand(dz, stride, dpooled, argmax)
}

// dotRow adds to dw, (filters, taps), the products of row oy of dz, band floats a filter, with what
// each tap saw of x.
func (c *Conv) dotRow(dw, dz []float32, band, oy, filters int) {
	taps := c.tiles.taps
	x := pointer(c.padded, c.at(0, oy*c.Stride, 0))
	n, rows, dzRow, xRow := c.OutW*c.N/8, 1, uintptr(0), uintptr(0)
	if c.Stride != 1 {
		n, rows, dzRow, xRow = c.N/8, c.OutW, uintptr(4*c.N), uintptr(4*c.Stride*c.N)
	}
	step := (len(taps) + (len(taps)+3)/4 - 1) / ((len(taps) + 3) / 4) // at most 4, and the last not much less
	for k := 0; k < len(taps); k += step {
		dots[filters-1][min(step, len(taps)-k)-1](&dw[k], uintptr(4*len(taps)), &dz[0], uintptr(4*band), dzRow, x, &taps[k], xRow, n, rows)
	}
}

// dots are the kernels by filters and taps.
var dots = [tileFilters][4]func(dw *float32, dwFilter uintptr, dz *float32, dzFilter, dzRow uintptr, x *float32, taps *uintptr, xRow uintptr, n, rows int){
	{convDot1x1, convDot1x2, convDot1x3, convDot1x4},
	{convDot2x1, convDot2x2, convDot2x3, convDot2x4},
	{convDot3x1, convDot3x2, convDot3x3, convDot3x4},
}

// backwardInputAVX2 is a convolution itself: of dz, spread out by the stride and padded so that every
// input pixel has a full window, with the filters turned about and their two channels exchanged.
func (c *Conv) backwardInputAVX2(p *Pool, dx, w, dpooled []float32, argmax []uint8) {
	height, width := c.H+c.Size-1, c.W+c.Size-1
	at := func(f, y, x int) int { return ((f*height+y)*width + x) * c.N }
	if len(c.spread) == 0 {
		c.spread = make([]float32, at(c.F, 0, 0))
		for f := range c.F {
			for ky := range c.Size {
				for kx := range c.Size {
					c.turnedTaps = append(c.turnedTaps, at(f, ky, kx))
				}
			}
		}
	}
	window := c.Size * c.Size
	c.turned.pack(c.C, c.turnedTaps, func(ch, tap int) float32 {
		return w[(tap/window*c.C+ch)*window+window-1-tap%window]
	})
	c.spreadGradient(p, dpooled, argmax, at)
	zeros := make([]float32, c.C)
	plane, rowLen := c.H*c.W*c.N, c.W*c.N
	p.Run(c.H, func(_, y int) {
		for n := 0; n < c.N; n += 8 {
			for x := 0; x < c.W; x += 4 {
				var from, to [4]uintptr
				for q := range from {
					o := min(x+q, c.W-1)
					from[q], to[q] = uintptr(4*(at(0, y, o)+n)), uintptr(4*(o*c.N+n))
				}
				c.turned.rows(&dx[y*rowLen], uintptr(4*plane), &to, &c.spread[0], &from, zeros, 0, c.C)
			}
		}
	})
}

// spreadGradient fills spread, (F, H+Size−1, W+Size−1, N): the gradient of output pixel (y, x) lies at
// (y·Stride + m, x·Stride + m) with m = Size−1−Pad, and what falls outside saw nothing but padding.
func (c *Conv) spreadGradient(p *Pool, dpooled []float32, argmax []uint8, at func(f, y, x int) int) {
	m := c.Size - 1 - c.Pad
	height, width := c.H+c.Size-1, c.W+c.Size-1
	inside := c.Stride == 1 && m >= 0 // then it is the gradient with a border
	pooled := c.PoolW * c.N
	p.Run(c.F, func(_, f int) {
		if inside && c.PoolSize == 2 && c.PoolStride == 2 { // every run writes the same places
			for py := range c.PoolH {
				i := (f*c.PoolH + py) * pooled
				c.expandBand(c.spread[at(f, 2*py+m, m):], width*c.N, dpooled[i:], argmax[i:])
			}
			return
		}
		clear(c.spread[at(f, 0, 0):at(f+1, 0, 0)])
		for i, d := range dpooled[f*c.PoolH*pooled:][:c.PoolH*pooled] {
			py, px, n := i/pooled, i/c.N%c.PoolW, i%c.N
			k := int(argmax[f*c.PoolH*pooled+i])
			y := (py*c.PoolStride+k/c.PoolSize)*c.Stride + m
			x := (px*c.PoolStride+k%c.PoolSize)*c.Stride + m
			if y >= 0 && y < height && x >= 0 && x < width {
				c.spread[at(f, y, x)+n] += d
			}
		}
	})
}
