package kernel

import "actfn/internal/worker"

// This file is the convolution in tiles, whose sums over all taps stay in registers: a few filters, convPositions positions
// of the output and a vector of images. It takes batches of whole vectors.

var tilePasses = convPasses{
	forward:         (*Conv).forwardDirect,
	pack:            (*Conv).packTiles,
	row:             (*Conv).rowOfTiles,
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
	tiles  convTiles   // the filters
	turned convTiles   // the filters turned by 180°, for the gradient of x
	outRow tiledRow    // of z
	inRow  tiledRow    // of the gradient of x
	spread []float32   // the gradient of z, padded for them
	sums   [][]float32 // shares of the gradients of w and b
}

// convTiles is filters packed for the tiles: in groups of impl.tileFilters, each (taps, filters). The last group has the
// filters that are left.
type convTiles struct {
	w       []float32
	taps    []uintptr // in bytes
	weights []int     // the offset of each tap's weight within a filter
}

// add adds a tap: its distance from the corner of the window, and the offset of its weight within a filter.
func (t *convTiles) add(tap, weight int) {
	t.taps, t.weights = append(t.taps, uintptr(floatSize*tap)), append(t.weights, weight)
}

// pack lays out the weights of filters, filter floats apart in w.
func (t *convTiles) pack(p *worker.Pool, filters int, w []float32, filter int) {
	const enough = 1 << 12 // weights a task
	taps, tile := len(t.taps), impl.tileFilters
	if len(t.w) == 0 {
		t.w = make([]float32, filters*taps)
	}
	p.RunChunks(filters, tile*max(1, enough/tile/taps), func(from, to int) {
		for f0 := from; f0 < to; f0 += tile {
			group, width := t.w[f0*taps:], min(tile, to-f0)
			for f := range width {
				w := w[(f0+f)*filter:]
				for k, at := range t.weights {
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

// packTiles prepares the forward pass.
func (c *Conv) packTiles(p *worker.Pool, w []float32) {
	if len(c.tiles.taps) == 0 {
		for k, tap := range c.taps {
			c.tiles.add(tap, k)
		}
	}
	c.tiles.pack(p, c.F, w, len(c.taps))
	c.outRow.lay(c, c.OutW, c.Stride)
}

// rowOfTiles computes row oy of z for some filters, which are filter floats apart in dst.
func (c *Conv) rowOfTiles(dst []float32, filter, oy int, _, b []float32, f0, f1 int) {
	for s := range c.strips() {
		c.tiles.convolve(&c.outRow, dst[s*c.strip:], filter, c.padded[c.at(s*c.C, oy*c.Stride, 0):], b, f0, f1)
	}
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
