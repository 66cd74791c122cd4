//go:build !purego

package kernel

import "unsafe"

//go:generate go -C asm run . -out ../avx2_amd64.s -stubs ../avx2_stubs_amd64.go -absent ../avx2_absent.go -pkg kernel

// masks select the first 0 … 7 lanes of a vector.
var masks = func() (m [8][8]int32) {
	for n := range m {
		for i := range n {
			m[n][i] = -1
		}
	}
	return m
}()

// The tiles by their number of rows, and the same whose columns of a are listed.
var (
	tiles16 = [2][7]tile{
		{nil, gemm1x16, gemm2x16, gemm3x16, gemm4x16, gemm5x16, gemm6x16},
		{nil, gemm1x16listed, gemm2x16listed, gemm3x16listed, gemm4x16listed, gemm5x16listed, gemm6x16listed},
	}
	tiles8 = [2][7]tile{
		{nil, gemm1x8, gemm2x8, gemm3x8, gemm4x8, gemm5x8, gemm6x8},
		{nil, gemm1x8listed, gemm2x8listed, gemm3x8listed, gemm4x8listed, gemm5x8listed, gemm6x8listed},
	}
	maskedTiles = [2][7]maskedTile{
		{nil, gemm1x8masked, gemm2x8masked, gemm3x8masked, gemm4x8masked, gemm5x8masked, gemm6x8masked},
		{nil, gemm1x8maskedlisted, gemm2x8maskedlisted, gemm3x8maskedlisted, gemm4x8maskedlisted, gemm5x8maskedlisted, gemm6x8maskedlisted},
	}
)

type (
	tile       = func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr)
	maskedTile = func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr, mask *[8]int32)
)

// multiplyAVX2 is multiply in tiles of at most 6 rows and 16, 8 or the last few columns.
func (p product) multiplyAVX2(c, a, b matrix, next [][]float32) {
	if p.m == 0 || p.n == 0 || p.k == 0 || p.groups == 0 {
		panic("kernel: product of nothing")
	}
	// The kernels do not check.
	_ = c.data[(p.m-1)*c.row+p.n-1]
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
	const size = 4
	rowA, stepA, groupA := uintptr(a.row*size), uintptr(a.col*size), uintptr(p.apart*size)
	stepB, rowC := uintptr(b.row*size), uintptr(c.row*size)
	add := 0
	if p.add {
		add = 1
	}
	high := (p.m + 5) / 6 // tiles one below the other, of rows that differ by one at most
	rows, taller := p.m/high, p.m%high
	ahead := newFetcher(p, next, high*((p.n+15)/16))
	for t := 0; t < high; {
		rows, tiles, i := rows, high-t, t*rows+taller
		if t < taller {
			rows, tiles, i = rows+1, taller-t, t*(rows+1)
		}
		if tileWidth(p.n) < p.n {
			tiles = 1 // and those beside it, while its rows of a are in the cache
		}
		for j, width := 0, 0; j < p.n; j += width {
			width = tileWidth(p.n - j)
			pa, pb, pc := pointer(a.data, i*a.row), pointer(b.data, j), pointer(c.data, i*c.row+j)
			f, fs, fg, n := ahead.take(tiles)
			tiles = n
			switch width {
			case 16:
				tiles16[listed][rows](pa, rowA, stepA, groupA, steps, pb, stepB, pc, rowC, p.k, p.groups, tiles, add, f, fs, fg)
			case 8:
				tiles8[listed][rows](pa, rowA, stepA, groupA, steps, pb, stepB, pc, rowC, p.k, p.groups, tiles, add, f, fs, fg)
			default:
				maskedTiles[listed][rows](pa, rowA, stepA, groupA, steps, pb, stepB, pc, rowC, p.k, p.groups, tiles, add, f, fs, fg, &masks[width])
			}
		}
		t += tiles
	}
}

// transposeAVX2 is transpose of multiples of 8.
func transposeAVX2(dst, src matrix, rows, columns int) {
	_, _ = dst.data[(columns-1)*dst.row+rows-1], src.data[(rows-1)*src.row+columns-1]
	transposeTiles(&dst.data[0], uintptr(4*dst.row), &src.data[0], uintptr(4*src.row), rows, columns)
}

// tileWidth is that of the first tile of some columns: 16, 8 or the last few.
func tileWidth(columns int) int {
	if columns < 8 {
		return columns
	}
	return min(columns&^7, 16)
}

func pointer(s []float32, i int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), i*4))
}

// fetcher spreads the fetching of some memory over the tiles of a product.
type fetcher struct {
	regions [][]float32
	each    int // floats a tile, of each piece
	at      int // within the first region

	step, group uintptr // in bytes: of what a tile fetches, and from its end in a piece to the next piece
	apart       bool    // there are pieces
}

// cacheLine is the number of floats in one.
const cacheLine = 16

func newFetcher(p product, regions [][]float32, tiles int) fetcher {
	f := fetcher{regions: regions, apart: p.nextApart}
	total := 0
	for _, r := range regions {
		total += len(r)
	}
	f.each = roundUp((total+tiles-1)/tiles, cacheLine)
	fetches := p.k / 2 // of a tile, in each group
	if !f.apart {
		fetches *= p.groups
	}
	if fetches > 0 {
		f.step = uintptr(min(cacheLine, (f.each+fetches-1)/fetches) * 4)
	}
	if f.apart {
		f.group = uintptr(4*p.apart) - uintptr(fetches)*f.step
	}
	return f
}

// idle is what a tile fetches that has nothing to fetch.
var idle float32

// take is where the next tiles fetch from, the steps in bytes, and how many tiles can go on from there, of
// those that are left: to the end of a region, or one where there are pieces.
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
