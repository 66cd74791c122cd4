package kernel

import (
	"cmp"
	"unsafe"
)

//go:generate go -C asm run . -out ../vector_amd64.s -stubs ../vector_stubs_amd64.go -types ../vector_types.go -tables ../vector_tables_amd64.go -pkg kernel

// This file is the products in tiles, whose sums stay in registers over the inner dimension.

// gemmTile is the kernels for a number of columns of c that are left: those of the first columns of them.
type gemmTile struct {
	columns int                // the number that a tile computes
	rows    int                // the most rows of a tile
	kernels *[2][13]gemmKernel // by whether a's columns are listed in steps, and by rows
}

const floatSize = 4

// multiplyTiles computes a product in tiles.
func multiplyTiles(p product, c, a, b matrix, next regions) {
	if p.m == 0 || p.n == 0 || p.k == 0 || p.groups == 0 {
		panic("kernel: product of nothing")
	}
	// The kernels check no lengths.
	apartC := cmp.Or(p.apartC, 16)
	if _ = c.data[(p.m-1)*c.row+min(p.n, 16)-1]; p.n > 16 {
		_ = c.data[(p.m-1)*c.row+apartC+p.n-17]
	}
	listed, steps := 0, (*int)(nil)
	if p.steps == nil {
		_ = a.data[(p.m-1)*a.row+(p.k-1)*a.col+(p.groups-1)*p.apart]
	} else {
		last := 0
		for _, step := range p.steps[:p.k-1] {
			last += step
		}
		_ = a.data[(p.m-1)*a.row+last]
		listed, steps = 1, &p.steps[0]
	}
	_ = b.data[(p.groups*p.k-1)*b.row+p.n-1]
	rowA, stepA, groupA := uintptr(a.row*floatSize), uintptr(a.col*floatSize), uintptr(p.apart*floatSize)
	stepB, groupB := uintptr(b.row*floatSize), uintptr(0) // its groups follow each other
	rowC := uintptr(c.row * floatSize)
	add := 0
	if p.add {
		add = 1
	}
	widest := len(impl.gemm) - 1
	first := &impl.gemm[min(p.n, widest)]
	high := (p.m + first.rows - 1) / first.rows // tiles one below the other, whose rows differ by one at most
	rows, taller := p.m/high, p.m%high
	ahead := newFetcher(p, next[:], high*((p.n+widest-1)/widest))
	for t := 0; t < high; {
		rows, tiles, i := rows, high-t, t*rows+taller
		if t < taller {
			rows, tiles, i = rows+1, taller-t, t*(rows+1)
		}
		if first.columns < p.n {
			tiles = 1 // then those beside it, while its rows of a are in the cache
		}
		for j := 0; j < p.n; {
			tile, column := &impl.gemm[min(p.n-j, widest)], j
			if j >= 16 {
				column += apartC - 16
			}
			f, fs, fg, n := ahead.take(tiles)
			tiles = n
			tile.kernels[listed][rows](
				pointer(a.data, i*a.row), rowA, stepA, groupA, steps, pointer(b.data, j), stepB, groupB,
				pointer(c.data, i*c.row+column), rowC, uintptr(apartC*floatSize),
				tile.columns, p.k, p.groups, tiles, add, f, fs, fg)
			j += tile.columns
		}
		t += tiles
	}
}

// transposeVectors transposes whole tiles in assembly and the rest in Go.
func transposeVectors(dst, src matrix, rows, columns int) {
	const unit = transposeUnit
	wholeRows, wholeColumns := rows/unit*unit, columns/unit*unit
	if wholeRows == 0 || wholeColumns == 0 {
		transposeElements(dst, src, rows, columns)
		return
	}
	_, _ = dst.data[(wholeColumns-1)*dst.row+wholeRows-1], src.data[(wholeRows-1)*src.row+wholeColumns-1]
	impl.transposeTiles(&dst.data[0], uintptr(floatSize*dst.row), &src.data[0], uintptr(floatSize*src.row),
		wholeRows, wholeColumns)
	if wholeRows < rows {
		below := matrix{src.data[wholeRows*src.row:], src.row, 1}
		transposeElements(matrix{dst.data[wholeRows:], dst.row, 1}, below, rows-wholeRows, wholeColumns)
	}
	if wholeColumns < columns {
		right := matrix{src.data[wholeColumns:], src.row, 1}
		transposeElements(matrix{dst.data[wholeColumns*dst.row:], dst.row, 1}, right, rows, columns-wholeColumns)
	}
}

func pointer(s []float32, i int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), i*floatSize))
}

// fetcher spreads the prefetching of some regions over the tiles of a product.
type fetcher struct {
	regions [][]float32
	each    int // floats a tile, of each piece
	at      int // within the first region

	step, group uintptr // in bytes: from each prefetch to the next, and from the last in a piece to the next piece
	apart       bool    // there are pieces
}

func newFetcher(p product, regions [][]float32, tiles int) fetcher {
	f := fetcher{regions: regions, apart: p.nextApart}
	total := 0
	for _, r := range regions {
		total += len(r)
	}
	f.each = roundUp((total+tiles-1)/tiles, cacheLine)
	fetches := p.k * impl.fetches / 2 // of a tile, in each group
	if !f.apart {
		fetches *= p.groups
	}
	if fetches > 0 {
		f.step = uintptr(min(cacheLine, (f.each+fetches-1)/fetches) * floatSize)
	}
	if f.apart {
		f.group = uintptr(floatSize*p.apart) - uintptr(fetches)*f.step
	}
	return f
}

// idle is prefetched by a tile that has nothing to prefetch.
var idle float32

// take returns where the next tiles prefetch from, the steps in bytes, and how many of the tiles that are left can go on
// from there: up to the end of the region, or one where there are pieces.
func (f *fetcher) take(left int) (from *float32, step, group uintptr, tiles int) {
	for len(f.regions) > 0 && f.at >= len(f.regions[0]) {
		f.regions, f.at = f.regions[1:], 0
	}
	if len(f.regions) == 0 {
		return &idle, 0, 0, left
	}
	from, tiles = pointer(f.regions[0], f.at), 1
	if !f.apart {
		tiles = min(left, (len(f.regions[0])-f.at+f.each-1)/f.each)
	}
	f.at += f.each * tiles
	return from, f.step, f.group, tiles
}
