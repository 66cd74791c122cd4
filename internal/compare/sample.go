package compare

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"
	"maps"
	"math"
	"slices"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
)

// Cell is one training run of a comparison: an activation at a seed, and what came of it. Cells of one seed
// began with the same weights and saw the same images in the same order.
type Cell struct {
	ID         string // its folder in a comparison; decides nothing
	Activation string // with its parameters: leaky_relu(slope=0.01)
	Seed       uint64
	LR         float64
	Run        record.Run
	// Predictions are of the test images, in the order in which every cell has them.
	Predictions record.Predictions
}

// sample is the cells of a comparison as a table: a row for each activation, a column for each seed.
type sample struct {
	seeds       []uint64 // in rising order, so that the order in which they are given decides no bit
	activations []string
	rows        map[string]row
	data        Data
	labels      []int
	diverged    string // Options.Diverged
}

// row is an activation's cells by seed, nil where there is none.
type row []*Cell

// newSample sorts the cells into rows, and refuses those that are not of one comparison.
func newSample(cells []Cell, o Options) (sample, error) {
	s := sample{seeds: slices.Sorted(slices.Values(o.Seeds)), activations: o.Activations, rows: map[string]row{},
		data: o.Data, diverged: o.Diverged}
	if len(s.seeds) == 0 {
		s.seeds = distinct(cells, func(c Cell) uint64 { return c.Seed })
	}
	if len(s.activations) == 0 {
		s.activations = distinct(cells, func(c Cell) string { return c.Activation })
		if at, ok := slices.BinarySearch(s.activations, o.Baseline); ok {
			s.activations = slices.Insert(slices.Delete(s.activations, at, at+1), 0, o.Baseline)
		}
	}
	if !slices.Contains(s.activations, o.Baseline) {
		err := fmt.Errorf("baseline: value is %q, want one of %s", o.Baseline, strings.Join(s.activations, ", "))
		return s, fault.Suggest(err, o.Baseline, s.activations)
	}
	for _, a := range s.activations {
		s.rows[a] = make(row, len(s.seeds))
	}
	for i := range cells {
		if err := s.add(&cells[i]); err != nil {
			return s, fmt.Errorf("cell %s, seed %d: %w", cells[i].Activation, cells[i].Seed, err)
		}
	}
	if s.data.Images < 1 || s.data.Classes < 1 {
		return s, fmt.Errorf("data: test images are %d of %d classes, want at least 1 of 1", s.data.Images, s.data.Classes)
	}
	return s, nil
}

// distinct are the values that cells have, in rising order.
func distinct[T cmp.Ordered](cells []Cell, of func(Cell) T) []T {
	values := map[T]bool{}
	for _, c := range cells {
		values[of(c)] = true
	}
	return slices.Sorted(maps.Keys(values))
}

// add puts a cell where it belongs.
func (s *sample) add(c *Cell) error {
	cells, ok := s.rows[c.Activation]
	if !ok {
		return fmt.Errorf("activation is not of this comparison, want one of %s", strings.Join(s.activations, ", "))
	}
	at, ok := slices.BinarySearch(s.seeds, c.Seed)
	if !ok {
		return fmt.Errorf("seed is not of this comparison, want one of %v", s.seeds)
	}
	if other := cells[at]; other != nil {
		return fmt.Errorf("cell is there twice, at lr %g and %g, want it once", min(other.LR, c.LR), max(other.LR, c.LR))
	}
	cells[at] = c
	if c.Run.Data != "" && s.data.Hash != "" && c.Run.Data != s.data.Hash {
		return fmt.Errorf("data is %s, want %s, that of the comparison", c.Run.Data, s.data.Hash)
	}
	if s.data.Classes == 0 {
		s.data.Classes = len(c.Run.Classes)
	}
	if len(c.Run.Classes) > 0 && len(c.Run.Classes) != s.data.Classes {
		return fmt.Errorf("classes are %d, want %d as in the other cells", len(c.Run.Classes), s.data.Classes)
	}
	if c.Run.Test == nil {
		return nil
	}
	if s.labels == nil {
		if s.data.Images == 0 {
			s.data.Images = len(c.Predictions.Labels)
		}
		s.labels = c.Predictions.Labels
		for i, label := range s.labels {
			if label < 0 || label >= s.data.Classes {
				return fmt.Errorf("test image %d is of class %d, want 0 to %d", i, label, s.data.Classes-1)
			}
		}
	}
	return s.checkTest(*c.Run.Test, c.Predictions)
}

// checkTest wants a cell's figures to be those of its predictions, and these of the images of the comparison.
func (s *sample) checkTest(test record.Test, p record.Predictions) error {
	if len(p.Labels) != s.data.Images || len(p.Predicted) != s.data.Images {
		return fmt.Errorf("predictions are %d of %d images, want one for each of %d", len(p.Predicted), len(p.Labels), s.data.Images)
	}
	if !slices.Equal(p.Labels, s.labels) {
		return fmt.Errorf("labels of the test images differ from those of other cells, want the same images in one order")
	}
	correct := 0
	for i, label := range p.Labels {
		if label == p.Predicted[i] {
			correct++
		}
	}
	if test.Correct != correct || test.Images != s.data.Images {
		return fmt.Errorf("test is %d correct of %d images, want %d of %d as predicted", test.Correct, test.Images, correct, s.data.Images)
	}
	if want := float64(correct) / float64(s.data.Images); !(math.Abs(test.Accuracy-want) <= 1e-6) {
		return fmt.Errorf("test accuracy is %g, want %g, %d of %d images", test.Accuracy, want, correct, s.data.Images)
	}
	return nil
}

// Diverged reports that a loss of the run was NaN or infinite.
func Diverged(r record.Run) bool {
	for _, e := range r.Epochs {
		if !number.Finite(e.Values[record.TrainLoss]) || !number.Finite(e.Values[record.ValLoss]) {
			return true
		}
	}
	return r.Diverged != nil || r.Test != nil && !number.Finite(r.Test.Loss)
}

// score is what counts of a cell, by Options.Diverged.
type score struct {
	*Cell
	ok            bool // it has a value
	guess         bool // its accuracy and loss are those of guessing
	correct, loss float64
}

// hash is equal for equal predictions, "" for those of guessing.
func (s score) hash() string {
	if s.guess {
		return ""
	}
	sum := sha256.Sum256(fmt.Append(nil, s.Predictions.Predicted))
	return hex.EncodeToString(sum[:8])
}

func (s *sample) score(c *Cell) score {
	switch {
	case c == nil:
		return score{}
	case s.diverged == Chance && Diverged(c.Run):
		classes := float64(s.data.Classes)
		return score{c, true, true, float64(s.data.Images) / classes, math.Log(classes)}
	case s.diverged == Exclude && Diverged(c.Run), c.Run.Test == nil:
		return score{}
	}
	return score{c, true, false, float64(c.Run.Test.Correct), float64(c.Run.Test.Loss)}
}

// pairs are two rows at the seeds at which both have a value.
func (s *sample) pairs(a, b row) iter.Seq2[score, score] {
	return func(yield func(x, y score) bool) {
		for i := range s.seeds {
			if x, y := s.score(a[i]), s.score(b[i]); x.ok && y.ok && !yield(x, y) {
				return
			}
		}
	}
}

// differences are the images that row a has right more than row b, seed by seed, and spread is the standard deviation
// over the images of what each adds to their mean: NaN for one image, or no seed.
func (s *sample) differences(a, b row) (list []float64, spread float64) {
	sums := make([]float64, s.data.Images)
	for x, y := range s.pairs(a, b) {
		list = append(list, x.correct-y.correct)
		s.addCorrect(sums, x, 1)
		s.addCorrect(sums, y, -1)
	}
	_, std := statistics.Moments(sums)
	return list, std / float64(len(list))
}

// addCorrect adds sign to each image that the cell has right, and its part of it where the cell guesses.
func (s *sample) addCorrect(sums []float64, c score, sign float64) {
	for i, label := range s.labels {
		switch {
		case c.guess:
			sums[i] += sign / float64(s.data.Classes)
		case c.Predictions.Predicted[i] == label:
			sums[i] += sign
		}
	}
}

// identical is the number of seeds of two rows that predict the same class for every image at every seed; 0 for
// others.
func (s *sample) identical(a, b row) int {
	n := 0
	for x, y := range s.pairs(a, b) {
		if x.guess || y.guess || !slices.Equal(x.Predictions.Predicted, y.Predictions.Predicted) {
			return 0
		}
		n++
	}
	return n
}
