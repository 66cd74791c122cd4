package plot

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"
)

// flat is a w×h image of one colour.
func flat(w, h int, c color.NRGBA) image.Image {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for i := range w * h {
		m.SetNRGBA(i%w, i/w, c)
	}
	return m
}

// count is the number of pixels of one colour.
func count(m image.Image, c color.NRGBA) (n int) {
	for y := m.Bounds().Min.Y; y < m.Bounds().Max.Y; y++ {
		for x := m.Bounds().Min.X; x < m.Bounds().Max.X; x++ {
			if r, g, b, _ := m.At(x, y).RGBA(); r>>8 == uint32(c.R) && g>>8 == uint32(c.G) && b>>8 == uint32(c.B) {
				n++
			}
		}
	}
	return n
}

// Images stand at their places at the right size, large and small ones, rows of fewer images too.
func TestSheet(t *testing.T) {
	red, blue := color.NRGBA{250, 0, 0, 255}, color.NRGBA{0, 0, 250, 255}
	for _, c := range []struct{ w, h, rows int }{{1, 1, 2}, {20, 10, 3}, {300, 600, 2}, {28, 28, manyRows + 1}} {
		r, b := flat(c.w, c.h, red), flat(c.w, c.h, blue)
		s := Sheet{Notes: []string{"some"}, Columns: []string{"image", "epoch 1", "image", "epoch 1"}, Group: 2}
		for range c.rows - 1 {
			s.Rows = append(s.Rows, SheetRow{"class\x07", []image.Image{r, b, r, b}})
		}
		s.Rows = append(s.Rows, SheetRow{strings.Repeat("long ", 50), []image.Image{r}})
		var file bytes.Buffer
		if err := s.WritePicture(&file, "png"); err != nil {
			t.Fatal(err)
		}
		m, err := png.Decode(&file)
		if err != nil {
			t.Fatal(err)
		}
		side := 128.0 // of 48 points
		if c.rows > manyRows {
			side = 85.3
		}
		area := side * side * float64(min(c.w, c.h)) / float64(max(c.w, c.h))
		for colour, images := range map[color.NRGBA]int{red: 2*c.rows - 1, blue: 2*c.rows - 2} {
			if got, want := float64(count(m, colour)), area*float64(images); got < 0.9*want || got > 1.02*want {
				t.Errorf("%+v: %v pixels have the colour %v, want about %v", c, got, colour, want)
			}
		}
	}
}

func TestSheetFormats(t *testing.T) {
	s := Sheet{Rows: []SheetRow{{"cat", []image.Image{flat(3, 2, color.NRGBA{1, 2, 3, 255})}}, {"empty", nil}}}
	for format, begin := range map[string]string{"svg": "<?xml", "png": "\x89PNG", "pdf": "%PDF"} {
		var a, b bytes.Buffer
		if err := s.WritePicture(&a, format); err != nil || !strings.HasPrefix(a.String(), begin) {
			t.Errorf("%s: error is %v, file begins with %.8q", format, err, a.String())
		}
		if _ = s.WritePicture(&b, format); !bytes.Equal(a.Bytes(), b.Bytes()) {
			t.Errorf("%s: two files of one sheet differ", format)
		}
	}
	if err := s.WritePicture(new(bytes.Buffer), "gif"); err == nil {
		t.Error("gif is no format, and no error")
	}
	if err := (Sheet{}).WritePicture(new(bytes.Buffer), "png"); err != nil {
		t.Errorf("no rows: error is %v", err)
	}
}
