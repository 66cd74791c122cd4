package plot

import "math"

// braille is a picture of dots, two by four in each character.
type braille struct {
	columns, rows int // characters
	cells         []cell
}

// cell is one character: text or, where there is none, dots or, where there are none, what is behind them.
type cell struct {
	dots         uint8
	text, behind rune
	colour       int // of the dots or the text, for a terminal
}

const (
	across = 2 // dots of a cell
	down   = 4
	blank  = 0x2800 // the pattern without dots; the others follow
)

// dotBits are the bits of a pattern's dots, by row and column.
var dotBits = [down][across]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func newBraille(columns, rows int) *braille {
	return &braille{columns, rows, make([]cell, columns*rows)}
}

// at is the cell at a place, or nil outside.
func (b *braille) at(column, row int) *cell {
	if column < 0 || column >= b.columns || row < 0 || row >= b.rows {
		return nil
	}
	return &b.cells[row*b.columns+column]
}

// set makes one dot, counted from the upper left.
func (b *braille) set(x, y, colour int) {
	if x < 0 || y < 0 {
		return
	}
	if c := b.at(x/across, y/down); c != nil {
		c.dots |= dotBits[y%down][x%across]
		if c.text == 0 {
			c.colour = colour
		}
	}
}

// column makes the dots of one column from one height to another.
func (b *braille) column(x, from, to, colour int) {
	for y := min(from, to); y <= max(from, to); y++ {
		b.set(x, y, colour)
	}
}

// write puts a character into a cell.
func (b *braille) write(column, row int, text string, colour int) {
	if c := b.at(column, row); c != nil {
		c.text, c.colour = []rune(text)[0], colour
	}
}

// row is a line of characters; neighbours of one colour are painted together.
func (b *braille) row(row int, paint painter) string {
	line, run, of := "", "", 0
	for column := range b.columns {
		c := b.at(column, row)
		text, colour := " ", 0
		switch {
		case c.text != 0:
			text, colour = string(c.text), c.colour
		case c.dots != 0:
			text, colour = string(rune(blank+int(c.dots))), c.colour
		case c.behind != 0:
			text = string(c.behind)
		}
		if colour != of {
			line += paint(of, run)
			run, of = "", colour
		}
		run += text
	}
	return line + paint(of, run)
}

// scale maps [low, high] onto the dots 0 … n−1.
func scale(v, low, high float64, n int) int {
	return int(math.Round((v - low) / (high - low) * float64(n-1)))
}
