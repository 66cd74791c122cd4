package wording

import (
	"io"
	"strings"
	"unicode/utf8"
)

// Table is text in columns, two spaces apart. Cells are made [Printable]; a line has no spaces at its end.
type Table struct {
	// Align has a letter for each column: l for the left, r for the right. Columns beyond it are on the left.
	Align string
	// Indent is before each line.
	Indent string
	rows   [][]string
}

// Row adds a line. Lines may have different numbers of cells; without any, it is empty.
func (t *Table) Row(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = Printable(cell)
	}
	t.rows = append(t.rows, row)
}

// Lines are the lines of the table, without their ends.
func (t *Table) Lines() []string {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if i < len(row)-1 || t.right(i) { // what is last on the left needs no room
				widths[i] = max(widths[i], utf8.RuneCountInString(cell))
			}
		}
	}
	lines := make([]string, len(t.rows))
	for n, row := range t.rows {
		var line strings.Builder
		line.WriteString(t.Indent)
		for i, cell := range row {
			if i > 0 {
				line.WriteString("  ")
			}
			space := strings.Repeat(" ", max(0, widths[i]-utf8.RuneCountInString(cell)))
			if t.right(i) {
				line.WriteString(space + cell)
			} else {
				line.WriteString(cell + space)
			}
		}
		lines[n] = strings.TrimRight(line.String(), " ")
	}
	return lines
}

func (t *Table) right(column int) bool { return column < len(t.Align) && t.Align[column] == 'r' }

// WriteTo writes the lines.
func (t *Table) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, strings.Join(append(t.Lines(), ""), "\n"))
	return int64(n), err
}
