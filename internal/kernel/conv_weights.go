package kernel

import "actfn/internal/worker"

// This file is the gradient of the weights in tiles: products of a band of dz with the values of x that each tap saw.

// weightParts is the most parts into which the sums over rows of windows and strips of images are cut.
const weightParts = 16

// enoughTasks is the number of tasks from which on it does not matter that one worker has a task more than another.
const enoughTasks = 16

// weightCut is how the sums over windows and images are cut: into rows × columns parts, each of at most height rows of
// windows and strips strips of images.
type weightCut struct{ height, strips, rows, columns int }

func (c *Conv) weightCut() (cut weightCut) {
	cut.height = (c.PoolH + weightParts - 1) / weightParts
	cut.rows = (c.PoolH + cut.height - 1) / cut.height
	columns := min(c.strips(), max(1, weightParts/cut.rows))
	cut.strips = (c.strips() + columns - 1) / columns
	cut.columns = (c.strips() + cut.strips - 1) / cut.strips
	return cut
}

func (c *Conv) sharesTiles() int {
	cut := c.weightCut()
	return cut.rows * cut.columns
}

func (c *Conv) backwardWeightsTiles(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	rowLen, taps, pooled := c.OutW*c.strip, len(c.taps), c.PoolW*c.N
	band, size := rowApart(c.PoolSize*rowLen), c.F*taps
	cut := c.weightCut()
	parts, wanted := cut.rows*cut.columns, dw != nil
	c.sums = rooms(c.sums, parts, size+c.F)
	if c.InputGradient && !c.directSpread() {
		c.keepPooled()
	}
	tile := len(impl.dots) - 1
	most := roundUp((c.F+p.Workers()-1)/p.Workers(), tile) // filters a task: those that the forward pass gives a worker
	if parts < enoughTasks {
		most = tile
	}
	shares := (c.F + most - 1) / most
	dzFilter, dzRow := band, rowLen
	if c.directSpread() {
		c.makeSpread()
		dzFilter, dzRow = c.spreadAt(1, 0, 0), c.spreadAt(0, 1, 0)
	}
	kept := tile // rows of the gradient at the maxima that a worker keeps
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
					if c.directSpread() {
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
						c.windows.expand(dz[f*dzFilter:], dzRow, dp, argmax[at(f):], s*c.strip, c.strip)
					}
					if wanted {
						c.dotBand(dw[f0*taps:], dz, dzFilter, dzRow, c.padded[x+c.at(s*c.C, 0, 0):], filters)
					}
				}
			}
		}
	})
	addParts(p, dw, db, c.sums[:parts], size)
}

// addParts adds up the parts, each of which is dw, of a size, followed by db, where they are wanted.
func addParts(p *worker.Pool, dw, db []float32, parts [][]float32, size int) {
	p.RunChunks(len(dw), 1<<12, func(from, to int) {
		clear(dw[from:to])
		for _, part := range parts {
			Add(dw[from:to], dw[from:to], part[from:])
		}
	})
	clear(db)
	for _, part := range parts {
		Add(db, db, part[size:])
	}
}

// gradientRow asks for the gradient of a row of a filter's windows, which begins at element from, for some strips of
// images, and returns the sum.
func (c *Conv) gradientRow(dst []float32, gradient Gradient, filter, from, strip, strips, share int) (total float32) {
	images, apart := strips*c.strip, c.N
	if images == apart { // the row is contiguous
		images, apart = len(dst), len(dst)
	}
	for i := strip * c.strip; i < len(dst); i += apart {
		gradient(dst[i:i+images], filter, from+i, share)
		total += sum(dst[i : i+images])
	}
	return total
}

// dotTile is the kernels for a number of filters that are left: those of the first filters of them.
type dotTile struct {
	filters int         // the number that a kernel takes
	kernels []dotKernel // by the number of taps, less one
}

// dotBand adds to dw, (filters, taps), the products of the rows of dz under a row of windows with the values of x that each
// tap saw, for a strip of images. The rows of dz are row floats apart, its filters filter floats.
func (c *Conv) dotBand(dw, dz []float32, filter, row int, x []float32, filters int) {
	for filters > 0 {
		tile := &impl.dots[filters]
		c.dotFilters(tile.kernels, dw, dz, filter, row, x)
		if filters -= tile.filters; filters > 0 {
			dw, dz = dw[tile.filters*len(c.taps):], dz[tile.filters*filter:]
		}
	}
}

// dotFilters is dotBand for the filters that the kernels take.
func (c *Conv) dotFilters(kernels []dotKernel, dw, dz []float32, filter, row int, x []float32) {
	taps := c.tiles.taps
	calls := (len(taps) + len(kernels) - 1) / len(kernels)
	step := (len(taps) + calls - 1) / calls // so that the calls are of about equal size
	dot := func(dz, x []float32, n, rows, dzRow, xRow int) {
		for k := 0; k < len(taps); k += step {
			kernels[min(step, len(taps)-k)-1](&dw[k], uintptr(floatSize*len(taps)), &dz[0], uintptr(floatSize*filter),
				uintptr(floatSize*dzRow), &x[0], &taps[k], uintptr(floatSize*xRow), n, rows)
		}
	}
	vectors := c.strip / Lanes
	if c.Stride == 1 { // the values of a row lie together
		dot(dz, x, c.OutW*vectors, c.PoolSize, row, c.at(0, 1, 0))
		return
	}
	for r := range c.PoolSize {
		dot(dz[r*row:], x[c.at(0, r*c.Stride, 0):], vectors, c.OutW, c.strip, c.Stride*c.strip)
	}
}
