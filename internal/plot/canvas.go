package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"io"
	"regexp"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"gonum.org/v1/plot"
	vgfont "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgpdf"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Formats are the forms of a picture, which are also the ends of its file's name.
var Formats = []string{"svg", "png", "pdf"}

const (
	border = vg.Length(10)
	dpi    = 192
)

// writePage writes a white picture of a size, in one of Formats, of what is drawn on it inside a border.
func writePage(w io.Writer, format string, width, height vg.Length, content func(draw.Canvas) error) error {
	canvas, err := newCanvas(format, width, height)
	if err != nil {
		return err
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	if err := content(draw.Crop(all, border, -border, border, -border)); err != nil {
		return err
	}
	_, err = canvas.WriteTo(w)
	return err
}

func newCanvas(format string, w, h vg.Length) (vg.CanvasWriterTo, error) {
	switch format {
	case "svg":
		return vgsvg.NewWith(vgsvg.UseWH(w, h), vgsvg.EmbedFonts(true)), nil
	case "pdf":
		return pdfCanvas{vgpdf.New(w, h)}, nil
	case "png":
		return pngCanvas{vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi))}}, nil
	}
	return nil, fmt.Errorf("picture: format is %q, want %s", format, strings.Join(Formats, ", "))
}

// sans is the face of all text.
func sans(points vg.Length) vgfont.Font {
	return vgfont.Font{Typeface: "Liberation", Variant: "Sans", Size: points}
}

// textStyle is black text of a size, whose place is its left end and the middle of its height.
func textStyle(points vg.Length) text.Style {
	return text.Style{Color: color.Black, Font: sans(points), YAlign: text.YCenter, Handler: plot.DefaultTextHandler}
}

// write draws a text whose small letters have their middle at a height; the middle of the line, which has room
// for descenders, is below that.
func write(c draw.Canvas, style text.Style, at vg.Point, text string) {
	at.Y += style.Font.Size * 0.12
	c.FillText(style, at, text)
}

// pdfCanvas is vgpdf's, with three things put right: text that is not ASCII, which vgpdf takes for code page
// 1252, colours that are transparent, which it darkens, and the date, which would make each file another.
type pdfCanvas struct{ *vgpdf.Canvas }

// FillString writes ASCII as text, and draws anything else as the outlines of its glyphs.
func (c pdfCanvas) FillString(face vgfont.Face, at vg.Point, text string) {
	if plain(text) {
		c.Canvas.FillString(face, at, text)
		return
	}
	c.Fill(outlines(face, at, text))
}

// pngCanvas is vgimg's, but that a glyph which the face does not have is an empty box, not nothing.
type pngCanvas struct{ vgimg.PngCanvas }

// FillString draws what is not ASCII as outlines.
func (c pngCanvas) FillString(face vgfont.Face, at vg.Point, text string) {
	if plain(text) {
		c.PngCanvas.FillString(face, at, text)
		return
	}
	c.Fill(outlines(face, at, text))
}

// plain reports that a text is ASCII.
func plain(text string) bool {
	return strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0
}

// SetColor takes a colour out of its product with alpha, which vgpdf leaves in.
func (c pdfCanvas) SetColor(colour color.Color) {
	if colour != nil {
		colour = straight(color.NRGBA64Model.Convert(colour).(color.NRGBA64))
	}
	c.Canvas.SetColor(colour)
}

// straight has its colour beside alpha, not multiplied with it.
type straight color.NRGBA64

func (s straight) RGBA() (r, g, b, a uint32) {
	return uint32(s.R), uint32(s.G), uint32(s.B), uint32(s.A)
}

var pdfDate = regexp.MustCompile(`/(Creation|Mod)Date \(D:\d{14}\)`)

// WriteTo writes the document, dated the first of January 2000: offsets in it stay what they are.
func (c pdfCanvas) WriteTo(w io.Writer) (int64, error) {
	var b bytes.Buffer
	if _, err := c.Canvas.WriteTo(&b); err != nil {
		return 0, err
	}
	n, err := w.Write(pdfDate.ReplaceAll(b.Bytes(), []byte("/${1}Date (D:20000101000000)")))
	return int64(n), err
}

// outlines are the glyphs of a text from a place on. One that the face does not have is its empty box.
func outlines(face vgfont.Face, at vg.Point, text string) vg.Path {
	var (
		path     vg.Path
		buffer   sfnt.Buffer
		em       = fixed.Int26_6(face.Face.UnitsPerEm()) // so that lengths come in units of the face
		scale    = face.Font.Size / vg.Length(em)
		previous sfnt.GlyphIndex
	)
	place := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
	}
	for i, r := range text {
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		if kern, err := face.Face.Kern(&buffer, previous, glyph, em, font.HintingNone); i > 0 && err == nil {
			at.X += vg.Length(kern) * scale
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, em, nil)
		if err != nil {
			continue
		}
		for j, s := range segments {
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if j > 0 {
					path.Close()
				}
				path.Move(place(s.Args[0]))
			case sfnt.SegmentOpLineTo:
				path.Line(place(s.Args[0]))
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(place(s.Args[0]), place(s.Args[1]))
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(place(s.Args[0]), place(s.Args[1]), place(s.Args[2]))
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, em, font.HintingNone); err == nil {
			at.X += vg.Length(advance) * scale
		}
		previous = glyph
	}
	return path
}
