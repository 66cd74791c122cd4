package picture

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"os"
	"testing"
)

// BenchmarkDecode decodes one file from memory.
func BenchmarkDecode(b *testing.B) {
	photo := image.NewNRGBA(image.Rect(0, 0, 224, 224))
	for i := range photo.Pix {
		photo.Pix[i] = byte(i*i/977 + i/224)
	}
	for i := 3; i < len(photo.Pix); i += 4 {
		photo.Pix[i] = 255
	}
	gray := image.NewGray(image.Rect(0, 0, 28, 28))
	for i := range gray.Pix {
		gray.Pix[i] = byte(i * i / 37)
	}
	encode := func(m image.Image) []byte {
		var file bytes.Buffer
		if err := png.Encode(&file, m); err != nil {
			b.Fatal(err)
		}
		return file.Bytes()
	}
	var jpg bytes.Buffer
	if err := jpeg.Encode(&jpg, photo, nil); err != nil {
		b.Fatal(err)
	}
	small := encode(photo.SubImage(image.Rect(0, 0, 32, 32)))
	for _, c := range []struct {
		name string
		data []byte
	}{{"png28gray", encode(gray)}, {"png32rgb", small}, {"png224rgb", encode(photo)}, {"jpeg224", jpg.Bytes()}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := decodeBytes(c.data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("png28gray/standard", func(b *testing.B) {
		file := encode(gray)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := png.Decode(bytes.NewReader(file)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkPhoto brings a photo of 500×375 to 64×64.
func BenchmarkPhoto(b *testing.B) {
	name := os.Getenv("ACTFN_BENCH_PHOTO")
	if name == "" {
		b.Skip("ACTFN_BENCH_PHOTO names no file")
	}
	data := readFile(b, name)
	h, err := ReadHeader(data)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := h.Decode(data, Form{Side: 64}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkResize(b *testing.B) {
	p := newRGB(500, 375)
	for i := range p.Data {
		p.Data[i] = byte(i * 7)
	}
	b.ReportAllocs()
	for b.Loop() {
		Form{Side: 224}.of(p)
	}
}
