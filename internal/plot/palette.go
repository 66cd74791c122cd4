package plot

import (
	"image/color"

	"gonum.org/v1/plot/vg"
)

// colour is one of the palette, for paper and for a terminal of 256 colours, where it must be legible on
// black as on white.
type colour struct {
	paper    color.RGBA
	terminal int
}

// palette is Okabe and Ito's, which people of every colour vision tell apart (Color Universal Design,
// 2008), with yellow last because it is faint on white.
var palette = []colour{
	{color.RGBA{0x00, 0x72, 0xB2, 0xFF}, 32},  // blue
	{color.RGBA{0xD5, 0x5E, 0x00, 0xFF}, 166}, // vermilion
	{color.RGBA{0x00, 0x9E, 0x73, 0xFF}, 36},  // bluish green
	{color.RGBA{0xCC, 0x79, 0xA7, 0xFF}, 175}, // reddish purple
	{color.RGBA{0xE6, 0x9F, 0x00, 0xFF}, 214}, // orange
	{color.RGBA{0x56, 0xB4, 0xE9, 0xFF}, 74},  // sky blue
	{color.RGBA{0x00, 0x00, 0x00, 0xFF}, 246}, // black, grey in a terminal
	{color.RGBA{0xF0, 0xE4, 0x42, 0xFF}, 227}, // yellow
}

// dashes tell those apart that have one colour, and all of them in black and white print.
var dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 2, 2, 2}}

// MaxCurves is the number of curves that have a look of their own.
var MaxCurves = len(palette) * len(dashes)

// colourOf is the colour of curve i in every panel of a picture.
func colourOf(i int) colour { return palette[i%len(palette)] }

// dashesOf is the pattern of curve i.
func dashesOf(i int) []vg.Length { return dashes[i/len(palette)%len(dashes)] }
