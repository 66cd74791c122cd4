package plot

import (
	"image/color"
	"math"
	"testing"
)

// Text in a cell has a contrast of 4.5 at least (WCAG 2.2, 1.4.3), in a picture and in a terminal.
func TestHeatIsReadable(t *testing.T) {
	luminance := func(c color.RGBA) float64 {
		sum := 0.0
		for i, v := range []uint8{c.R, c.G, c.B} {
			linear := math.Pow((float64(v)/255+0.055)/1.055, 2.4)
			if v <= 10 {
				linear = float64(v) / 255 / 12.92
			}
			sum += linear * []float64{0.2126, 0.7152, 0.0722}[i]
		}
		return sum
	}
	for i := range 101 {
		level := float64(i) / 100
		papers := []color.RGBA{shade(level).paper}
		if level > 0 {
			papers = append(papers, cube(shade(level).terminal))
		}
		for _, paper := range papers {
			contrast := (luminance(paper) + 0.05) / 0.05
			if dark(paper) {
				contrast = 1.05 / (luminance(paper) + 0.05)
			}
			if contrast < 4.5 {
				t.Errorf("level %g: contrast on %v is %.2f, want at least 4.5", level, paper, contrast)
			}
		}
	}
}

// The colours 16 to 231 of xterm are a cube of 6×6×6.
func TestCube(t *testing.T) {
	for colour, want := range map[int]color.RGBA{
		16: {0, 0, 0, 0xFF}, 21: {0, 0, 255, 0xFF}, 67: {0x5F, 0x87, 0xAF, 0xFF}, 231: {255, 255, 255, 0xFF},
	} {
		if got := cube(colour); got != want {
			t.Errorf("colour %d is %v, want %v", colour, got, want)
		}
	}
}

func TestHeatTexts(t *testing.T) {
	level := func(i, j int) float64 { return []float64{0, 1, math.NaN()}[i+j] }
	all := heatTexts(2, 2, level, func(i, j int) string { return []string{"light", "dark", "none"}[i+j] })
	if n := len(all[0].places); n != 2 || all[0].colour != black || all[0].places[1].text != "none" {
		t.Errorf("black texts are %v, want light and none", all[0])
	}
	last := place{x: 0, y: -1, text: "dark"}
	if n := len(all[1].places); n != 2 || all[1].colour != white || all[1].places[1] != last {
		t.Errorf("white texts are %v, want dark twice, the second at (0, −1)", all[1])
	}
	cells := 0
	for _, s := range heat(2, 2, 0.9, level) {
		cells += len(s.places)
	}
	if cells != 3 {
		t.Errorf("cells are %d, want 3: there is none where the level is NaN", cells)
	}
}
