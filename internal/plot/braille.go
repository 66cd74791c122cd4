package plot

import "math"

// braille is a picture of dots, two by four in each character.
type braille struct {
	columns, rows int // characters
	cells         []cell
}

// cell is one character: braille dots, unless text is there.
type cell struct {
	dots  uint8
	text  rune
	owner int // the curve that was here last, −1 before
}

const (
	across = 2 // dots of a cell
	down   = 4
	blank  = 0x2800 // the pattern without dots; the others follow
)

// dotBits are the bits of a pattern's dots, by row and column.
var dotBits = [down][across]uint8{{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}}

func newBraille(columns, rows int) *braille {
	b := &braille{columns, rows, make([]cell, columns*rows)}
	for i := range b.cells {
		b.cells[i].owner = -1
	}
	return b
}

// at is the cell at a place, or nil outside.
func (b *braille) at(column, row int) *cell {
	if column < 0 || column >= b.columns || row < 0 || row >= b.rows {
		return nil
	}
	return &b.cells[row*b.columns+column]
}

// set makes one dot, counted from the upper left.
func (b *braille) set(x, y, owner int) {
	if x < 0 || y < 0 {
		return
	}
	if c := b.at(x/across, y/down); c != nil {
		c.dots |= dotBits[y%down][x%across]
		if c.text == 0 {
			c.owner = owner
		}
	}
}

// column makes the dots of one column from one height to another.
func (b *braille) column(x, from, to, owner int) {
	for y := min(from, to); y <= max(from, to); y++ {
		b.set(x, y, owner)
	}
}

// write puts text from a place on; what does not fit is left out.
func (b *braille) write(column, row int, text string, owner int) {
	for i, r := range []rune(text) {
		if c := b.at(column+i, row); c != nil {
			c.text, c.owner = r, owner
		}
	}
}

// scale maps [low, high] onto the dots 0 … n−1.
func scale(v, low, high float64, n int) int {
	return int(math.Round((v - low) / (high - low) * float64(n-1)))
}
