package dataset

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image"
	"io"
	"sync"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

// fastPNG decodes a plain PNG (8 bits a channel, not interlaced, no tRNS, checksums right), which
// nearly all are, with an inflater and row buffers that it keeps. For a small picture the standard
// decoder spends most of its time on taking that memory anew. Whatever is out of the ordinary,
// a fault above all, returns false and is left to the standard decoder, which knows what to say.
func fastPNG(data []byte) (pixels, bool) {
	f := pngPool.Get().(*pngReader)
	defer pngPool.Put(f)
	h, ok := f.chunks(data[len(pngSignature):])
	if !ok {
		return pixels{}, false
	}
	return f.decode(h)
}

// fastPNGSize reads the size of a PNG that fastPNG may decode. The standard decoder takes a kilobyte
// for that.
func fastPNGSize(data []byte) (size image.Config, ok bool) {
	const begin, length = len(pngSignature) + 8, 13
	if len(data) < begin+length+4 || string(data[begin-8:begin]) != "\x00\x00\x00\x0dIHDR" ||
		crc32.ChecksumIEEE(data[begin-4:begin+length]) != binary.BigEndian.Uint32(data[begin+length:]) {
		return size, false
	}
	h, ok := pngIHDR(data[begin : begin+length])
	return image.Config{Width: h.w, Height: h.h}, ok && h.w > 0 && h.h > 0
}

// pngReader is the memory that one decoding needs.
type pngReader struct {
	zlib    io.ReadCloser // nil until first used
	idat    bytes.Reader
	joined  []byte // IDAT chunks, where there are several
	rows    []byte
	palette [256][3]byte
}

var pngPool = sync.Pool{New: func() any { return new(pngReader) }}

// pngChannels are the bytes a pixel of each colour type: gray, RGB, palette, gray and alpha, RGBA.
var pngChannels = map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}

type pngHeader struct {
	w, h     int
	color    byte
	channels int
	idat     []byte
}

// chunks walks the chunks after the signature: IHDR, then PLTE where there must be one, then the
// IDATs in a row, and IEND at the very end.
func (f *pngReader) chunks(data []byte) (h pngHeader, ok bool) {
	var kind string
	havePalette, idats := false, 0
	for previous := ""; len(data) >= 12; previous = kind {
		n := binary.BigEndian.Uint32(data)
		if uint64(n) > uint64(len(data)-12) {
			return h, false
		}
		kind = string(data[4:8])
		body, sum := data[8:8+n], data[8+n:12+n]
		if crc32.ChecksumIEEE(data[4:8+n]) != binary.BigEndian.Uint32(sum) {
			return h, false
		}
		data = data[12+n:]
		if (previous == "") != (kind == "IHDR") {
			return h, false
		}
		switch kind {
		case "IHDR":
			if h, ok = pngIHDR(body); !ok {
				return h, false
			}
		case "PLTE":
			if h.color != 3 || havePalette || idats > 0 || n == 0 || n%3 != 0 || n > 768 {
				return h, false
			}
			havePalette = true
			clear(f.palette[:])
			for i := range n {
				f.palette[i/3][i%3] = body[i]
			}
		case "IDAT":
			switch {
			case idats > 0 && previous != "IDAT":
				return h, false
			case idats == 0:
				h.idat = body
			case idats == 1:
				f.joined = append(append(f.joined[:0], h.idat...), body...)
				h.idat = f.joined
			default:
				f.joined = append(f.joined, body...)
				h.idat = f.joined
			}
			idats++
		case "IEND":
			return h, n == 0 && idats > 0 && havePalette == (h.color == 3)
		default:
			if ancillary := kind[0]&0x20 != 0; !ancillary || kind == "tRNS" {
				return h, false
			}
		}
	}
	return h, false
}

// pngIHDR reads the header: 8 bits a channel, the one compression and filter method, no interlace.
func pngIHDR(b []byte) (h pngHeader, ok bool) {
	if len(b) != 13 || b[8] != 8 || b[10] != 0 || b[11] != 0 || b[12] != 0 {
		return h, false
	}
	h.w, h.h = int(binary.BigEndian.Uint32(b)), int(binary.BigEndian.Uint32(b[4:]))
	h.color = b[9]
	h.channels, ok = pngChannels[h.color]
	return h, ok
}

// decode inflates the rows two at a time, undoes their filters and separates the channels.
func (f *pngReader) decode(h pngHeader) (p pixels, ok bool) {
	if !f.reset(h.idat) {
		return p, false
	}
	stride := 1 + h.w*h.channels
	if cap(f.rows) < 2*stride {
		f.rows = make([]byte, 2*stride)
	}
	current, above := f.rows[:stride], f.rows[stride:2*stride]
	clear(above)
	p = newPNGPixels(h)
	for y := range h.h {
		if _, err := io.ReadFull(f.zlib, current); err != nil {
			return p, false
		}
		if !unfilter(current[0], current[1:], above[1:], h.channels) {
			return p, false
		}
		f.store(p, h, y, current[1:])
		current, above = above, current
	}
	// The checksum of the stream is compared when its end is read.
	n, err := f.zlib.Read(above[:1])
	return p, n == 0 && err == io.EOF && f.idat.Len() == 0
}

func (f *pngReader) reset(idat []byte) bool {
	f.idat.Reset(idat)
	if f.zlib == nil {
		r, err := zlib.NewReader(&f.idat)
		f.zlib = r
		return err == nil
	}
	return f.zlib.(zlib.Resetter).Reset(&f.idat, nil) == nil
}

func newPNGPixels(h pngHeader) pixels {
	if h.color == 0 || h.color == 4 {
		return pixels{h.w, h.h, make([]byte, h.w*h.h)}
	}
	return newRGB(h.w, h.h)
}

// store puts a row into its planes; alpha is dropped.
func (f *pngReader) store(p pixels, h pngHeader, y int, row []byte) {
	if p.gray() {
		plane := p.data[y*h.w:][:h.w]
		if h.channels == 1 {
			copy(plane, row)
			return
		}
		for x := range plane {
			plane[x] = row[2*x]
		}
		return
	}
	r, g, b := p.rgb()
	r, g, b = r[y*h.w:][:h.w], g[y*h.w:][:h.w], b[y*h.w:][:h.w]
	if h.color == 3 {
		for x, index := range row {
			c := f.palette[index]
			r[x], g[x], b[x] = c[0], c[1], c[2]
		}
		return
	}
	for x := range r {
		c := row[x*h.channels:][:3]
		r[x], g[x], b[x] = c[0], c[1], c[2]
	}
}

// unfilter undoes a PNG filter (W3C PNG, clause 9) of bpp bytes a pixel in place; above is the row
// before. It returns false for an unknown filter.
func unfilter(filter byte, row, above []byte, bpp int) bool {
	above = above[:len(row)]
	switch filter {
	case 0:
	case 1:
		for i := bpp; i < len(row); i++ {
			row[i] += row[i-bpp]
		}
	case 2:
		for i, up := range above {
			row[i] += up
		}
	case 3:
		for i := range row[:bpp] {
			row[i] += above[i] / 2
		}
		for i := bpp; i < len(row); i++ {
			row[i] += byte((int(row[i-bpp]) + int(above[i])) / 2)
		}
	case 4:
		for i := range row[:bpp] {
			row[i] += above[i]
		}
		for i := bpp; i < len(row); i++ {
			row[i] += paeth(row[i-bpp], above[i], above[i-bpp])
		}
	default:
		return false
	}
	return true
}

// paeth returns whichever of left, up and corner is nearest to left + up − corner.
func paeth(left, up, corner byte) byte {
	a, b, c := int(left), int(up), int(corner)
	pa, pb := b-c, a-c
	pc := max(pa+pb, -pa-pb)
	pa, pb = max(pa, -pa), max(pb, -pb)
	switch {
	case pa <= pb && pa <= pc:
		return left
	case pb <= pc:
		return up
	}
	return corner
}
