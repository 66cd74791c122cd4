package picture

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"hash/crc32"
	"image/png"
	"math/rand/v2"
	"testing"
)

// chunk is a PNG chunk with its length and checksum.
func chunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// testPNG is a PNG of 8 bits a channel: w×h noise in a colour type, each row with
// a filter drawn at random, the data in a number of IDAT chunks.
func testPNG(r *rand.Rand, colorType byte, w, h, parts int) []byte {
	header := binary.BigEndian.AppendUint32(nil, uint32(w))
	header = binary.BigEndian.AppendUint32(header, uint32(h))
	header = append(header, 8, colorType, 0, 0, 0)
	var rows bytes.Buffer
	z := zlib.NewWriter(&rows)
	row := make([]byte, w*map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colorType])
	for range h {
		for i := range row {
			row[i] = byte(r.Uint32())
		}
		z.Write([]byte{byte(r.IntN(5))})
		z.Write(row)
	}
	z.Close()
	file := append([]byte(pngSignature), chunk("IHDR", header)...)
	file = append(file, chunk("tEXt", []byte("a\x00b"))...)
	if colorType == 3 {
		palette := make([]byte, 3*(1+r.IntN(256)))
		for i := range palette {
			palette[i] = byte(r.Uint32())
		}
		file = append(file, chunk("PLTE", palette)...)
	}
	data := rows.Bytes()
	for i := range parts {
		file = append(file, chunk("IDAT", data[i*len(data)/parts:(i+1)*len(data)/parts])...)
	}
	return append(file, chunk("IEND", nil)...)
}

// The fast decoder must give what the standard one gives.
func TestPlainPNGAsStandard(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, colorType := range []byte{0, 2, 6} {
		for _, size := range [][2]int{{1, 1}, {1, 9}, {9, 1}, {7, 5}, {28, 28}, {131, 67}, {200, 300}} {
			for parts := 1; parts <= 3; parts++ {
				file := testPNG(r, colorType, size[0], size[1], parts)
				got, ok := plainPNG(file)
				if !ok {
					t.Errorf("colour type %d, %v, %d parts: left to the standard decoder", colorType, size, parts)
					continue
				}
				m, err := png.Decode(bytes.NewReader(file))
				if err != nil {
					t.Fatal(err)
				}
				if want := all(toRows(m, libjpeg)).compact(); !bytes.Equal(all(got).compact().Data, want.Data) {
					t.Errorf("colour type %d, %v, %d parts: pixels differ from the standard decoder's", colorType, size, parts)
				}
			}
		}
	}
}

// Every file that is damaged must be left to the standard decoder, or read the same by both.
func TestPlainPNGLeavesFaults(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, colorType := range []byte{0, 2, 6} {
		file := testPNG(r, colorType, 9, 7, 2)
		for i := range file {
			compareFast(t, file[:i])
			for _, bit := range []byte{1, 0x20, 0x80} {
				bad := bytes.Clone(file)
				bad[i] ^= bit
				compareFast(t, bad)
			}
		}
	}
}

// compareFast fails if the fast decoder accepts what the standard one refuses, or differs from it.
func compareFast(t *testing.T, file []byte) {
	t.Helper()
	if !matches(file, pngSignature) {
		return
	}
	got, ok := plainPNG(file)
	if !ok {
		return
	}
	m, err := png.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatalf("the fast decoder takes what the standard one refuses: %v", err)
	}
	if want := all(toRows(m, libjpeg)).compact(); !bytes.Equal(all(got).compact().Data, want.Data) {
		t.Fatal("the fast decoder's pixels differ from the standard one's")
	}
}

func FuzzPlainPNG(f *testing.F) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, colorType := range []byte{0, 2, 3, 4, 6} {
		f.Add(testPNG(r, colorType, 5, 3, 1))
		f.Add(testPNG(r, colorType, 5, 3, 2))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		if h, err := ReadHeader(file); err != nil || h.format != &formatPNG || h.Width*h.Height > 1<<20 {
			return
		}
		compareFast(t, file)
	})
}
