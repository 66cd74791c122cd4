package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"slices"
	"sync"
)

// baseline decodes the JPEG that cameras and most programs write, to the bits of image/jpeg in a third of its time: one
// interleaved scan of Huffman codes, three components as Y, Cb and Cr or one of gray. Whatever is out of the ordinary, a
// fault above all, is left to image/jpeg. The sections are those of ITU-T T.81.
//
// A baseline holds the memory of one image, and is kept from one to the next.
type baseline struct {
	data []byte
	pos  int
	// The next n bits of the scan are the upper ones of acc. The lowest 8·beyond of them stand for data that are not there.
	acc       uint64
	n, beyond int

	w, h      int
	component [3]scanned
	count     int
	restart   int // MCUs between restart markers; 0: none
	quantizer [4][64]int32
	huffman   [2][2]huffman // of DC and of AC coefficients
	defined   [2][2]bool
	jfif, rgb bool // said by a segment of JFIF, of Adobe

	m    image.YCbCr
	gray image.Gray
	pix  []byte
}

// scanned is one component of the scan.
type scanned struct {
	id, quantizer byte
	h, v          int // blocks of an MCU
	dc, ac        *huffman
	last          int32 // DC coefficient
	pix           []byte
	stride        int
}

var baselines = sync.Pool{New: func() any { return &baseline{} }}

// image is what the file shows, in memory that is d's. If side is not 0, only the blocks are computed that the centre
// square of that side needs.
func (d *baseline) image(data []byte, side int) (image.Image, bool) {
	if !bytes.HasPrefix(data, []byte("\xff\xd8")) {
		return nil, false
	}
	d.data, d.pos = data, 2
	d.w, d.count, d.restart, d.jfif, d.rgb = 0, 0, 0, false, false
	d.quantizer, d.defined = [4][64]int32{}, [2][2]bool{}
	for {
		marker, segment, ok := d.segment()
		if !ok {
			return nil, false
		}
		switch {
		case marker == 0xc0:
			ok = d.frame(segment)
		case marker == 0xc4:
			ok = d.huffmanTables(segment)
		case marker == 0xdb:
			ok = d.quantizers(segment)
		case marker == 0xdd && len(segment) == 2:
			d.restart = int(binary.BigEndian.Uint16(segment))
		case marker == 0xda:
			if !d.header(segment) || !d.scan(side) {
				return nil, false
			}
			if d.count == 1 {
				return &d.gray, true
			}
			return &d.m, true
		case marker == 0xe0:
			d.jfif = len(segment) >= 5 && string(segment[:5]) == "JFIF\x00"
		case marker == 0xee && len(segment) >= 12 && string(segment[:5]) == "Adobe":
			d.rgb = segment[11] == 0
		case marker != 0xfe && marker&0xf0 != 0xe0:
			ok = false
		}
		if !ok {
			return nil, false
		}
	}
}

// segment returns the next marker and what belongs to it.
func (d *baseline) segment() (marker byte, body []byte, ok bool) {
	rest := d.data[min(d.pos, len(d.data)):]
	if len(rest) < 4 || rest[0] != 0xff {
		return 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(rest[2:]))
	if n < 2 || n+2 > len(rest) {
		return 0, nil, false
	}
	d.pos += 2 + n
	return rest[1], rest[4 : 2+n], true
}

// frame reads a frame header (B.2.2).
func (d *baseline) frame(s []byte) bool {
	if d.w > 0 || len(s) < 6 || s[0] != 8 || s[5] != 1 && s[5] != 3 || len(s) != 6+3*int(s[5]) {
		return false
	}
	d.h, d.w, d.count = int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:])), int(s[5])
	if d.w < 1 || d.h < 1 {
		return false
	}
	for i := range d.count {
		id, sampling, q := s[6+3*i], s[7+3*i], s[8+3*i]
		d.component[i] = scanned{id: id, quantizer: q, h: int(sampling >> 4), v: int(sampling & 15)}
		if q > 3 || i > 0 && (sampling != 0x11 || id == d.component[0].id) {
			return false
		}
	}
	y := &d.component[0]
	if y.h < 1 || y.h > 2 || y.v < 1 || y.v > 2 {
		return false
	}
	if d.count == 1 {
		y.h, y.v = 1, 1
		return true
	}
	return d.component[1].id != d.component[2].id
}

// quantizers reads quantization tables of 8 bits, in zigzag order (B.2.4.1).
func (d *baseline) quantizers(s []byte) bool {
	for ; len(s) >= 65; s = s[65:] {
		if s[0] > 3 {
			return false
		}
		for i, v := range s[1:65] {
			d.quantizer[s[0]][i] = int32(v)
		}
	}
	return len(s) == 0
}

// huffmanTables reads Huffman tables (B.2.4.2).
func (d *baseline) huffmanTables(s []byte) bool {
	for len(s) >= 17 {
		n := 17
		for _, k := range s[1:17] {
			n += int(k)
		}
		if s[0]&^0x11 != 0 || n == 17 || n > len(s) || !d.huffman[s[0]>>4][s[0]&1].set(s[1:n]) {
			return false
		}
		d.defined[s[0]>>4][s[0]&1] = true
		s = s[n:]
	}
	return len(s) == 0
}

// header reads a scan header (B.2.3) and takes the memory.
func (d *baseline) header(s []byte) bool {
	if d.count == 0 || len(s) != 4+2*d.count || int(s[0]) != d.count {
		return false
	}
	named := d.component[0].id == 'R' && d.component[1].id == 'G' && d.component[2].id == 'B'
	if d.count == 3 && !d.jfif && (d.rgb || named) {
		return false
	}
	mcusX, mcusY := d.mcus()
	size := 0
	for i := range d.component[:d.count] {
		c := &d.component[i]
		dc, ac := s[2+2*i]>>4, s[2+2*i]&15
		if s[1+2*i] != c.id || dc > 1 || ac > 1 || !d.defined[0][dc] || !d.defined[1][ac] {
			return false
		}
		c.dc, c.ac = &d.huffman[0][dc], &d.huffman[1][ac]
		if slices.Max(c.dc.codes[16:]) > 15 {
			return false
		}
		c.stride = 8 * c.h * mcusX
		size += c.stride * 8 * c.v * mcusY
	}
	d.pix = slices.Grow(d.pix[:0], size)[:size]
	rest := d.pix
	for i := range d.component[:d.count] {
		c := &d.component[i]
		n := c.stride * 8 * c.v * mcusY
		c.pix, rest = rest[:n:n], rest[n:]
	}
	all := image.Rect(0, 0, d.w, d.h)
	y := d.component[0]
	if d.count == 1 {
		d.gray = image.Gray{Pix: y.pix, Stride: y.stride, Rect: all}
		return true
	}
	ratio := map[[2]int]image.YCbCrSubsampleRatio{
		{1, 1}: image.YCbCrSubsampleRatio444, {2, 1}: image.YCbCrSubsampleRatio422,
		{1, 2}: image.YCbCrSubsampleRatio440, {2, 2}: image.YCbCrSubsampleRatio420,
	}[[2]int{y.h, y.v}]
	d.m = image.YCbCr{Y: y.pix, Cb: d.component[1].pix, Cr: d.component[2].pix,
		YStride: y.stride, CStride: d.component[1].stride, SubsampleRatio: ratio, Rect: all}
	return true
}

// mcus is the number of minimum coded units in each direction.
func (d *baseline) mcus() (x, y int) {
	w, h := 8*d.component[0].h, 8*d.component[0].v
	return (d.w + w - 1) / w, (d.h + h - 1) / h
}

// scan decodes the entropy-coded segments and the end of the image behind them.
func (d *baseline) scan(side int) bool {
	mcusX, mcusY := d.mcus()
	first, last := 0, mcusX
	if side > 0 {
		const beside = 2 // that the chroma of a pixel depends on
		from, to := centreSquare(d.w, d.h, side).columns(d.w)
		width := 8 * d.component[0].h
		first, last = (from-beside)/width, (to+beside)/width
	}
	left, marker := d.restart, byte(0)
	d.acc, d.n, d.beyond = 0, 0, 0
	for my := range mcusY {
		for mx := range mcusX {
			if d.restart > 0 && left == 0 {
				if !d.reaches(0xd0 + marker) {
					return false
				}
				left, marker = d.restart, (marker+1)&7
				for i := range d.component {
					d.component[i].last = 0
				}
			}
			left--
			for i := range d.component[:d.count] {
				c := &d.component[i]
				for j := range c.h * c.v {
					var b [64]int32
					rows, ok := d.block(&b, c)
					if !ok {
						return false
					}
					if mx >= first && mx <= last {
						x, y := c.h*mx+j%c.h, c.v*my+j/c.h
						inverse(c.pix[8*(y*c.stride+x):], c.stride, &b, rows)
					}
				}
			}
		}
		if d.n < 8*d.beyond {
			return false
		}
	}
	return d.reaches(0xd9)
}

// reaches takes the marker, which must be the next thing after the rest of a byte.
func (d *baseline) reaches(marker byte) bool {
	d.fill()
	rest := d.n - 8*d.beyond
	if rest < 0 || rest > 7 || len(d.data) < d.pos+2 || d.data[d.pos] != 0xff || d.data[d.pos+1] != marker {
		return false
	}
	d.pos += 2
	d.acc, d.n, d.beyond = 0, 0, 0
	return true
}

// fill adds bytes until there are more than 56 bits: zeros from a marker on.
func (d *baseline) fill() {
	for d.n <= 56 {
		v := byte(0)
		switch rest := d.data[d.pos:]; {
		case len(rest) > 0 && rest[0] != 0xff:
			v = rest[0]
			d.pos++
		case len(rest) > 1 && rest[1] == 0:
			v = 0xff
			d.pos += 2
		default:
			d.beyond++
		}
		d.acc |= uint64(v) << (56 - d.n)
		d.n += 8
	}
}

// zigzag is the place in a block of each coefficient of the scan (figure A.6).
var zigzag = [64]uint8{
	0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5,
	12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21, 28,
	35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
	58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
}

// block decodes the coefficients of one block and multiplies them by the quantization table (F.2.2). The bits of rows
// tell which rows of b have a coefficient besides the first.
func (d *baseline) block(b *[64]int32, c *scanned) (rows uint, ok bool) {
	q := &d.quantizer[c.quantizer]
	if d.n < 32 {
		d.fill()
	}
	acc, n := d.acc, d.n
	table := c.dc
	for k := 0; k < 64; {
		if n < 32 {
			// Eight bytes at once, if none is 0xff. What lies below the n bits then is the rest of the next byte.
			if d.pos+8 <= len(d.data) {
				v := binary.BigEndian.Uint64(d.data[d.pos:])
				if (^v-0x0101010101010101)&v&0x8080808080808080 == 0 {
					acc |= v >> uint(n)
					d.pos += (63 - n) >> 3
					n |= 56
				}
			}
			if n < 32 {
				d.acc, d.n = acc, n
				d.fill()
				acc, n = d.acc, d.n
			}
		}
		e := table.look[acc>>(64-lookBits)]
		if e == 0 {
			if e = table.long(acc); e == 0 {
				return 0, false
			}
		}
		length := uint(e & 63)
		value, run := e>>16, int(e>>8&15)
		acc <<= length
		n -= int(length)
		if value == 0 {
			size := uint(e >> 12 & 15)
			if size == 0 && k > 0 {
				if run == 15 {
					k += 16
					continue
				}
				if run > 0 {
					return 0, false
				}
				break
			}
			// As many bits as size says; if the first is 0, the value is negative (F.2.2.1).
			value = int32(acc>>1>>(63-size)) + int32(^(int64(acc)>>63))&(1-1<<size)
			acc <<= size
			n -= int(size)
		}
		if k += run; k > 63 {
			return 0, false
		}
		if k == 0 {
			c.last += value
			b[0] = c.last * q[0]
			table = c.ac
		} else {
			at := zigzag[k] & 63
			b[at] = value * q[k]
			rows |= 1 << (at >> 3)
		}
		k++
	}
	d.acc, d.n = acc, n
	return rows, true
}

// lookBits is how many bits of the scan are looked up at once.
const lookBits = 10

// huffman decodes the codes of one table, and the values behind them if both have no more than lookBits bits.
//
// An entry holds from its lowest bit: the bits that it takes (8), the zero coefficients before (4), the bits of a value
// that is still to be read (4), or the value (16). An entry of 0 is none.
type huffman struct {
	codes []byte // as in the file: the number of codes of each length, then what they stand for
	look  [1 << lookBits]int32
	// Of each length of codes: the first code that is longer, moved up to 16 bits, and what leads from a code to its place
	// in codes.
	limit [17]uint32
	shift [17]int
}

// set makes the table of a file, unless it is the one of the file before, as most are.
func (h *huffman) set(codes []byte) bool {
	if slices.Equal(codes, h.codes) {
		return true
	}
	h.codes = append(h.codes[:0], codes...)
	clear(h.look[:])
	code, at := uint32(0), 16
	for length := 1; length <= 16; length++ {
		if int(code)+int(codes[length-1]) > 1<<length { // more codes than there is room for
			h.codes = h.codes[:0]
			return false
		}
		h.shift[length] = at - int(code)
		for range codes[length-1] {
			if length <= lookBits {
				h.short(code, length, codes[at])
			}
			code++
			at++
		}
		h.limit[length] = code << (16 - length)
		code <<= 1
	}
	return true
}

// entry is that of a symbol, without its value.
func entry(length int, symbol byte) int32 {
	return int32(length) | int32(symbol>>4)<<8 | int32(symbol&15)<<12
}

// short fills in what begins with a short code.
func (h *huffman) short(code uint32, length int, symbol byte) {
	free, size := lookBits-length, int(symbol&15)
	all := h.look[int(code)<<free:][:1<<free]
	for rest := range all {
		all[rest] = entry(length, symbol)
		if size > 0 && size <= free {
			v := rest >> (free - size)
			if v < 1<<(size-1) {
				v += 1 - 1<<size
			}
			all[rest] = entry(length+size, symbol&0xf0) | int32(v)<<16
		}
	}
}

// long is the entry of a long code at the top of acc.
func (h *huffman) long(acc uint64) int32 {
	code := uint32(acc >> 48)
	for length := lookBits + 1; length <= 16; length++ {
		if code < h.limit[length] {
			return entry(length, h.codes[h.shift[length]+int(code>>(16-length))])
		}
	}
	return 0
}

// inverse writes the inverse cosine transform of a block, brought to 0 … 255, to dst. It is image/jpeg's, bit for bit:
// that of Loeffler, Ligtenberg and Moschytz (ICASSP 1989) with 12 to 18 bits of fraction, first of the rows, then of the
// columns. The bits of rows tell which rows have a coefficient other than the first of all.
func inverse(dst []byte, stride int, b *[64]int32, rows uint) {
	var out [64]byte
	if rows == 0 {
		v := uint64(level((b[0]<<17+1<<19)>>2)) * 0x0101010101010101
		for y := range 8 {
			binary.LittleEndian.PutUint64(dst[y*stride:], v)
		}
		return
	}
	for y := range 8 {
		if rows>>y&1 == 0 && y > 0 {
			continue
		}
		x := b[8*y:][:8:8]
		e0, e1 := (x[0]+x[4])<<17, (x[0]-x[4])<<17
		e2, e3 := 70936*x[2]-171254*x[6], 70936*x[6]+171254*x[2]
		x0, x1, x2, x3 := e0+e3, e1+e2, e1-e2, e0-e3
		o7, o4 := (x[1]+x[7])<<7, (x[1]-x[7])<<7
		o5, o6 := 181*x[3], 181*x[5]
		o7, o5, o4, o6 = (o7+o5)>>2, (o7-o5)>>2, (o4+o6)>>2, (o4-o6)>>2
		x4, x7 := 3406*o4-2276*o7, 3406*o7+2276*o4
		x5, x6 := 4017*o5-799*o6, 4017*o6+799*o5
		x[0], x[1], x[2], x[3] = x0+x7, x1+x6, x2+x5, x3+x4
		x[4], x[5], x[6], x[7] = x3-x4, x2-x5, x1-x6, x0-x7
	}
	for i := range 8 {
		c0 := b[i] + 1<<19
		e0, e1 := (c0+b[32+i])>>2, (c0-b[32+i])>>2
		c2, c6 := b[16+i]>>13, b[48+i]>>13
		e2, e3 := 1108*c2-2676*c6, 1108*c6+2676*c2
		x0, x1, x2, x3 := e0+e3, e1+e2, e1-e2, e0-e3
		o7, o4 := b[8+i]+b[56+i], b[8+i]-b[56+i]
		o5, o6 := b[24+i]>>13*11585, b[40+i]>>13*11585
		o7, o5, o4, o6 = (o7+o5)>>14, (o7-o5)>>14, (o4+o6)>>14, (o4-o6)>>14
		x4, x7 := 3406*o4-2276*o7, 3406*o7+2276*o4
		x5, x6 := 4017*o5-799*o6, 4017*o6+799*o5
		out[i], out[8+i], out[16+i], out[24+i] = level(x0+x7), level(x1+x6), level(x2+x5), level(x3+x4)
		out[32+i], out[40+i], out[48+i], out[56+i] = level(x3-x4), level(x2-x5), level(x1-x6), level(x0-x7)
	}
	for y := range 8 {
		copy(dst[y*stride:][:8], out[8*y:])
	}
}

// level rounds a sample down and shifts it to 0 … 255.
func level(v int32) byte {
	v = v>>18 + 128
	if uint32(v) > 255 {
		v = ^v >> 31
	}
	return byte(v)
}
