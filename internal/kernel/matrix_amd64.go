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

// The tiles by their number of rows.
var (
	tiles16 = [7]func(a *float32, rowA, stepA, groupA uintptr, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, add int, ahead *float32, aheadStep uintptr){
		nil, gemm1x16, gemm2x16, gemm3x16, gemm4x16, gemm5x16, gemm6x16,
	}
	tiles8 = [7]func(a *float32, rowA, stepA, groupA uintptr, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, add int, ahead *float32, aheadStep uintptr){
		nil, gemm1x8, gemm2x8, gemm3x8, gemm4x8, gemm5x8, gemm6x8,
	}
	maskedTiles = [7]func(a *float32, rowA, stepA, groupA uintptr, b *float32, stepB uintptr, c *float32, rowC uintptr, k, groups, add int, ahead *float32, aheadStep uintptr, mask *[8]int32){
		nil, gemm1x8masked, gemm2x8masked, gemm3x8masked, gemm4x8masked, gemm5x8masked, gemm6x8masked,
	}
)

// multiplyAVX2 is multiply in tiles of 6 rows and 16, 8 or the last few columns.
func (p product) multiplyAVX2(c, a, b matrix, next [][]float32) {
	if p.m == 0 || p.n == 0 || p.k == 0 || p.groups == 0 {
		panic("kernel: product of nothing")
	}
	// The kernels do not check.
	_ = c.data[(p.m-1)*c.row+p.n-1]
	_ = a.data[(p.m-1)*a.row+(p.k-1)*a.col+(p.groups-1)*p.apart]
	_ = b.data[(p.groups*p.k-1)*b.row+p.n-1]
	const size = 4
	rowA, stepA, groupA := uintptr(a.row*size), uintptr(a.col*size), uintptr(p.apart*size)
	stepB, rowC := uintptr(b.row*size), uintptr(c.row*size)
	add := 0
	if p.add {
		add = 1
	}
	ahead := newFetcher(next, (p.m+5)/6*((p.n+15)/16))
	for i := 0; i < p.m; i += 6 {
		rows := min(6, p.m-i)
		pa := pointer(a.data, i*a.row)
		for j := 0; j < p.n; {
			pb, pc := pointer(b.data, j), pointer(c.data, i*c.row+j)
			f, fs := ahead.tile()
			switch left := p.n - j; {
			case left >= 16:
				tiles16[rows](pa, rowA, stepA, groupA, pb, stepB, pc, rowC, p.k, p.groups, add, f, fs)
				j += 16
			case left >= 8:
				tiles8[rows](pa, rowA, stepA, groupA, pb, stepB, pc, rowC, p.k, p.groups, add, f, fs)
				j += 8
			default:
				maskedTiles[rows](pa, rowA, stepA, groupA, pb, stepB, pc, rowC, p.k, p.groups, add, f, fs, &masks[left])
				j = p.n
			}
		}
	}
}

func pointer(s []float32, i int) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), i*4))
}

// fetcher spreads the fetching of some memory over the tiles of a product.
type fetcher struct {
	regions [][]float32
	each    int // floats a tile
	at      int // within the first region
}

// cacheLine is the number of floats in one.
const cacheLine = 16

func newFetcher(regions [][]float32, tiles int) fetcher {
	total := 0
	for _, r := range regions {
		total += len(r)
	}
	return fetcher{regions: regions, each: roundUp((total+tiles-1)/tiles, cacheLine)}
}

// idle is what a tile fetches that has nothing to fetch.
var idle float32

// tile is where the next tile fetches from, and its step in bytes.
func (f *fetcher) tile() (*float32, uintptr) {
	for len(f.regions) > 0 && f.at >= len(f.regions[0]) {
		f.regions, f.at = f.regions[1:], 0
	}
	if len(f.regions) == 0 {
		return &idle, 0
	}
	p := pointer(f.regions[0], f.at)
	f.at += f.each
	return p, cacheLine * 4
}

func offset(p *float32, bytes uintptr) *float32 {
	return (*float32)(unsafe.Add(unsafe.Pointer(p), bytes))
}
