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

const dpi = 192

// writePage writes a white picture of a size, in one of Formats, of what is drawn on it inside a border.
func writePage(w io.Writer, format string, width, height vg.Length, content func(draw.Canvas)) error {
	canvas, err := newCanvas(format, width, height)
	if err != nil {
		return err
	}
	all := draw.New(canvas)
	all.SetColor(color.White)
	all.Fill(all.Rectangle.Path())
	content(draw.Crop(all, border, -border, border, -border))
	_, err = canvas.WriteTo(w)
	return err
}

func newCanvas(format string, w, h vg.Length) (vg.CanvasWriterTo, error) {
	switch format {
	case "svg":
		return vgsvg.NewWith(vgsvg.UseWH(w, h), vgsvg.EmbedFonts(true)), nil
	case "pdf":
		return outlining{pdfCanvas{vgpdf.New(w, h)}}, nil
	case "png":
		return outlining{vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(w, h), vgimg.UseDPI(dpi))}}, nil
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

// narrowed is a text that is no wider than there is room for.
func narrowed(text string, room vg.Length) string {
	style := textStyle(10)
	return fitted(text, func(s string) bool { return style.Width(s) <= room })
}

// fitted is a text that fits, with … for what does not.
func fitted(text string, fits func(string) bool) string {
	if fits(text) {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && !fits(string(runes)+"…") {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// write draws a text whose small letters have their middle at a height; the middle of the line, which has room
// for descenders, is below that.
func write(c draw.Canvas, style text.Style, at vg.Point, text string) {
	at.Y += style.Font.Size * 0.12
	c.FillText(style, at, text)
}

// outlining is a canvas that draws text which is not ASCII as the outlines of its glyphs: vgpdf takes such text for
// code page 1252, and vgimg draws nothing for a glyph that the face lacks.
type outlining struct{ vg.CanvasWriterTo }

func (c outlining) FillString(face vgfont.Face, at vg.Point, text string) {
	if strings.IndexFunc(text, func(r rune) bool { return r > '~' }) < 0 {
		c.CanvasWriterTo.FillString(face, at, text)
		return
	}
	c.Fill(outlines(face, at, text))
}

// pdfCanvas is vgpdf's with two corrections: transparent colours, which vgpdf darkens, and the date, which would
// make each file another.
type pdfCanvas struct{ *vgpdf.Canvas }

func (c pdfCanvas) SetColor(colour color.Color) { c.Canvas.SetColor(straight(colour)) }

// straight is a colour whose RGBA is not multiplied by alpha, as vgpdf needs it.
func straight(colour color.Color) color.Color {
	if transparent, ok := colour.(color.NRGBA); ok {
		return color.RGBA(transparent)
	}
	return colour
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

// outlines are the glyphs of a text from a place on. A glyph that the face lacks is the face's empty box.
func outlines(face vgfont.Face, at vg.Point, text string) vg.Path {
	var path vg.Path
	var buffer sfnt.Buffer
	em := fixed.Int26_6(face.Face.UnitsPerEm()) // so that lengths come in units of the face
	scale := face.Font.Size / vg.Length(em)
	place := func(p fixed.Point26_6) vg.Point {
		return vg.Point{X: at.X + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
	}
	for _, r := range text {
		glyph, err := face.Face.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		segments, err := face.Face.LoadGlyph(&buffer, glyph, em, nil)
		if err != nil {
			continue
		}
		for i, s := range segments {
			a, b, c := place(s.Args[0]), place(s.Args[1]), place(s.Args[2])
			switch s.Op {
			case sfnt.SegmentOpMoveTo:
				if i > 0 {
					path.Close()
				}
				path.Move(a)
			case sfnt.SegmentOpLineTo:
				path.Line(a)
			case sfnt.SegmentOpQuadTo:
				path.QuadTo(a, b)
			case sfnt.SegmentOpCubeTo:
				path.CubeTo(a, b, c)
			}
		}
		if len(segments) > 0 {
			path.Close()
		}
		if advance, err := face.Face.GlyphAdvance(&buffer, glyph, em, font.HintingNone); err == nil {
			at.X += vg.Length(advance) * scale
		}
	}
	return path
}
