//go:build !purego

package kernel

import "actfn/internal/worker"

// This file is the gradient of the weights in AVX2 and AVX-512: products of a band of dz with what each tap saw of x.

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

func (c *Conv) backwardWeightsAVX2(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
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
						c.expandBand(dz[f*dzFilter:], dzRow, dp, argmax[at(f):], s)
					}
					c.dotBand(dw[f0*taps:], dz, dzFilter, dzRow, c.padded[x+c.at(s*c.C, 0, 0):], filters)
				}
			}
		}
	})
	addParts(p, dw, db, c.sums[:parts])
}

// addParts computes dw and db from the parts, which have them one behind the other.
func addParts(p *worker.Pool, dw, db []float32, parts [][]float32) {
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

// expandBand makes the rows of dz under one row of windows, stride floats apart, for a strip of the images. What no window
// covers is left as it is.
func (c *Conv) expandBand(dz []float32, stride int, dpooled []float32, argmax []uint8, strip int) {
	if c.PoolSize != 2 || c.PoolStride != 2 {
		for r := range c.PoolSize {
			clear(dz[r*stride:][:c.OutW*c.strip])
		}
		c.scatterBand(dz, stride, 0, dpooled, argmax, strip, strip+1)
		return
	}
	_, _, _ = dz[:stride+2*c.PoolW*c.strip], dpooled[:c.PoolW*c.N], argmax[:c.PoolW*c.N]
	i := strip * c.strip
	expand2x2(&dz[0], uintptr(4*stride), &dpooled[i], &argmax[i], c.strip, c.PoolW, c.N-c.strip)
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
