package plot

import (
	"image"
	"io"

	imagedraw "golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"actfn/internal/wording"
)

// Sheet is images of one size in rows that have names, and in columns that may have.
type Sheet struct {
	Notes   []string
	Columns []string
	Group   int // columns that stand close together
	Rows    []SheetRow
}

// SheetRow is a row of a Sheet.
type SheetRow struct {
	Name   string
	Images []image.Image
}

// The longer side of an image on a sheet, and the gap between two.
const (
	sheetImage = vg.Length(48)
	manyRows   = 20 // of which the images are smaller
	smallImage = vg.Length(32)
	sheetGap   = vg.Length(4)
)

// WritePicture draws the notes and below them the rows, in one of Formats.
func (s Sheet) WritePicture(w io.Writer, format string) error {
	side := sheetImage
	if len(s.Rows) > manyRows {
		side = smallImage
	}
	names, style := vg.Length(0), textStyle(9)
	var last int // column
	cell := vg.Point{X: side, Y: side}
	var text []string
	for _, row := range s.Rows {
		name := narrowed(wording.Printable(row.Name), longestName)
		text, names = append(text, name), max(names, style.Width(name)+border)
		last = max(last, len(row.Images)-1)
		for _, m := range row.Images {
			size := m.Bounds().Size()
			longer := vg.Length(max(size.X, size.Y))
			cell = vg.Point{X: side * vg.Length(size.X) / longer, Y: side * vg.Length(size.Y) / longer}
		}
	}
	left := func(column int) vg.Length {
		return names + vg.Length(column)*(side+sheetGap) + vg.Length(column/max(s.Group, 1))*sheetGap
	}
	width, top := max(leastPage, left(last)+side), vg.Length(len(s.Notes))*lineHeight
	heads := top
	if len(s.Columns) > 0 {
		top += lineHeight
	}
	height := top + vg.Length(len(s.Rows))*(cell.Y+sheetGap)
	return writePage(w, format, width+2*border, height+2*border, func(all draw.Canvas) {
		at := func(x, y vg.Length) vg.Point { return vg.Point{X: all.Min.X + x, Y: all.Max.Y - y} }
		for i, note := range s.Notes {
			write(all, textStyle(10), at(0, (vg.Length(i)+0.5)*lineHeight), narrowed(note, width))
		}
		for i, column := range s.Columns {
			write(all, textStyle(7), at(left(i), heads+lineHeight/2), column)
		}
		for i, row := range s.Rows {
			y := top + vg.Length(i)*(cell.Y+sheetGap)
			write(all, style, at(0, y+cell.Y/2), text[i])
			for k, m := range row.Images {
				corner := at(left(k), y+cell.Y)
				all.DrawImage(vg.Rectangle{Min: corner, Max: corner.Add(cell)}, sized(m, cell))
			}
		}
	})
}

// sized is an image with as many pixels as a PNG has in its place: a pixel of a small image becomes a square, and a
// large image is no larger than it is drawn.
func sized(m image.Image, place vg.Point) image.Image {
	to := image.NewNRGBA(image.Rect(0, 0, max(1, int(place.X.Dots(dpi)+0.5)), max(1, int(place.Y.Dots(dpi)+0.5))))
	scaler := imagedraw.Scaler(imagedraw.NearestNeighbor)
	if to.Rect.Dx() < m.Bounds().Dx() {
		scaler = imagedraw.BiLinear
	}
	scaler.Scale(to, to.Bounds(), m, m.Bounds(), imagedraw.Src, nil)
	return to
}
