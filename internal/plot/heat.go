package plot

import (
	"image/color"
	"math"
)

// shade is the colour of a level from 0 to 1: from light grey to dark blue in a picture, and from the terminal's own
// background to blue in a terminal.
func shade(level float64) colour {
	mix := func(to float64) uint8 { return uint8(math.Round(0xF8 + (to-0xF8)*level)) }
	c := colour{paper: color.RGBA{mix(0x00), mix(0x3C), mix(0x6E), 0xFF}}
	if level > 0 {
		c.terminal = terminalShades[min(len(terminalShades)-1, int(level*float64(len(terminalShades))))]
	}
	return c
}

// terminalShades are from faint to strong on black as on white.
var terminalShades = []int{103, 67, 68, 33, 27, 21}

// heat is the cells of a matrix, those of one shade in one series. The cell of row i and column j is size wide, and has
// its middle at (j, −i). A level is from 0 to 1, or NaN where there is no cell.
func heat(rows, columns int, size float64, level func(row, column int) float64) []series {
	const shades = 200
	all := make([]series, shades+1)
	for i := range all {
		all[i] = series{kind: boxes, colour: shade(float64(i) / shades)}
	}
	separate := size < 1
	if !separate { // behind the others
		all[0].places = []place{{x: -0.5, y: 0.5 - float64(rows), x2: float64(columns) - 0.5, y2: 0.5}}
	}
	for i := range rows {
		for j := range columns {
			if v := level(i, j); v > 0 || v == 0 && separate {
				s := &all[int(math.Ceil(v*shades))]
				x, y := float64(j)-size/2, size/2-float64(i)
				s.places = append(s.places, place{x: x, y: y - size, x2: x + size, y2: y})
			}
		}
	}
	return all
}

// heatTexts are texts in the cells of a matrix, black or white.
func heatTexts(rows, columns int, level func(row, column int) float64, text func(row, column int) string) []series {
	onLight, onDark := series{kind: words, colour: black, size: 8}, series{kind: words, colour: white, size: 8}
	for i := range rows {
		for j := range columns {
			s := &onLight
			if v := level(i, j); !math.IsNaN(v) && dark(shade(v).paper) {
				s = &onDark
			}
			if text := text(i, j); text != "" {
				s.places = append(s.places, place{x: float64(j), y: -float64(i), text: text})
			}
		}
	}
	return []series{onLight, onDark}
}

// dark reports that white text on a colour has more contrast than black text: (L₁ + 0.05)/(L₂ + 0.05) of relative
// luminances (WCAG 2.2).
func dark(c color.RGBA) bool {
	linear := func(v uint8) float64 { // of sRGB
		if v := float64(v) / 255; v > 0.04045 {
			return math.Pow((v+0.055)/1.055, 2.4)
		}
		return float64(v) / 255 / 12.92
	}
	luminance := 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	return 1.05/(luminance+0.05) > (luminance+0.05)/0.05
}
