//go:build !purego

package kernel

import (
	"cmp"
	"math"
	"unsafe"
)

//go:generate go -C asm run . -out ../vector_amd64.s -stubs ../vector_stubs_amd64.go -absent ../vector_absent.go -pkg kernel

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
	tiles8 = [2][13]tile{
		{nil, gemm1x8, gemm2x8, gemm3x8, gemm4x8, gemm5x8, gemm6x8,
			gemm7x8, gemm8x8, gemm9x8, gemm10x8, gemm11x8, gemm12x8},
		{nil, gemm1x8listed, gemm2x8listed, gemm3x8listed, gemm4x8listed, gemm5x8listed, gemm6x8listed,
			gemm7x8listed, gemm8x8listed, gemm9x8listed, gemm10x8listed, gemm11x8listed, gemm12x8listed},
	}
	maskedTiles = [2][13]maskedTile{
		{nil, gemm1x8masked, gemm2x8masked, gemm3x8masked, gemm4x8masked, gemm5x8masked, gemm6x8masked,
			gemm7x8masked, gemm8x8masked, gemm9x8masked, gemm10x8masked, gemm11x8masked, gemm12x8masked},
		{nil, gemm1x8maskedlisted, gemm2x8maskedlisted, gemm3x8maskedlisted, gemm4x8maskedlisted, gemm5x8maskedlisted, gemm6x8maskedlisted,
			gemm7x8maskedlisted, gemm8x8maskedlisted, gemm9x8maskedlisted, gemm10x8maskedlisted, gemm11x8maskedlisted, gemm12x8maskedlisted},
	}
	// Those in AVX-512, of one vector and of two.
	wideTiles = [2][2][13]wideTile{
		{
			{nil, gemm1x16masked, gemm2x16masked, gemm3x16masked, gemm4x16masked, gemm5x16masked, gemm6x16masked,
				gemm7x16masked, gemm8x16masked, gemm9x16masked, gemm10x16masked, gemm11x16masked, gemm12x16masked},
			{nil, gemm1x16maskedlisted, gemm2x16maskedlisted, gemm3x16maskedlisted, gemm4x16maskedlisted, gemm5x16maskedlisted, gemm6x16maskedlisted,
				gemm7x16maskedlisted, gemm8x16maskedlisted, gemm9x16maskedlisted, gemm10x16maskedlisted, gemm11x16maskedlisted, gemm12x16maskedlisted},
		},
		{
			{nil, gemm1x32masked, gemm2x32masked, gemm3x32masked, gemm4x32masked, gemm5x32masked, gemm6x32masked,
				gemm7x32masked, gemm8x32masked, gemm9x32masked, gemm10x32masked, gemm11x32masked, gemm12x32masked},
			{nil, gemm1x32maskedlisted, gemm2x32maskedlisted, gemm3x32maskedlisted, gemm4x32maskedlisted, gemm5x32maskedlisted, gemm6x32maskedlisted,
				gemm7x32maskedlisted, gemm8x32maskedlisted, gemm9x32maskedlisted, gemm10x32maskedlisted, gemm11x32maskedlisted, gemm12x32maskedlisted},
		},
	}
)

type (
	tile       = func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr)
	maskedTile = func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr, mask *[8]int32)
	wideTile   = func(a *float32, rowA, stepA, groupA uintptr, steps *int, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, tiles, add int, ahead *float32, aheadStep, aheadGroup uintptr, mask uint32, apartC, groupB uintptr)
)

// multiplyAVX2 is multiply in tiles of at most 6 rows and 16, 8 or the last few columns, of at most 12 rows where there
// are no more than 8 columns, in AVX-512 of at most 12 rows and 32 columns.
func (p product) multiplyAVX2(c, a, b matrix, next [][]float32) {
	if p.m == 0 || p.n == 0 || p.k == 0 || p.groups == 0 {
		panic("kernel: product of nothing")
	}
	// The kernels do not check.
	apartC := cmp.Or(p.apartC, 16)
	if _ = c.data[(p.m-1)*c.row+p.n-1]; p.n > 16 {
		_ = c.data[(p.m-1)*c.row+apartC+min(p.n, 32)-17]
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
	apartB := cmp.Or(p.apartB, p.k*b.row)
	_ = b.data[(p.groups-1)*apartB+(p.k-1)*b.row+p.n-1]
	const size = 4
	rowA, stepA, groupA := uintptr(a.row*size), uintptr(a.col*size), uintptr(p.apart*size)
	stepB, rowC := uintptr(b.row*size), uintptr(c.row*size)
	add := 0
	if p.add {
		add = 1
	}
	highest, widest := 6, 16
	switch {
	case wide:
		highest, widest = 12, 32
	case p.n <= 8:
		highest = 12
	}
	high := (p.m + highest - 1) / highest // tiles one below the other, of rows that differ by one at most
	rows, taller := p.m/high, p.m%high
	ahead := newFetcher(p, next, high*((p.n+widest-1)/widest))
	for t := 0; t < high; {
		rows, tiles, i := rows, high-t, t*rows+taller
		if t < taller {
			rows, tiles, i = rows+1, taller-t, t*(rows+1)
		}
		if p.n > widest || !wide && tileWidth(p.n) < p.n {
			tiles = 1 // and those beside it, while its rows of a are in the cache
		}
		for j, width := 0, 0; j < p.n; j += width {
			pa, pb, pc := pointer(a.data, i*a.row), pointer(b.data, j), pointer(c.data, i*c.row+j)
			f, fs, fg, n := ahead.take(tiles)
			tiles = n
			if wide {
				width = min(widest, p.n-j)
				wideTiles[(width-1)/16][listed][rows](pa, rowA, stepA, groupA, steps, pb, stepB, pc, rowC, p.k, p.groups, tiles, add, f, fs, fg, math.MaxUint32>>(widest-width), uintptr(apartC*size), uintptr((apartB-p.k*b.row)*size))
				continue
			}
			width = tileWidth(p.n - j)
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

func newFetcher(p product, regions [][]float32, tiles int) fetcher {
	f := fetcher{regions: regions, apart: p.nextApart}
	total := 0
	for _, r := range regions {
		total += len(r)
	}
	f.each = roundUp((total+tiles-1)/tiles, cacheLine)
	fetches := p.k / 2 // of a tile, in each group
	if wide {
		fetches = 2 * p.k
	}
	if !f.apart {
		fetches *= p.groups
	}
	if fetches > 0 {
		f.step = uintptr(min(cacheLine, (f.each+fetches-1)/fetches) * 4)
	}
	if f.apart {
		f.group = uintptr(4*cmp.Or(p.apartB, p.apart)) - uintptr(fetches)*f.step
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
