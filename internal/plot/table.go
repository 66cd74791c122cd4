package plot

import (
	"encoding/csv"
	"io"

	"actfn/internal/number"
)

// rows is the number of rows of a function in a table: steps of a fortieth from −5 to 5.
const rows = 401

// WriteCSV writes x, f(x) and f′(x) of each function, one below the other. What is not finite is NaN,
// Infinity or -Infinity.
func (c Curves) WriteCSV(w io.Writer) error {
	table := csv.NewWriter(w)
	_ = table.Write([]string{"activation", "x", "y", "dydx"}) // an error is kept for the end
	x := grid(c.Low, c.High, rows)
	for _, k := range c.curves {
		y := k.at(x)
		for i := range x {
			_ = table.Write([]string{k.String(), number.Float(x[i]).String(), number.Float(y[value][i]).String(), number.Float(y[slope][i]).String()})
		}
	}
	table.Flush()
	return table.Error()
}
