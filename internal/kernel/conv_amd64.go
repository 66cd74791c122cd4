//go:build !purego

package kernel

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
func (t *convTiles) pack(p *Pool, filters int, taps []int, w []float32, filter int, weights []int) {
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

func (c *Conv) forwardAVX2(p *Pool, y, z []float32, argmax []uint8, w, b []float32, activate Activate, poolFirst bool) {
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
func (c *Conv) groups(p *Pool) (filters, groups int) {
	filters = roundUp((c.F+p.Workers()-1)/p.Workers(), tileFilters())
	return filters, (c.F + filters - 1) / filters
}

// forwardPooled is the forward pass where windows are 2×2 and pooled before the activation: the four
// positions of a tile are a window.
func (c *Conv) forwardPooled(p *Pool, y, z []float32, argmax []uint8, b []float32, activate Activate) {
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
		w, windows := t.w[f0*len(t.taps):], 1
		if wide && c.strip == 8 && to-from > 1 {
			windows = 2 // share a vector
		}
		for px := from; px < to; px += windows {
			px := min(px, to-windows)
			x, i := c.at(0, py*step, px*step), f0*plane+(py*c.PoolW+px)*c.N
			if windows == 2 {
				convMaxPairs(&c.padded[x], &at, 16, &t.taps[0], len(t.taps), &w[0], &b[f0], f1-f0, &z[i], uintptr(4*plane), uintptr(4*step*c.N), &argmax[i])
				continue
			}
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
func (c *Conv) forwardUnpooled(p *Pool, y, z []float32, b []float32, activate Activate) {
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
func (c *Conv) forwardBands(p *Pool, y, z []float32, argmax []uint8, b []float32, activate Activate, poolFirst bool) {
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

// weightParts is how many shares of the rows of windows and of the strips of images are summed by themselves, at most.
const weightParts = 16

// enoughTasks is how many tasks of a region are so many that it does not matter who has one more.
const enoughTasks = 16

// weightCut is how the sums over windows and images are cut into parts: each of some rows of windows and some strips, at
// most, and so many of them below and beside each other.
type weightCut struct{ height, strips, rows, columns int }

func (c *Conv) weightCut() (cut weightCut) {
	cut.height = (c.PoolH + weightParts - 1) / weightParts
	cut.rows = (c.PoolH + cut.height - 1) / cut.height
	columns := min(c.strips(), max(1, weightParts/cut.rows))
	cut.strips = (c.strips() + columns - 1) / columns
	cut.columns = (c.strips() + cut.strips - 1) / cut.strips
	return cut
}

func (c *Conv) sharesAVX2() int {
	cut := c.weightCut()
	return cut.rows * cut.columns
}

func (c *Conv) backwardWeightsAVX2(p *Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	rowLen, taps, pooled := c.OutW*c.strip, len(c.taps), c.PoolW*c.N
	band, size := rowApart(c.PoolSize*rowLen), c.F*taps
	cut := c.weightCut()
	parts := cut.rows * cut.columns
	c.sums = rooms(c.sums, parts, size+c.F)
	tile := len(dots)
	if wide {
		tile = 2 * len(dotsWide)
	}
	most := roundUp((c.F+p.Workers()-1)/p.Workers(), tile) // filters a task: those of one worker's planes
	if parts < enoughTasks {
		most = tile
	}
	shares := (c.F + most - 1) / most
	dzFilter, dzRow := band, rowLen
	if c.spreads() {
		c.makeSpread()
		dzFilter, dzRow = c.spreadAt(1, 0, 0), c.spreadAt(0, 1, 0)
	}
	kept := tile // rows of the gradient of z, where it need not stay
	if c.strips() == 1 {
		kept = 1
	}
	scratch := c.scratchFor(p, tile*band+kept*pooled)
	p.Run(parts*shares, func(worker, task int) {
		part, from := task%parts, task/parts*most
		to, row, strip := min(from+most, c.F), part%cut.rows*cut.height, part/cut.rows*cut.strips
		strips := min(cut.strips, c.strips()-strip)
		dw, db := c.sums[part][:size], c.sums[part][size:]
		own, dpooled := scratch[worker][:tile*band], scratch[worker][tile*band:]
		clear(dw[from*taps : to*taps])
		clear(db[from:to])
		if c.OutW%2 == 1 { // no window covers the last column
			clear(own)
		}
		for py := row; py < min(c.PoolH, row+cut.height); py++ {
			for f0 := from; f0 < to; f0 += tile {
				filters, x := min(tile, to-f0), c.at(0, py*c.PoolStride*c.Stride, 0)
				at := func(f int) int { return ((f0+f)*c.PoolH + py) * pooled }
				for s := strip; s < strip+strips; s++ {
					dz := own
					if c.spreads() {
						m := c.margin()
						dz = c.spread[c.spreadAt(s*c.F+f0, py*c.PoolStride+m, m):]
					}
					for f := range filters {
						dp := dpooled[f%kept*pooled:][:pooled]
						if len(c.dpooled) > 0 {
							dp = c.dpooled[at(f):][:pooled]
						}
						if s == strip {
							db[f0+f] += c.gradientRow(dp, gradient, f0+f, at(f), strip, strips, part)
						}
						c.expandBand(dz[f*dzFilter:], dzRow, 0, dp, argmax[at(f):], s, s+1)
					}
					c.dotBand(dw[f0*taps:], dz, dzFilter, dzRow, c.padded[x+c.at(s*c.C, 0, 0):], filters)
				}
			}
		}
	})
	addParts(p, dw, db, c.sums[:parts])
}

// addParts computes dw and db from the parts, which have them one behind the other.
func addParts(p *Pool, dw, db []float32, parts [][]float32) {
	p.RunChunks(len(dw), 1<<12, func(from, to int) {
		clear(dw[from:to])
		for _, part := range parts {
			Add(dw[from:to], dw[from:to], part[from:])
		}
	})
	clear(db)
	for _, part := range parts {
		Add(db, db, part[len(dw):])
	}
}

// gradientRow asks for the gradient of a row of a filter's windows, which begins with element from, for some strips of the
// images, and returns its sum.
func (c *Conv) gradientRow(dst []float32, gradient Gradient, filter, from, strip, strips, share int) (total float32) {
	images, apart := strips*c.strip, c.N
	if images == apart { // they lie together
		images, apart = len(dst), len(dst)
	}
	for i := strip * c.strip; i < len(dst); i += apart {
		gradient(dst[i:i+images], filter, from+i, share)
		total += sum(dst[i : i+images])
	}
	return total
}

// expandBand makes the rows of dz under one row of windows, stride floats apart, for the strips of images from one up to
// another, which are strip floats apart. What no window covers is left as it is.
func (c *Conv) expandBand(dz []float32, stride, strip int, dpooled []float32, argmax []uint8, from, to int) {
	strips := to - from
	if c.PoolSize != 2 || c.PoolStride != 2 {
		for s := range strips {
			for r := range c.PoolSize {
				clear(dz[s*strip+r*stride:][:c.OutW*c.strip])
			}
		}
		c.scatterBand(dz, stride, strip, dpooled, argmax, from, to)
		return
	}
	_, _, _ = dz[:(strips-1)*strip+stride+2*c.PoolW*c.strip], dpooled[:c.PoolW*c.N], argmax[:c.PoolW*c.N]
	i := from * c.strip
	expand2x2(&dz[0], uintptr(4*stride), uintptr(4*strip), &dpooled[i], &argmax[i], c.strip, strips, c.PoolW, c.N-strips*c.strip)
}

// dotBand adds to dw, (filters, taps), the products of the rows of dz under a row of windows, which are row floats apart
// and filter floats a filter, with what each tap saw of x for a strip of images.
func (c *Conv) dotBand(dw, dz []float32, filter, row int, x []float32, filters int) {
	if wide && filters > 1 {
		c.dotFilters(dotsWide[filters/2-1][:], dw, dz, filter, row, x)
		if filters%2 == 0 {
			return
		}
		dw, dz, filters = dw[(filters-1)*len(c.taps):], dz[(filters-1)*filter:], 1
	}
	c.dotFilters(dots[filters-1][:], dw, dz, filter, row, x)
}

// dotFilters is dotBand of some filters by their kernels, one for each number of taps.
func (c *Conv) dotFilters(kernels []dotKernel, dw, dz []float32, filter, row int, x []float32) {
	taps := c.tiles.taps
	calls := (len(taps) + len(kernels) - 1) / len(kernels)
	step := (len(taps) + calls - 1) / calls // the last has not much less
	dot := func(dz, x []float32, n, rows, dzRow, xRow int) {
		for k := 0; k < len(taps); k += step {
			kernels[min(step, len(taps)-k)-1](&dw[k], uintptr(4*len(taps)), &dz[0], uintptr(4*filter), uintptr(4*dzRow), &x[0], &taps[k], uintptr(4*xRow), n, rows)
		}
	}
	vectors := c.strip / 8
	if c.Stride == 1 { // what a row needs lies together
		dot(dz, x, c.OutW*vectors, c.PoolSize, row, c.at(0, 1, 0))
		return
	}
	for r := range c.PoolSize {
		dot(dz[r*row:], x[c.at(0, r*c.Stride, 0):], vectors, c.OutW, c.strip, c.Stride*c.strip)
	}
}

// dotKernel is a kernel for the gradient of the weights.
type dotKernel = func(dw *float32, dwFilter uintptr, dz *float32, dzFilter, dzRow uintptr, x *float32, taps *uintptr, xRow uintptr, n, rows int)

// dots are the kernels by filters and taps.
var dots = [3][4]dotKernel{
	{convDot1x1, convDot1x2, convDot1x3, convDot1x4},
	{convDot2x1, convDot2x2, convDot2x3, convDot2x4},
	{convDot3x1, convDot3x2, convDot3x3, convDot3x4},
}

// dotsWide are those of AVX-512, by pairs of filters.
var dotsWide = [4][6]dotKernel{
	{convDot2x1Wide, convDot2x2Wide, convDot2x3Wide, convDot2x4Wide, convDot2x5Wide, convDot2x6Wide},
	{convDot4x1Wide, convDot4x2Wide, convDot4x3Wide, convDot4x4Wide, convDot4x5Wide, convDot4x6Wide},
	{convDot6x1Wide, convDot6x2Wide, convDot6x3Wide, convDot6x4Wide, convDot6x5Wide, convDot6x6Wide},
	{convDot8x1Wide, convDot8x2Wide, convDot8x3Wide, convDot8x4Wide, convDot8x5Wide, convDot8x6Wide},
}

// backwardInputAVX2 is a convolution itself: of dz, spread out by the stride and padded so that every
// input pixel has a full window, with the filters turned about and their two channels exchanged.
func (c *Conv) backwardInputAVX2(p *Pool, dx, w, dpooled []float32, argmax []uint8) {
	window := c.Size * c.Size
	c.makeSpread()
	if len(c.turnedTaps) == 0 {
		for f := range c.F {
			for k := range window {
				c.turnedTaps = append(c.turnedTaps, c.spreadAt(f, k/c.Size, k%c.Size))
				c.turnedWeights = append(c.turnedWeights, f*c.C*window+window-1-k)
			}
		}
	}
	c.turned.pack(p, c.C, c.turnedTaps, w, window, c.turnedWeights)
	if !c.spreads() {
		c.spreadGradient(p, dpooled, argmax)
	}
	zeros := make([]float32, c.C)
	plane, rowLen := c.H*c.W*c.N, c.W*c.N
	c.inRow.lay(c, c.W, 1)
	share := c.C // channels a task
	if c.H*c.strips() < enoughTasks {
		share = roundUp((c.C+1)/2, tileFilters())
	}
	shares := (c.C + share - 1) / share
	p.Run(c.H*c.strips()*shares, func(_, task int) {
		y, s, from := task/shares/c.strips(), task/shares%c.strips(), task%shares*share
		c.turned.convolve(&c.inRow, dx[from*plane+y*rowLen+s*c.strip:], plane, c.spread[c.spreadAt(s*c.F, y, 0):], zeros, from, min(from+share, c.C))
	})
}

// makeSpread makes spread, (N/strip, F, H+Size−1, W+Size−1, strip), of zeros.
func (c *Conv) makeSpread() {
	if len(c.spread) == 0 {
		c.spread = Floats(c.spreadAt(c.strips()*c.F, 0, 0) + 8)
	}
}

// spreadAt is the offset of row (filter, y, x) in the first strip of spread.
func (c *Conv) spreadAt(f, y, x int) int {
	return (f*(c.H+c.Size-1)+y)*rowApart((c.W+c.Size-1)*c.strip) + x*c.strip
}

// spreadGradient fills spread: the gradient of output pixel (y, x) lies at (y·Stride + m, x·Stride + m), m being the
// margin, and what falls outside saw nothing but padding.
func (c *Conv) spreadGradient(p *Pool, dpooled []float32, argmax []uint8) {
	m, height, width, pooled := c.margin(), c.H+c.Size-1, c.W+c.Size-1, c.PoolW*c.N
	p.Run(c.F, func(_, f int) {
		for s := range c.strips() {
			clear(c.spread[c.spreadAt(s*c.F+f, 0, 0):c.spreadAt(s*c.F+f+1, 0, 0)])
		}
		if c.Stride == 1 && m >= 0 {
			for py := range c.PoolH {
				i, to := (f*c.PoolH+py)*pooled, c.spread[c.spreadAt(f, py*c.PoolStride+m, m):]
				c.scatterBand(to, c.spreadAt(0, 1, 0), c.spreadAt(c.F, 0, 0), dpooled[i:], argmax[i:], 0, c.strips())
			}
			return
		}
		for i, d := range dpooled[f*c.PoolH*pooled:][:c.PoolH*pooled] {
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

// margin is how far from the edge of spread the gradient of z begins.
func (c *Conv) margin() int { return c.Size - 1 - c.Pad }

// spreads says that BackwardWeights leaves the gradient of z in spread: there it has a border and is as it is else, and
// every run writes the same places.
func (c *Conv) spreads() bool {
	return c.InputGradient && c.Stride == 1 && c.margin() >= 0 && c.PoolSize == 2 && c.PoolStride == 2
}
