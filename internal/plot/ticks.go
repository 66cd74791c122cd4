package plot

import (
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
)

// ticks marks an axis at multiples of 1, 2 or 5 times a power of ten, between four and ten of them, each with
// its number.
type ticks struct{}

func (ticks) Ticks(low, high float64) []plot.Tick {
	power := math.Pow(10, math.Floor(math.Log10((high-low)/4)))
	step := power
	for _, factor := range []float64{2, 5} {
		if factor*power <= (high-low)/4 {
			step = factor * power
		}
	}
	var marks []plot.Tick
	for n := math.Ceil(low / step); n*step <= high; n++ {
		text := strconv.FormatFloat(n*step, 'g', 6, 64) // n·step may be off in the last place
		if n == 0 {
			text = "0"
		}
		marks = append(marks, plot.Tick{Value: n * step, Label: strings.Replace(text, "-", "−", 1)})
	}
	return marks
}
