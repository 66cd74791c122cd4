package evaluate

import (
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"

	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/metrics"
	"actfn/internal/run"
)

// checkPredictions refuses a path that is no file to be made, or that would replace one of the models or a file of a run.
func checkPredictions(path string, models []string) error {
	if path == "" {
		return nil
	}
	if path == "-" {
		return fault.Hint(fmt.Errorf(`--predictions: value is "-", want FILE`), "stdout carries the evaluation; ./- is a file of that name")
	}
	if run.Holds(path) || slices.ContainsFunc(models, func(model string) bool { return sameFile(path, model) }) {
		return fmt.Errorf("--predictions: value is %s, a model or a file of a run, want another FILE", path)
	}
	return nil
}

func sameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}

// writePredictions writes one line an image: path, true and predicted class, and the probability of every class.
func (c classifier) writePredictions(path string) error {
	return disk.Write(path, func(w io.Writer) error {
		table := csv.NewWriter(w)
		header := []string{"path", "true", "predicted"}
		for _, class := range c.Classes {
			header = append(header, "p_"+class)
		}
		_ = table.Write(header) // an error is kept for the end
		p := make([]float64, len(c.Classes))
		i := 0
		for row := range slices.Chunk(c.logits, len(c.Classes)) {
			metrics.Softmax(p, row)
			line := []string{c.set.Path(i), c.Classes[c.set.Label(i)], c.Classes[metrics.Argmax(row)]}
			for _, v := range p {
				line = append(line, strconv.FormatFloat(v, 'g', 9, 64))
			}
			_ = table.Write(line)
			i++
		}
		table.Flush()
		return table.Error()
	})
}
