package picture

import (
	"encoding/binary"
	"errors"

	"golang.org/x/image/tiff"
)

var formatTIFF = format{
	name: "TIFF", extensions: []string{".tif", ".tiff"}, magic: []string{"II*\x00", "MM\x00*"},
	config: tiff.DecodeConfig, decode: tiff.Decode, finish: finishTIFF,
}

// The tags of a TIFF (Adobe, TIFF 6.0) that golang.org/x/image/tiff reads past.
const (
	tiffCompression = 259
	tiffPhotometric = 262
	tiffFillOrder   = 266
	tiffOrientation = 274
	tiffSamples     = 277
	tiffPlanar      = 284
)

// finishTIFF makes of what the decoder returns what PIL shows: it turns the picture as the orientation says, which PIL
// does for TIFF alone; it inverts fax-coded pictures in which 0 is black, whose colours the decoder exchanges; and it
// refuses what the decoder would get wrong.
func finishTIFF(data []byte, p Pixels) (Pixels, error) {
	tag := tiffTags(data)
	if tag[tiffPlanar] == 2 && tag[tiffSamples] > 1 {
		return p, errors.New("planar configuration is 2, want 1: channels pixel by pixel")
	}
	fax := tag[tiffCompression] == 3 || tag[tiffCompression] == 4
	if tag[tiffFillOrder] == 2 && !fax {
		return p, errors.New("fill order is 2, want 1")
	}
	if fax && tag[tiffPhotometric] == 1 {
		for i := range p.Data {
			p.Data[i] ^= 0xff
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
func orient(p Pixels, orientation int) Pixels {
	if orientation < 2 || orientation > 8 {
		return p
	}
	// What is stored is turned over along the diagonal, then mirrored in x, in y.
	how := [9]struct{ diagonal, x, y bool }{
		2: {x: true}, 3: {x: true, y: true}, 4: {y: true},
		5: {diagonal: true}, 6: {diagonal: true, y: true}, 7: {diagonal: true, x: true, y: true}, 8: {diagonal: true, x: true},
	}[orientation]
	q := Pixels{p.W, p.H, make([]byte, 0, len(p.Data))}
	if how.diagonal {
		q.W, q.H = p.H, p.W
	}
	for c := range len(p.Data) / (p.W * p.H) {
		for y := range q.H {
			for x := range q.W {
				sx, sy := x, y
				if how.diagonal {
					sx, sy = y, x
				}
				if how.x {
					sx = p.W - 1 - sx
				}
				if how.y {
					sy = p.H - 1 - sy
				}
				q.Data = append(q.Data, p.Data[(c*p.H+sy)*p.W+sx])
			}
		}
	}
	return q
}
