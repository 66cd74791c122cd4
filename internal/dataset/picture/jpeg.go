package picture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"slices"
	"strings"

	"github.com/gen2brain/jpegn"
)

var formatJPEG = format{
	name: "JPEG", extensions: []string{".jpg", ".jpeg"}, magic: []string{"\xff\xd8\xff"},
	config: jpeg.DecodeConfig, bound: boundScans, fast: baselineJPEG, decode: decodeJPEG, chroma: libjpeg,
}

// The markers of ITU-T T.81, table B.1, that matter here; the second byte of each, the first being 0xff.
const (
	markerSOF0 = 0xc0 // frame of a baseline JPEG
	markerDHT  = 0xc4 // Huffman tables
	markerRST0 = 0xd0 // the first of eight that restart the decoder
	markerSOI  = 0xd8
	markerEOI  = 0xd9
	markerSOS  = 0xda // scan
	markerDQT  = 0xdb // quantization tables
	markerDRI  = 0xdd // restart interval
	markerAPP0 = 0xe0 // and 15 more of applications
	markerCOM  = 0xfe
)

// maxScans is the most scans of a JPEG. The programs that write progressive files make 10 or so of a picture; each may
// take as long as a whole baseline file, and two bytes suffice for one.
const maxScans = 100

// boundScans refuses a progressive JPEG that would take too long.
func boundScans(data []byte) error {
	scans := 0
	for at := len("\xff\xd8"); ; {
		next := bytes.IndexByte(data[at:], 0xff)
		if next < 0 || at+next+1 >= len(data) {
			return nil
		}
		at += next + 1
		switch marker := data[at]; {
		case marker == markerEOI:
			return nil
		case marker == 0xff: // a fill byte
		case marker == 0 || marker >= markerRST0 && marker < markerSOI || at+2 >= len(data):
			at++
		default:
			if marker == markerSOS {
				scans++
			}
			if scans > maxScans {
				return fmt.Errorf("file has more than %d scans, want at most that", maxScans)
			}
			at = min(at+1+max(2, int(binary.BigEndian.Uint16(data[at+1:]))), len(data))
		}
	}
}

// decodeJPEG is jpeg.Decode, which refuses four components without an Adobe marker. PIL takes
// those for inverted CMYK, which is what the marker spliced in here says.
func decodeJPEG(r io.Reader) (image.Image, error) {
	m, err := jpeg.Decode(r)
	if _, unsupported := errors.AsType[jpeg.UnsupportedError](err); !unsupported {
		return m, err
	}
	again := r.(io.ReadSeeker)
	again.Seek(0, io.SeekStart)
	if c, cerr := jpeg.DecodeConfig(again); cerr != nil || c.ColorModel != color.CMYKModel {
		return m, err
	}
	const soi = 2
	again.Seek(soi, io.SeekStart)
	marker := "\xff\xd8" + "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	if m, retry := jpeg.Decode(io.MultiReader(strings.NewReader(marker), again)); retry == nil {
		return m, nil
	}
	return m, err
}

// baselineJPEG decodes with jpegn, in half of image/jpeg's time, the JPEG that cameras and most programs write: one
// interleaved scan of Huffman codes, of Y, Cb and Cr or of gray. Whatever is out of the ordinary, a fault above all, is left
// to image/jpeg, so that the same files are refused, in the same words: jpegn decodes a broken file as far as it goes, and
// does not say how far that is. So the file's structure is checked before, and what jpegn reads has guards behind the data
// of each restart interval: ones, which begin no Huffman code. The decoder that is short of data reads them, stops, and
// leaves the rest of the interval 0. An interval whose last block of the last component is not 0 is therefore whole, but for
// a value in the last bits of its last block, in place of which it may have read ones.
func baselineJPEG(data []byte) (rows, bool) {
	b := baseline{}
	if len(data) > maxBaselineBytes || !b.read(data) {
		return nil, false
	}
	m, err := jpegn.Decode(&b.file)
	if err != nil {
		return nil, false
	}
	switch m := m.(type) {
	case *image.Gray:
		return toRows(m, libjpeg), b.whole(m.Pix, m.Stride)
	case *image.YCbCr:
		return toRows(m, libjpeg), b.whole(m.Cr, m.CStride)
	}
	return nil, false
}

// maxBaselineBytes is the largest file that is copied for jpegn, which copies it again.
const maxBaselineBytes = 1 << 26

// guard is more than a code, a value and another code take.
var guard = strings.Repeat("\xff\x00", 8)

// baseline is a baseline JPEG whose structure is in order. The sections are those of ITU-T T.81.
type baseline struct {
	file bytes.Buffer // without what applications say, and with guards

	w, h       int
	ids        []byte     // of the components
	mcuW, mcuH int        // pixels of a minimum coded unit
	defined    [2][2]bool // Huffman tables of DC and of AC coefficients
	restart    int        // MCUs of a restart interval, 0: all
	jfif, rgb  bool       // said by a segment of JFIF, of Adobe
}

// read returns false if the structure is not in order.
func (b *baseline) read(data []byte) bool {
	b.file.Grow(len(data) + len(guard))
	b.file.Write(data[:2])
	for rest := data[2:]; len(rest) >= 4 && rest[0] == 0xff; {
		n := 2 + int(binary.BigEndian.Uint16(rest[2:]))
		if n < 4 || n > len(rest) {
			return false
		}
		marker, segment, body := rest[1], rest[:n], rest[4:n]
		rest = rest[n:]
		ok := true
		switch {
		case marker == markerDQT:
		case marker == markerSOF0:
			ok = b.frame(body)
		case marker == markerDHT:
			ok = b.huffmanTables(body)
		case marker == markerDRI && len(body) == 2:
			b.restart = int(binary.BigEndian.Uint16(body))
		case marker == markerSOS:
			if !b.header(body) {
				return false
			}
			b.file.Write(segment)
			return b.scan(rest)
		case marker == markerAPP0:
			b.jfif = bytes.HasPrefix(body, []byte("JFIF\x00"))
			continue
		case marker == markerAPP0+14 && len(body) >= 12 && bytes.HasPrefix(body, []byte("Adobe")):
			b.rgb = body[11] == 0
			continue
		case marker == markerCOM || marker&0xf0 == markerAPP0:
			continue
		default:
			ok = false
		}
		if !ok {
			return false
		}
		b.file.Write(segment)
	}
	return false
}

// frame reads a frame header (B.2.2). Chroma has one block in an MCU.
func (b *baseline) frame(s []byte) bool {
	if b.w > 0 || len(s) < 9 || s[0] != 8 || s[5] != 1 && s[5] != 3 || len(s) != 6+3*int(s[5]) {
		return false
	}
	b.h, b.w = int(binary.BigEndian.Uint16(s[1:])), int(binary.BigEndian.Uint16(s[3:]))
	b.mcuW, b.mcuH = 8, 8
	if len(s) > 9 {
		b.mcuW, b.mcuH = 8*int(s[7]>>4), 8*int(s[7]&15)
	}
	for s = s[6:]; len(s) > 0; s = s[3:] {
		if len(b.ids) > 0 && s[1] != 0x11 || slices.Contains(b.ids, s[0]) {
			return false
		}
		b.ids = append(b.ids, s[0])
	}
	return b.w > 0 && b.h > 0 && b.mcuW > 0 && b.mcuH > 0
}

// huffmanTables reads Huffman tables (B.2.4.2), in which a code of ones alone must be free and a DC coefficient has at most
// 15 bits.
func (b *baseline) huffmanTables(s []byte) bool {
	for len(s) >= 17 {
		end, taken := 17, 0
		for i, n := range s[1:17] {
			end += int(n)
			taken += int(n) << (15 - i)
		}
		class, table := s[0]>>4, s[0]&15
		if class > 1 || table > 1 || end == 17 || end > len(s) || taken >= 1<<16 || class == 0 && slices.Max(s[17:end]) > 15 {
			return false
		}
		b.defined[class][table] = true
		s = s[end:]
	}
	return len(s) == 0
}

// header reads a scan header (B.2.3), which must name all components in the order of the frame.
func (b *baseline) header(s []byte) bool {
	if len(b.ids) == 0 || len(s) != 4+2*len(b.ids) || int(s[0]) != len(b.ids) {
		return false
	}
	for i, id := range b.ids {
		dc, ac := s[2+2*i]>>4, s[2+2*i]&15
		if s[1+2*i] != id || dc > 1 || ac > 1 || !b.defined[0][dc] || !b.defined[1][ac] {
			return false
		}
	}
	return len(b.ids) == 1 || b.jfif || !b.rgb
}

// scan copies the entropy-coded segments with a guard behind each, and wants the right marker behind each of them.
func (b *baseline) scan(data []byte) bool {
	for i := range b.intervals() {
		end := 0
		for {
			next := bytes.IndexByte(data[end:], 0xff)
			if next < 0 || end+next+1 >= len(data) {
				return false
			}
			if end += next; data[end+1] != 0 {
				break
			}
			end += 2
		}
		want := byte(markerRST0 + i&7)
		if i == b.intervals()-1 {
			want = markerEOI
		}
		if data[end+1] != want {
			return false
		}
		b.file.Write(data[:end])
		b.file.WriteString(guard)
		b.file.Write(data[end:][:2])
		data = data[end+2:]
	}
	return true
}

// mcus is the number of minimum coded units in each direction.
func (b *baseline) mcus() (x, y int) { return (b.w + b.mcuW - 1) / b.mcuW, (b.h + b.mcuH - 1) / b.mcuH }

// intervals is the number of restart intervals.
func (b *baseline) intervals() int {
	if b.restart == 0 {
		return 1
	}
	x, y := b.mcus()
	return (x*y + b.restart - 1) / b.restart
}

// whole reports whether the last block of each interval has a value besides 0 in the last plane. That plane has one block in
// an MCU.
func (b *baseline) whole(plane []byte, stride int) bool {
	x, y := b.mcus()
	for i := range b.intervals() {
		last := min((i+1)*b.restart, x*y) - 1
		if b.restart == 0 {
			last = x*y - 1
		}
		block := plane[8*(last/x*stride+last%x):]
		var bits uint64
		for row := range 8 {
			bits |= binary.NativeEndian.Uint64(block[row*stride:])
		}
		if bits == 0 {
			return false
		}
	}
	return true
}
