//go:build !purego

package kernel

import "actfn/internal/worker"

// This file is the convolution in AVX2 and AVX-512: tiles of a few filters, four positions of the output and a vector
// of images, summed in registers over all taps.

// tileFilters is the number of filters of a tile.
func tileFilters() int {
	if wide {
		return 4
	}
	return 3
}

// lanes is how many of n images, a multiple of 8, a vector takes. Where they do not fill the last one, it begins before
// the others end and computes some once more.
func lanes(n int) int {
	if wide {
		return min(16, n)
	}
	return 8
}

// convVectors is what the tiles keep between calls.
type convVectors struct {
	tiles         convTiles // the filters
	weights       []int     // where a filter's are, by tap
	turned        convTiles // the filters turned about, for the gradient of x
	turnedTaps    []int
	turnedWeights []int
	outRow        tiledRow  // of z
	inRow         tiledRow  // of the gradient of x
	spread        []float32 // the gradient of z, padded for them
	windowTaps    []uintptr // window, in bytes
}

// convTiles are filters packed for the tiles: groups of tileFilters, each (taps, tileFilters), and a
// last group of what is left.
type convTiles struct {
	filters int
	w       []float32
	taps    []uintptr // in bytes
}

// pack lays out the weights of filters: those of filter f are w[f·filter + weights[k]] for each tap k.
func (t *convTiles) pack(p *worker.Pool, filters int, taps []int, w []float32, filter int, weights []int) {
	if t.filters == 0 {
		t.filters, t.w, t.taps = filters, make([]float32, filters*len(taps)), make([]uintptr, len(taps))
		for k, tap := range taps {
			t.taps[k] = uintptr(4 * tap)
		}
	}
	const enough = 1 << 12 // weights a task
	tile := tileFilters()
	p.RunChunks(filters, tile*max(1, enough/tile/len(taps)), func(from, to int) {
		for f0 := from; f0 < to; f0 += tile {
			group, width := t.w[f0*len(taps):], min(tile, to-f0)
			for f := range width {
				w := w[(f0+f)*filter:]
				for k, at := range weights {
					group[k*width+f] = w[at]
				}
			}
		}
	})
}

// tiledRow is a row of z, for a strip of images, as tiles of four vectors.
type tiledRow struct {
	tiles  []struct{ from, to [4]uintptr } // where a vector's window begins in x, and where it lies in z, in bytes
	images int                             // of a vector
}

// lay makes the row that of some pixels, whose windows begin stride pixels apart.
func (r *tiledRow) lay(c *Conv, pixels, stride int) {
	runs, length := pixels, c.strip
	if c.strip == c.N && stride == 1 { // all of the row lies together, in x as well
		runs, length = 1, pixels*c.N
	}
	r.tiles, r.images = r.tiles[:0], lanes(length)
	vectors := 0
	for run := range runs {
		for i := 0; i < length; i += r.images {
			if vectors%4 == 0 {
				r.tiles = append(r.tiles, struct{ from, to [4]uintptr }{})
			}
			i := min(i, length-r.images)
			for q := vectors % 4; q < 4; q++ { // past the end the last is computed again
				t := &r.tiles[vectors/4]
				t.from[q], t.to[q] = uintptr(4*(run*stride*c.strip+i)), uintptr(4*(run*c.N+i))
			}
			vectors++
		}
	}
}

// convolve computes z = b[f] + Σ w·x in a row for filters f0 … f1−1, f0 a multiple of tileFilters. Filters of z are
// zFilter floats apart.
func (t *convTiles) convolve(r *tiledRow, z []float32, zFilter int, x, b []float32, f0, f1 int) {
	w := t.w[f0*len(t.taps):]
	for i := range r.tiles {
		convRows(&x[0], &r.tiles[i].from, r.images, &t.taps[0], len(t.taps), &w[0], &b[f0], f1-f0, &z[0], uintptr(4*zFilter), &r.tiles[i].to)
	}
}

func (c *Conv) forwardAVX2(p *worker.Pool, y, z []float32, argmax []uint8, w, b []float32, activate Activate, poolFirst bool) {
	if len(c.weights) == 0 {
		for k := range c.taps {
			c.weights = append(c.weights, k)
		}
	}
	c.tiles.pack(p, c.F, c.taps, w, len(c.taps), c.weights)
	c.outRow.lay(c, c.OutW, c.Stride)
	switch {
	case c.PoolSize == 1 && c.PoolStride == 1:
		c.forwardUnpooled(p, y, z, b, activate)
	case c.PoolSize == 2 && poolFirst:
		c.forwardPooled(p, y, z, argmax, b, activate)
	default:
		c.forwardBands(p, y, z, argmax, b, activate, poolFirst)
	}
}

// groups is how many filters, of whole tiles, are one worker's, and how many such groups there are: the layer behind has
// its inputs cut alike, so that most of what a worker makes it is the one to use.
func (c *Conv) groups(p *worker.Pool) (filters, groups int) {
	filters = roundUp((c.F+p.Workers()-1)/p.Workers(), tileFilters())
	return filters, (c.F + filters - 1) / filters
}

// forwardPooled is the forward pass where windows are 2×2 and pooled before the activation: the four
// positions of a tile are a window.
func (c *Conv) forwardPooled(p *worker.Pool, y, z []float32, argmax []uint8, b []float32, activate Activate) {
	filters, groups := c.groups(p)
	share := 8 // windows a task, or fewer where there are few
	for share > 2 && groups*c.PoolH*((c.PoolW+share-1)/share) < enoughTasks {
		share /= 2
	}
	shares := (c.PoolW + share - 1) / share
	plane, images, t := c.PoolH*c.PoolW*c.N, lanes(c.strip), &c.tiles
	var at [4]uintptr // in x, from a window's corner
	for q := range at {
		at[q] = uintptr(4 * c.at(0, q/2*c.Stride, q%2*c.Stride))
	}
	step := c.PoolStride * c.Stride // from window to window in x
	p.Run(groups*c.PoolH*shares, func(_, task int) {
		f0, py, from := task/shares/c.PoolH*filters, task/shares%c.PoolH, task%shares*share
		f1, to := min(f0+filters, c.F), min(from+share, c.PoolW)
		w := t.w[f0*len(t.taps):]
		for px := from; px < to; px++ {
			x, i := c.at(0, py*step, px*step), f0*plane+(py*c.PoolW+px)*c.N
			for s := range c.strips() {
				x := c.padded[x+c.at(s*c.C, 0, 0):]
				for n := 0; n < c.strip; n += images {
					n := min(n, c.strip-images)
					i := i + s*c.strip + n
					convMax(&x[n], &at, images, &t.taps[0], len(t.taps), &w[0], &b[f0], f1-f0, &z[i], uintptr(4*plane), &argmax[i])
				}
			}
		}
		for f := f0; f < f1; f++ {
			i, n := f*plane+(py*c.PoolW+from)*c.N, (to-from)*c.N
			activate(y[i:i+n], z[i:i+n], f, i)
		}
	})
}

// forwardUnpooled is the forward pass without pooling: z is the convolution itself.
func (c *Conv) forwardUnpooled(p *worker.Pool, y, z []float32, b []float32, activate Activate) {
	plane, rowLen := c.OutH*c.OutW*c.N, c.OutW*c.N
	filters, groups := c.groups(p)
	p.Run(groups*c.OutH, func(_, task int) {
		f0, oy := task/c.OutH*filters, task%c.OutH
		f1 := min(f0+filters, c.F)
		c.convolveRow(z[f0*plane+oy*rowLen:], plane, oy, b, f0, f1)
		for f := f0; f < f1; f++ {
			i := f*plane + oy*rowLen
			activate(y[i:i+rowLen], z[i:i+rowLen], f, i)
		}
	})
}

// convolveRow computes row oy of z for some filters; dst's are filter floats apart.
func (c *Conv) convolveRow(dst []float32, filter, oy int, b []float32, f0, f1 int) {
	for s := range c.strips() {
		c.tiles.convolve(&c.outRow, dst[s*c.strip:], filter, c.padded[c.at(s*c.C, oy*c.Stride, 0):], b, f0, f1)
	}
}

// forwardBands is the forward pass for any pooling: some filters' rows under a row of windows, then
// their maxima.
func (c *Conv) forwardBands(p *worker.Pool, y, z []float32, argmax []uint8, b []float32, activate Activate, poolFirst bool) {
	const share = 12 // filters at a time, of whole tiles
	rowLen := c.OutW * c.N
	band, plane, pooled := c.PoolSize*rowLen, c.PoolH*c.PoolW*c.N, c.PoolW*c.N
	scratch := c.scratchFor(p, (share+1)*band)
	for _, at := range c.window[len(c.windowTaps):] {
		c.windowTaps = append(c.windowTaps, uintptr(4*at))
	}
	filters, groups := c.groups(p)
	p.Run(groups*c.PoolH, func(worker, task int) {
		first, py := task/c.PoolH*filters, task%c.PoolH
		last := min(first+filters, c.F)
		for f0 := first; f0 < last; f0 += share {
			f1 := min(f0+share, last)
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
	poolWindows(&y[0], &z[0], &argmax[0], &rows[0], &key[0], &c.windowTaps[0], len(c.windowTaps), c.N, c.PoolW, uintptr(4*c.PoolStride*c.N))
}
