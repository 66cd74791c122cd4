package plot

import (
	"image/color"
	"maps"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// colour is one for paper, and one for a terminal of 256 colours, where it must be legible on black as on white.
type colour struct {
	paper    color.RGBA
	terminal int // 0 is the terminal's grey
}

// palette is Okabe and Ito's, which people of every colour vision can tell apart (Color Universal Design,
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

// Colours of what belongs to no activation.
var (
	black     = gray(0x00)
	darkGray  = gray(0x60)
	gridGray  = gray(0xE0)
	zeroGray  = gray(0x90)
	shadeGray = gray(0xEA)
	white     = gray(0xFF)
)

func gray(level uint8) colour { return colour{paper: color.RGBA{level, level, level, 0xFF}} }

// dashes distinguish lines of one colour.
var dashes = [][]vg.Length{nil, {6, 3}, {2, 2}, {8, 2, 2, 2}}

// shapes distinguish points of one colour.
var shapes = []draw.GlyphDrawer{disc, draw.BoxGlyph{}, draw.PyramidGlyph{}, diamond}

// MaxCurves is the number of curves that have a look of their own.
var MaxCurves = len(palette) * len(dashes)

// A look is a number: a colour of the palette, and what distinguishes looks of one colour.
func colourOf(look int) colour          { return palette[look%len(palette)] }
func dashesOf(look int) []vg.Length     { return dashes[look/len(palette)%len(dashes)] }
func shapeOf(look int) draw.GlyphDrawer { return shapes[look/len(palette)%len(shapes)] }

// polygon is a regular one with a corner in the direction turn.
type polygon struct {
	corners int
	turn    float64
}

// A disc has many corners because gonum's circle is not round in a PDF.
var (
	disc    = polygon{corners: 24}
	diamond = polygon{corners: 4}
	toLeft  = polygon{corners: 3, turn: math.Pi}
	toRight = polygon{corners: 3}
	toAbove = polygon{corners: 3, turn: math.Pi / 2}
	toBelow = polygon{corners: 3, turn: -math.Pi / 2}
)

func (p polygon) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	corners := make([]vg.Point, p.corners)
	for i := range corners {
		sin, cos := math.Sincos(p.turn + 2*math.Pi*float64(i)/float64(p.corners))
		corners[i] = vg.Point{X: at.X + style.Radius*vg.Length(cos), Y: at.Y + style.Radius*vg.Length(sin)}
	}
	c.FillPolygon(style.Color, corners)
}

// cross is bolder than gonum's.
type cross struct{}

func (cross) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	line, r := draw.LineStyle{Color: style.Color, Width: 1.5}, style.Radius
	c.StrokeLine2(line, at.X-r, at.Y-r, at.X+r, at.Y+r)
	c.StrokeLine2(line, at.X-r, at.Y+r, at.X+r, at.Y-r)
}

// hollow is a circle with white inside.
type hollow struct{}

func (hollow) DrawGlyph(c *draw.Canvas, style draw.GlyphStyle, at vg.Point) {
	disc.DrawGlyph(c, style, at)
	disc.DrawGlyph(c, draw.GlyphStyle{Color: color.White, Radius: style.Radius - 1.3}, at)
}

// Scheme gives each activation, by its spec, its look: one colour in every picture that is drawn with the
// same scheme.
type Scheme map[string]int

// Colors deals out the looks in order: the first activation, by custom the baseline, has the first colour. An
// activation that is listed twice keeps its first.
func Colors(activations []string) Scheme { return Scheme{}.with(activations...) }

// with is the scheme with looks for activations that it may lack.
func (s Scheme) with(activations ...string) Scheme {
	all := maps.Clone(s)
	if all == nil {
		all = Scheme{}
	}
	for _, a := range activations {
		if _, ok := all[a]; !ok {
			all[a] = len(all)
		}
	}
	return all
}
