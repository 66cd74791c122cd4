package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"io"
	"sync"
)

const pngSignature = "\x89PNG\r\n\x1a\n"

var formatPNG = format{
	name: "PNG", extensions: []string{".png"}, magic: []string{pngSignature},
	config: png.DecodeConfig, decode: png.Decode, fast: plainPNG,
}

// plainPixels is the largest picture that plainPNG takes: its compressed data are copied.
const plainPixels = 1 << 24

// inflaters are kept from one picture to the next: taking memory for a new one is four fifths of the time in which the
// standard library decodes a PNG of 28×28, and two fifths of the processor time of loading a folder of them.
var inflaters = sync.Pool{New: func() any { return &inflater{} }}

type inflater struct {
	io.ReadCloser // nil until first used
	in            bytes.Reader
}

// plainPNG decodes a PNG of 8 bits a channel in gray, RGB or RGBA, not interlaced and without tRNS. Whatever is out of the
// ordinary, a fault above all, is left to the standard decoder, which knows what to say.
func plainPNG(data []byte) (m rows, ok bool) {
	const begin, end = len(pngSignature) + 8, len(pngSignature) + 8 + 13
	idat, ok := pngData(data[len(pngSignature):])
	if !ok || end-begin != int(binary.BigEndian.Uint32(data[begin-8:])) {
		return nil, false
	}
	w, h := int(binary.BigEndian.Uint32(data[begin:])), int(binary.BigEndian.Uint32(data[begin+4:]))
	channels, known := map[string]int{
		"\x08\x00\x00\x00\x00": 1, "\x08\x02\x00\x00\x00": 3, "\x08\x06\x00\x00\x00": 4,
	}[string(data[begin+8:end])]
	if !known || w < 1 || h < 1 || w > plainPixels/h {
		return nil, false
	}
	stride := 1 + w*channels
	rows := make([]byte, h*stride)
	if !inflate(rows, idat) {
		return nil, false
	}
	above := make([]byte, stride)
	for row := rows; len(row) > 0; row = row[stride:] {
		if !unfilter(row[:stride], above, channels) {
			return nil, false
		}
		above = row[:stride]
	}
	return packed{w, h, min(channels, 3), channels, stride, rows[1:]}, true
}

// pngData joins the contents of the IDAT chunks, which lie in a row between IHDR, the first chunk, and IEND, the last.
// Only chunks that have nothing to say about these pixels may lie between them.
func pngData(data []byte) (idat []byte, ok bool) {
	previous := ""
	for len(data) >= 12 {
		n := binary.BigEndian.Uint32(data)
		if uint64(n) > uint64(len(data)-12) || crc32.ChecksumIEEE(data[4:8+n]) != binary.BigEndian.Uint32(data[8+n:]) {
			return nil, false
		}
		kind, body := string(data[4:8]), data[8:8+n]
		data = data[12+n:]
		ancillary := kind[0]&0x20 != 0 && kind != "tRNS"
		switch {
		case (kind == "IHDR") != (previous == ""):
			return nil, false
		case kind == "IDAT" && n > 0 && (idat == nil || previous == "IDAT"):
			idat = append(idat, body...)
		case kind == "IEND":
			return idat, n == 0 && len(idat) > 0
		case kind != "IHDR" && !ancillary:
			return nil, false
		}
		previous = kind
	}
	return nil, false
}

// inflate fills rows, and wants nothing behind them and the checksums right.
func inflate(rows, idat []byte) bool {
	z := inflaters.Get().(*inflater)
	defer inflaters.Put(z)
	z.in.Reset(idat)
	var err error
	if z.ReadCloser == nil {
		z.ReadCloser, err = zlib.NewReader(&z.in)
	} else {
		err = z.ReadCloser.(zlib.Resetter).Reset(&z.in, nil)
	}
	if err != nil {
		return false
	}
	if _, err := io.ReadFull(z, rows); err != nil {
		return false
	}
	n, err := z.Read(make([]byte, 1)) // the checksum is compared when the end is read
	return n == 0 && err == io.EOF && z.in.Len() == 0
}

// unfilter undoes the filter that row's first byte names (W3C PNG, clause 9), of pixels of bpp bytes, in place; above is
// the row before. It returns false for an unknown filter.
func unfilter(row, above []byte, bpp int) bool {
	filter, row := row[0], row[1:]
	above = above[1:][:len(row)]
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
		for i, up := range above[:bpp] {
			row[i] += up / 2
		}
		for i := bpp; i < len(row); i++ {
			row[i] += byte((int(row[i-bpp]) + int(above[i])) / 2)
		}
	case 4:
		for first := range bpp {
			left, corner := 0, 0
			for i := first; i < len(row); i += bpp {
				up := int(above[i])
				left = (int(row[i]) + paeth(left, up, corner)) & 0xff
				row[i], corner = byte(left), up
			}
		}
	default:
		return false
	}
	return true
}

// paeth returns whichever of left, up and corner is nearest to left + up − corner.
func paeth(left, up, corner int) int {
	a, b := up-corner, left-corner
	toLeft, toUp, toCorner := max(a, -a), max(b, -b), max(a+b, -a-b)
	nearest := corner
	if toUp <= toCorner {
		nearest = up
	}
	if toLeft <= toUp && toLeft <= toCorner {
		nearest = left
	}
	return nearest
}
