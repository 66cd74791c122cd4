package kernel

import "actfn/internal/worker"

// This file is the convolution of 3×3 filters at stride 1, within a border of one zero, by Winograd's transforms: see
// winograd.go. A column is one image's tile. Each of the 36 positions of a transformed tile is a product of matrices,
//
//	forward      M (F, columns) = U (F, C) · V (C, columns)
//	gradient: x  M (C, columns) = Uᵀ (C, F) · V (F, columns), V of dz and U at the positions of the filters turned
//	          w  dU (F, C) = DZ (F, columns) · Vᵀ (columns, C)
//
// A strip of columns, some tiles side by side of some images, is one worker's, which transforms, multiplies and transforms
// back while its caches hold the strip. The error is twice that of the direct sums.

var winogradPasses = convPasses{
	forward:         (*Conv).forwardWinograd,
	backwardWeights: (*Conv).backwardWeightsWinograd,
	backwardInput:   (*Conv).backwardInputWinograd,
	shares:          func(*Conv) int { return 1 },
	strip:           func(n int) int { return n },
}

// winogradState is the memory that the passes keep between calls.
type winogradState struct {
	filters  []float32 // taps first, (9, F, C)
	u        []float32 // the filters transformed, (36, F, C)
	x        []float32 // of Forward
	backward []float32 // the gradient of z, (F, H, W, N)
}

// tileColumns is the number of columns of a strip, if there are as many in a row of tiles.
const tileColumns = 64

// winogradCut is how the tiles of all images are cut into strips.
type winogradCut struct {
	high, wide    int // tiles of an image
	parts, images int // parts of the images, and the most images of one
	tiles, across int // tiles of a strip, and strips side by side
}

func (c *Conv) winogradCut() (s winogradCut) {
	s.high, s.wide = (c.H+winogradOut-1)/winogradOut, (c.W+winogradOut-1)/winogradOut
	s.parts = (c.N + tileColumns - 1) / tileColumns
	for i := range s.parts {
		s.images = max(s.images, c.partBegin(s, i+1)-c.partBegin(s, i))
	}
	for s.tiles = min(s.wide, max(1, tileColumns/s.images)); ; s.tiles-- {
		s.across = (s.wide + s.tiles - 1) / s.tiles
		if s.tiles == 1 || s.count() >= enoughTasks {
			return s
		}
	}
}

func (s winogradCut) count() int { return s.high * s.across * s.parts }

// most is the most columns of a strip.
func (s winogradCut) most() int { return s.tiles * s.images }

// partBegin is the first image of a part, of which each begins with a whole vector.
func (c *Conv) partBegin(s winogradCut, part int) int {
	if part == s.parts {
		return c.N
	}
	return c.N * part / s.parts / Lanes * Lanes
}

// columnStrip is a strip: tiles side by side from pixel (y, x) on, of images from first on.
type columnStrip struct{ y, x, tiles, first, images int }

func (c *Conv) columnStrip(s winogradCut, i int) (t columnStrip) {
	part, row, across := i/s.across/s.high, i/s.across%s.high, i%s.across
	t.first = c.partBegin(s, part)
	t.images = c.partBegin(s, part+1) - t.first
	t.tiles = min(s.tiles, s.wide-across*s.tiles)
	t.y, t.x = row*winogradOut, across*s.tiles*winogradOut
	return t
}

func (t columnStrip) columns() int { return t.tiles * t.images }

// existing is which of some rows or columns, from one on, exist among n.
func existing(from, n int) int {
	all := uint(1)<<min(n-from, winogradIn) - 1
	return int(all &^ (uint(1)<<max(0, -from) - 1))
}

// forwardWinograd computes z, in rows where it is pooled, and what follows from it.
func (c *Conv) forwardWinograd(p *worker.Pool, y, z []float32, argmax []uint8, x, w, b []float32,
	activate Activate, poolFirst bool) {
	c.x = x
	c.transformFilters(p, w)
	u := func(position int) matrix { return matrix{c.u[position*rowApart(c.F*c.C):], c.C, 1} }
	if c.PoolSize == 1 && c.PoolStride == 1 {
		c.convolveTiles(p, z, c.F, x, c.C, u, b, func(f, from, n int) { activate(y[from:from+n], z[from:from+n], f, from) })
		return
	}
	c.makeDZ()
	c.convolveTiles(p, c.dz, c.F, x, c.C, u, b, func(int, int, int) {})
	rowLen := c.OutW * c.N
	band, pooled := c.PoolSize*rowLen, c.PoolW*c.N
	scratch := c.scratchFor(p, band)
	p.Run(c.F*c.PoolH, func(worker, task int) {
		f, py := task/c.PoolH, task%c.PoolH
		from, i := (f*c.OutH+py*c.PoolStride)*rowLen, task*pooled
		rows := c.dz[from:][:band]
		key := rows
		if !poolFirst {
			key = scratch[worker][:band]
			activate(key, rows, f, from)
		}
		c.windows.pick(y[i:i+pooled], z[i:i+pooled], argmax[i:i+pooled], rows, key)
		if poolFirst {
			activate(y[i:i+pooled], z[i:i+pooled], f, i)
		}
	})
}

// transformFilters fills u.
func (c *Conv) transformFilters(p *worker.Pool, w []float32) {
	const share = 1 << 10 // filters of a channel a task
	size, position := c.F*c.C, rowApart(c.F*c.C)
	if len(c.u) == 0 {
		c.filters, c.u = make([]float32, 9*size), Floats(winogradPositions*position)
	}
	scratch := c.scratchFor(p, winogradRoom)
	p.Run((size+share-1)/share, func(worker, task int) {
		from := task * share
		n := min(share, size-from)
		transpose(matrix{c.filters[from:], size, 1}, matrix{w[9*from:], 9, 1}, n, 9)
		impl.winograd.filters(grid{c.u, from, winogradIn * position, position, 0},
			grid{c.filters, from, 3 * size, size, 0}, n, 1, whole, nil, scratch[worker])
	})
}

// convolveTiles computes dst = b + the convolution of src, both of the size of x but for their channels, by the transformed
// filters u. It calls after for each stretch of dst that is complete, of one channel.
func (c *Conv) convolveTiles(p *worker.Pool, dst []float32, outs int, src []float32, ins int,
	u func(position int) matrix, b []float32, after func(channel, from, n int)) {
	s := c.winogradCut()
	plane := c.H * c.W * c.N
	atV, atM := rowApart(ins*s.most()), rowApart(outs*s.most())
	sizeV, sizeM := winogradPositions*atV, winogradPositions*atM
	scratch := c.scratchFor(p, sizeV+sizeM+winogradRoom)
	p.Run(s.count(), func(worker, task int) {
		t := c.columnStrip(s, task)
		columns := t.columns()
		v, m, room := scratch[worker][:sizeV], scratch[worker][sizeV:][:sizeM], scratch[worker][sizeV+sizeM:]
		for i := range t.tiles {
			x := t.x + i*winogradOut
			impl.winograd.data(grid{v, i * t.images, winogradIn * atV, atV, columns},
				c.pixels(src, t.y-1, x-1, t.first), t.images, ins, c.border(t.y-1, x-1), nil, room)
		}
		for position := range winogradPositions {
			product{m: outs, k: ins, n: columns, groups: 1}.multiply(
				matrix{m[position*atM:], columns, 1}, u(position), matrix{v[position*atV:], columns, 1})
		}
		for i := range t.tiles {
			x := t.x + i*winogradOut
			impl.winograd.result(c.pixels(dst, t.y, x, t.first),
				grid{m, i * t.images, winogradIn * atM, atM, columns}, t.images, outs, c.border(t.y, x), b, room)
		}
		pixels := min(t.tiles*winogradOut, c.W-t.x)
		stretches, length := pixels, t.images
		if t.images == c.N {
			stretches, length = 1, pixels*c.N
		}
		for channel := range outs {
			for y := t.y; y < min(t.y+winogradOut, c.H); y++ {
				for x := range stretches {
					after(channel, channel*plane+(y*c.W+t.x+x)*c.N+t.first, length)
				}
			}
		}
	})
}

// pixels is the tiles from pixel (y, x) on of the channels of data, (channels, H, W, N), from one image on.
func (c *Conv) pixels(data []float32, y, x, image int) grid {
	return grid{data, (y*c.W+x)*c.N + image, c.W * c.N, c.N, c.H * c.W * c.N}
}

// border is what exists of a tile from pixel (y, x) on.
func (c *Conv) border(y, x int) inside { return inside{existing(y, c.H), existing(x, c.W)} }

// backwardInputWinograd convolves the gradient of z with the filters turned by 180°.
func (c *Conv) backwardInputWinograd(p *worker.Pool, dx, _ []float32, _ []uint8) {
	u := func(position int) matrix { return matrix{c.u[turnedPosition(position)*rowApart(c.F*c.C):], 1, c.C} }
	c.convolveTiles(p, dx, c.C, c.backward, c.F, u, make([]float32, c.C), func(int, int, int) {})
}

// backwardWeightsWinograd sums over the strips in parts that do not depend on the number of workers.
func (c *Conv) backwardWeightsWinograd(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	c.gradientOfPooled(p, db, gradient)
	if c.backward = c.dpooled; c.PoolSize > 1 || c.PoolStride > 1 {
		c.scatter(p, argmax)
		c.backward = c.dz
	}
	if dw == nil {
		return
	}
	size := c.F * c.C
	s := c.winogradCut()
	atU, atV, atM := rowApart(size), rowApart(c.C*s.most()), rowApart(c.F*s.most())
	sizeU, sizeV, sizeM := winogradPositions*atU, winogradPositions*atV, winogradPositions*atM
	parts := min(weightParts, s.count())
	c.sums = rooms(c.sums, parts, 9*size)
	sizeT := s.most() * c.C
	scratch := c.scratchFor(p, sizeU+sizeV+sizeM+sizeT+winogradRoom)
	p.Run(parts, func(worker, part int) {
		du, v, m := scratch[worker][:sizeU], scratch[worker][sizeU:][:sizeV], scratch[worker][sizeU+sizeV:][:sizeM]
		vt, room := scratch[worker][sizeU+sizeV+sizeM:][:sizeT], scratch[worker][sizeU+sizeV+sizeM+sizeT:]
		first := part * s.count() / parts
		for strip := first; strip < (part+1)*s.count()/parts; strip++ {
			t := c.columnStrip(s, strip)
			columns := t.columns()
			for i := range t.tiles {
				x := t.x + i*winogradOut
				impl.winograd.data(grid{v, i * t.images, winogradIn * atV, atV, columns},
					c.pixels(c.x, t.y-1, x-1, t.first), t.images, c.C, c.border(t.y-1, x-1), nil, room)
				impl.winograd.gradient(grid{m, i * t.images, winogradIn * atM, atM, columns},
					c.pixels(c.backward, t.y, x, t.first), t.images, c.F, c.border(t.y, x), nil, room)
			}
			for position := range winogradPositions {
				transpose(matrix{vt, c.C, 1}, matrix{v[position*atV:], columns, 1}, c.C, columns)
				product{m: c.F, k: columns, n: c.C, groups: 1, add: strip > first}.multiply(
					matrix{du[position*atU:], c.C, 1}, matrix{m[position*atM:], columns, 1}, matrix{vt, c.C, 1})
			}
		}
		impl.winograd.filterGradient(grid{c.sums[part], 0, 3 * size, size, 0}, grid{du, 0, winogradIn * atU, atU, 0},
			size, 1, whole, nil, room)
	})
	p.RunChunks(9*size, 1<<12, func(from, to int) {
		for _, part := range c.sums[1:parts] {
			Add(c.sums[0][from:to], c.sums[0][from:to], part[from:])
		}
	})
	transpose(matrix{dw, 9, 1}, matrix{c.sums[0], size, 1}, 9, size)
}
