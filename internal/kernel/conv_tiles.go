package kernel

import "actfn/internal/worker"

// This file is the convolution in tiles, whose sums over all taps stay in registers: a few filters, convPositions positions
// of the output and a vector of images. It takes batches of whole vectors.

var tilePasses = convPasses{
	forward:         (*Conv).forwardTiles,
	backwardWeights: (*Conv).backwardWeightsTiles,
	backwardInput:   (*Conv).backwardInputTiles,
	shares:          (*Conv).sharesTiles,
	strip:           tileStrip,
}

// tileStrip returns n, or for more than 64 images the largest multiple of 16 up to 64 that divides n, if there is one.
func tileStrip(n int) int {
	if n <= 64 {
		return n
	}
	for strip := 64; strip > 0; strip -= 16 {
		if n%strip == 0 {
			return strip
		}
	}
	return n
}

// images returns how many of n images, a multiple of Lanes, a vector takes. Where they do not fill the last vector, it
// overlaps the one before and computes some images twice.
func images(n int) int { return min(impl.lanes, n) }

// tileState is the memory that the passes keep between calls.
type tileState struct {
	tiles         convTiles // the filters
	weights       []int     // the offset of each tap's weight within a filter
	turned        convTiles // the filters turned by 180°, for the gradient of x
	turnedTaps    []int
	turnedWeights []int
	outRow        tiledRow    // of z
	inRow         tiledRow    // of the gradient of x
	spread        []float32   // the gradient of z, padded for them
	sums          [][]float32 // shares of the gradients of w and b
}

// convTiles is filters packed for the tiles: in groups of impl.tileFilters, each (taps, filters). The last group has the
// filters that are left.
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
			t.taps[k] = uintptr(floatSize * tap)
		}
	}
	const enough = 1 << 12 // weights a task
	tile := impl.tileFilters
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

// tiledRow is a row of the output, for a strip of images, as tiles of convPositions vectors.
type tiledRow struct {
	tiles  []struct{ from, to [convPositions]uintptr } // a vector's offset in the input and in the output, in bytes
	images int                                         // in a vector
}

// lay lays out a row of some pixels, whose windows begin stride pixels apart.
func (r *tiledRow) lay(c *Conv, pixels, stride int) {
	runs, length := pixels, c.strip
	if c.strip == c.N && stride == 1 { // the whole row is contiguous, in the input too
		runs, length = 1, pixels*c.N
	}
	r.tiles, r.images = r.tiles[:0], images(length)
	vectors := 0
	for run := range runs {
		for i := 0; i < length; i += r.images {
			if vectors%convPositions == 0 {
				r.tiles = append(r.tiles, struct{ from, to [convPositions]uintptr }{})
			}
			i := min(i, length-r.images)
			for q := vectors % convPositions; q < convPositions; q++ { // the last tile repeats its last vector
				t := &r.tiles[vectors/convPositions]
				t.from[q], t.to[q] = uintptr(floatSize*(run*stride*c.strip+i)), uintptr(floatSize*(run*c.N+i))
			}
			vectors++
		}
	}
}

// convolve computes z = b[f] + Σ w·x in a row for filters f0 … f1−1, where f0 is a multiple of tileFilters. The filters of
// z are zFilter floats apart.
func (t *convTiles) convolve(r *tiledRow, z []float32, zFilter int, x, b []float32, f0, f1 int) {
	w := t.w[f0*len(t.taps):]
	for i := range r.tiles {
		impl.convRows(&x[0], &r.tiles[i].from, r.images, &t.taps[0], len(t.taps), &w[0], &b[f0], f1-f0,
			&z[0], uintptr(floatSize*zFilter), &r.tiles[i].to)
	}
}

func (c *Conv) forwardTiles(p *worker.Pool, y, z []float32, argmax []uint8, w, b []float32,
	activate Activate, poolFirst bool) {
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

// groups returns how many filters one worker takes, in whole tiles, and how many such groups there are. The next layer cuts
// its inputs in the same way, so that most of what a worker computes is still in its cache.
func (c *Conv) groups(p *worker.Pool) (filters, groups int) {
	filters = roundUp((c.F+p.Workers()-1)/p.Workers(), impl.tileFilters)
	return filters, (c.F + filters - 1) / filters
}

// forwardPooled is the forward pass for windows of 2×2 that are pooled before the activation: the four positions of a tile
// are a window.
func (c *Conv) forwardPooled(p *worker.Pool, y, z []float32, argmax []uint8, b []float32, activate Activate) {
	filters, groups := c.groups(p)
	share := 8 // windows a task, fewer if that makes too few tasks
	for share > 2 && groups*c.PoolH*((c.PoolW+share-1)/share) < enoughTasks {
		share /= 2
	}
	shares := (c.PoolW + share - 1) / share
	plane, images, t := c.PoolH*c.PoolW*c.N, images(c.strip), &c.tiles
	var at [convPositions]uintptr // the offsets of a window's positions in x
	for q := range at {
		at[q] = uintptr(floatSize * c.at(0, q/2*c.Stride, q%2*c.Stride))
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
					impl.convMax(&x[n], &at, images, &t.taps[0], len(t.taps), &w[0], &b[f0], f1-f0,
						&z[i], uintptr(floatSize*plane), &argmax[i])
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

// convolveRow computes row oy of z for some filters, which are filter floats apart in dst.
func (c *Conv) convolveRow(dst []float32, filter, oy int, b []float32, f0, f1 int) {
	for s := range c.strips() {
		c.tiles.convolve(&c.outRow, dst[s*c.strip:], filter, c.padded[c.at(s*c.C, oy*c.Stride, 0):], b, f0, f1)
	}
}

// forwardBands is the forward pass for any pooling: it computes the rows under a row of windows for some filters, then
// their maxima.
func (c *Conv) forwardBands(p *worker.Pool, y, z []float32, argmax []uint8, b []float32,
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
				c.windows.pick(y[i:i+pooled], z[i:i+pooled], argmax[i:i+pooled], rows, key)
				if poolFirst {
					activate(y[i:i+pooled], z[i:i+pooled], f, i)
				}
			}
		}
	})
}
