package dataset

import (
	"encoding/binary"
	"fmt"
)

// The tags of a TIFF (Adobe, TIFF 6.0) that golang.org/x/image/tiff reads past.
const (
	tiffCompression = 259
	tiffPhotometric = 262
	tiffFillOrder   = 266
	tiffOrientation = 274
	tiffSamples     = 277
	tiffPlanar      = 284
)

// finishTIFF makes of what the decoder returns what PIL shows: it turns the picture as the
// orientation says, which PIL does for TIFF alone; it inverts fax-coded pictures in which 0 is
// black, whose colours the decoder exchanges; and it refuses what the decoder would get wrong.
func finishTIFF(data []byte, p pixels) (pixels, error) {
	tag := tiffTags(data)
	if tag[tiffPlanar] == 2 && tag[tiffSamples] > 1 {
		return p, fmt.Errorf("tiff: planar configuration is 2, want 1: channels pixel by pixel")
	}
	fax := tag[tiffCompression] == 3 || tag[tiffCompression] == 4
	if tag[tiffFillOrder] == 2 && !fax {
		return p, fmt.Errorf("tiff: fill order is 2, want 1")
	}
	if fax && tag[tiffPhotometric] == 1 {
		for i := range p.data {
			p.data[i] ^= 0xff
		}
	}
	return orient(p, tag[tiffOrientation]), nil
}

// tiffTags returns the first value of each whole-number tag of the first directory.
func tiffTags(data []byte) map[int]int {
	var order binary.ByteOrder = binary.LittleEndian
	if data[0] == 'M' {
		order = binary.BigEndian
	}
	tags := map[int]int{}
	at := uint64(order.Uint32(data[4:]))
	if at+2 > uint64(len(data)) {
		return tags
	}
	for entry := data[at+2:]; len(tags) < int(order.Uint16(data[at:])) && len(entry) >= 12; entry = entry[12:] {
		value := 0
		switch order.Uint16(entry[2:]) {
		case 1:
			value = int(entry[8])
		case 3:
			value = int(order.Uint16(entry[8:]))
		case 4:
			value = int(order.Uint32(entry[8:]))
		}
		tags[int(order.Uint16(entry))] = value
	}
	return tags
}

// orient turns a picture stored in one of the eight orientations of TIFF and EXIF upright.
func orient(p pixels, orientation int) pixels {
	if orientation < 2 || orientation > 8 {
		return p
	}
	flipX := orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8
	flipY := orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7
	q := pixels{p.w, p.h, make([]byte, len(p.data))}
	transpose := orientation >= 5
	if transpose {
		q.w, q.h = p.h, p.w
	}
	for c := range len(p.data) / (p.w * p.h) {
		src, dst := p.data[c*p.w*p.h:], q.data[c*p.w*p.h:]
		for y := range q.h {
			for x := range q.w {
				sx, sy := x, y
				if transpose {
					sx, sy = y, x
				}
				if flipX {
					sx = p.w - 1 - sx
				}
				if flipY {
					sy = p.h - 1 - sy
				}
				dst[y*q.w+x] = src[sy*p.w+sx]
			}
		}
	}
	return q
}
