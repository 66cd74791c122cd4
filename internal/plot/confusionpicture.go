package plot

import (
	"fmt"
	"image/color"
	"io"
	"math"
	"strconv"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The most classes that a matrix has counts for, and names.
const (
	mostCounted = 20
	mostNamed   = 100
)

// matrix is where a picture of a confusion has its parts.
type matrix struct {
	Confusion
	cell        vg.Length // the side of a cell
	names       vg.Length // room for the names, left and below
	nameSize    vg.Length
	countSize   vg.Length
	origin      vg.Point // the upper left corner of the cells
	recallWidth vg.Length
}

const (
	matrixTop = vg.Length(30) // title
	matrixBar = vg.Length(55) // the colours' legend, with the axis' name above
	recallBar = vg.Length(50)
)

func (c Confusion) layout() matrix {
	k := len(c.classes)
	m := matrix{Confusion: c, nameSize: 9, countSize: 8, recallWidth: recallBar}
	switch {
	case k <= 6:
		m.cell = 50
	case k <= mostCounted:
		m.cell = 30
	case k <= 50:
		m.cell = 11
	case k <= mostNamed:
		m.cell, m.nameSize = 8, 7
	default:
		m.cell = max(0.7, 800/vg.Length(k))
	}
	style := textStyle(m.nameSize)
	if k <= mostNamed {
		m.recallWidth += 45
		for _, name := range c.classes {
			m.names = max(m.names, min(longestName, style.Width(name)))
		}
	} else {
		m.names = style.Width(strconv.Itoa(k))
	}
	most := 0
	for _, row := range c.counts {
		for _, n := range row {
			most = max(most, n)
		}
	}
	if widest := textStyle(m.countSize).Width(strconv.Itoa(most)); widest > m.cell-4 {
		m.countSize *= (m.cell - 4) / widest
	}
	return m
}

// WritePicture draws the matrix in one of Formats: a row for each class, coloured by the shares of its images,
// with counts in the cells of up to 20 classes; at the right how many of a class were recognised.
func (c Confusion) WritePicture(w io.Writer, format string) error {
	m := c.layout()
	side := m.cell * vg.Length(len(c.classes))
	left := keyHeight + m.names + border
	page := vg.Point{X: left + side + border + m.recallWidth, Y: matrixTop + side + border + m.names + matrixBar}
	page.X = max(page.X, textStyle(11).Width(c.title()), left+260)
	return writePage(w, format, page.X+2*border, page.Y+2*border, func(all draw.Canvas) error {
		m.origin = vg.Point{X: all.Min.X + left, Y: all.Max.Y - matrixTop}
		title := textStyle(11)
		write(all, title, vg.Point{X: all.Min.X, Y: all.Max.Y - 6}, c.title())
		m.drawCells(all)
		m.drawNames(all)
		m.drawRecall(all)
		m.drawShades(all, all.Min.Y)
		return nil
	})
}

// at is the upper left corner of a cell.
func (m matrix) at(row, column int) vg.Point {
	return vg.Point{X: m.origin.X + vg.Length(column)*m.cell, Y: m.origin.Y - vg.Length(row)*m.cell}
}

// shade is the colour of a share: from white to dark blue, by the square root, so that a few hundredths are seen.
func shade(share float64) color.RGBA {
	dark := color.RGBA{0x00, 0x3C, 0x6E, 0xFF}
	mix := func(to uint8) uint8 { return uint8(math.Round(255 + (float64(to)-255)*math.Sqrt(share))) }
	return color.RGBA{mix(dark.R), mix(dark.G), mix(dark.B), 0xFF}
}

// drawCells fills the cells that are not white, all of one shade at once: a thousand classes have tens of
// thousands of them.
func (m matrix) drawCells(c draw.Canvas) {
	k := len(m.classes)
	corner := m.at(k, k)
	frame := vg.Rectangle{Min: vg.Point{X: m.origin.X, Y: corner.Y}, Max: vg.Point{X: corner.X, Y: m.origin.Y}}
	const shades = 200
	var cells [shades + 1]vg.Path
	size := max(m.cell, 1.2) // to be seen
	for i, row := range m.counts {
		for j, n := range row {
			if n > 0 {
				at, level := m.at(i, j), int(math.Ceil(m.share(i, j)*shades))
				cells[level] = append(cells[level], box(at.X, at.Y-size, at.X+size, at.Y)...)
			}
		}
	}
	for level, path := range cells {
		if len(path) > 0 {
			c.SetColor(shade(float64(level) / shades))
			c.Fill(path)
		}
	}
	if k <= mostCounted {
		m.writeCounts(c)
	}
	line := draw.LineStyle{Color: zeroColour, Width: 0.5}
	c.SetLineStyle(line)
	c.Stroke(frame.Path())
	if k <= mostCounted {
		line.Color = gridColour
		for i := 1; i < k; i++ {
			at := m.at(i, i)
			c.StrokeLine2(line, frame.Min.X, at.Y, frame.Max.X, at.Y)
			c.StrokeLine2(line, at.X, frame.Min.Y, at.X, frame.Max.Y)
		}
	}
}

// box is the path around a rectangle.
func box(left, bottom, right, top vg.Length) vg.Path {
	return vg.Rectangle{Min: vg.Point{X: left, Y: bottom}, Max: vg.Point{X: right, Y: top}}.Path()
}

// writeCounts writes how many images are in each cell that has any.
func (m matrix) writeCounts(c draw.Canvas) {
	for i, row := range m.counts {
		for j, n := range row {
			if n == 0 {
				continue
			}
			style := textStyle(m.countSize)
			style.XAlign = text.XCenter
			if m.share(i, j) > 0.25 {
				style.Color = color.White
			}
			at := m.at(i, j)
			write(c, style, vg.Point{X: at.X + m.cell/2, Y: at.Y - m.cell/2}, strconv.Itoa(n))
		}
	}
}

// drawNames writes the classes at the left and, upright, below; of many classes only numbers of some.
func (m matrix) drawNames(c draw.Canvas) {
	k := len(m.classes)
	step := 1
	if k > mostNamed {
		step = 10
		for vg.Length(step)*m.cell < 25 {
			step *= 10
		}
	}
	style := textStyle(m.nameSize)
	upright := style
	style.XAlign, upright.XAlign, upright.Rotation = text.XRight, text.XRight, math.Pi/2
	for i := 0; i < k; i += step {
		name := strconv.Itoa(i)
		if k <= mostNamed {
			name = fitted(m.classes[i], func(s string) bool { return style.Width(s) <= m.names })
		}
		row, column := m.at(i, 0), m.at(k, i)
		write(c, style, vg.Point{X: row.X - border/2, Y: row.Y - m.cell/2}, name)
		c.FillText(upright, vg.Point{X: column.X + m.cell/2 - upright.Font.Size*0.12, Y: column.Y - border/2}, name)
	}
	axis := textStyle(10)
	axis.XAlign = text.XCenter
	middle := m.at(k, k)
	middle = vg.Point{X: (m.origin.X + middle.X) / 2, Y: (m.origin.Y + middle.Y) / 2}
	truth, taken := "class", "taken for"
	if k > mostNamed {
		truth, taken = "class, by number", "taken for, by number"
	}
	write(c, axis, vg.Point{X: middle.X, Y: m.at(k, 0).Y - m.names - border - keyHeight/2}, taken)
	axis.Rotation = math.Pi / 2
	c.FillText(axis, vg.Point{X: c.Min.X + keyHeight/2 - 1, Y: middle.Y}, truth)
}

// drawRecall draws a bar for each class and, of not too many, its length in words.
func (m matrix) drawRecall(c draw.Canvas) {
	k := len(m.classes)
	left := m.at(0, k).X + border
	heading := textStyle(9)
	write(c, heading, vg.Point{X: left, Y: m.origin.Y + 8}, "recall")
	style := textStyle(m.nameSize)
	inset := min(m.cell/5, 4)
	if k > mostNamed {
		inset = 0
	}
	var whole, known vg.Path
	for i, class := range m.perClass {
		top := m.at(i, k).Y
		whole = append(whole, box(left, top-m.cell+inset, left+recallBar, top-inset)...)
		if class.Recall > 0 {
			known = append(known, box(left, top-m.cell+inset, left+recallBar*vg.Length(class.Recall), top-inset)...)
		}
		if k <= mostNamed {
			write(c, style, vg.Point{X: left + recallBar + 4, Y: top - m.cell/2}, m.recall(i))
		}
	}
	c.SetColor(ropeColour)
	c.Fill(whole)
	c.SetColor(shade(0.4))
	c.Fill(known)
}

// drawShades is the legend of the colours.
func (m matrix) drawShades(c draw.Canvas, bottom vg.Length) {
	style := textStyle(9)
	shares := []float64{0, 0.01, 0.05, 0.2, 0.5, 1}
	const size = 34
	write(c, style, vg.Point{X: m.origin.X, Y: bottom + 26}, "share of the class's images")
	style.XAlign = text.XCenter
	for i, share := range shares {
		x := m.origin.X + vg.Length(i)*size
		c.SetColor(shade(share))
		field := box(x, bottom, x+size, bottom+16)
		c.Fill(field)
		c.SetLineStyle(draw.LineStyle{Color: gridColour, Width: 0.5})
		c.Stroke(field)
		label := style
		if share > 0.25 {
			label.Color = color.White
		}
		write(c, label, vg.Point{X: x + size/2, Y: bottom + 8}, fmt.Sprintf("%g%%", 100*share))
	}
}
