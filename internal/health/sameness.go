package health

import (
	"math"

	"actfn/internal/kernel"
	"actfn/internal/number"
	"actfn/internal/worker"
)

// comparedValues is the number of values of an image of which the cosine is taken; of more they are every
// k-th, from the first.
const comparedValues = 1 << 16

// classes numbers the classes that a probe has images of.
type classes struct {
	at    map[int]int // by label
	pairs float64     // of images of different classes, in order
}

func newClasses(labels []int) classes {
	c := classes{at: map[int]int{}}
	counts := map[int]int{}
	for _, y := range labels {
		if _, known := c.at[y]; !known {
			c.at[y] = len(c.at)
		}
		counts[y]++
	}
	n := float64(len(labels))
	c.pairs = n * n
	for _, k := range counts {
		c.pairs -= float64(k) * float64(k)
	}
	return c
}

// sameness is the mean cosine of the outputs y of two images of different classes. With u = y/‖y‖, and 0 where y is 0, it
// is (‖Σ u‖² − Σ_c ‖Σ_{c} u‖²)/pairs: it needs the sum over each class c alone.
type sameness struct {
	classes
	pool    *worker.Pool
	rows    int // values of an image
	apart   int // k
	columns int
	product kernel.Linear // of the rows and what each image adds to its class
	weights []float32     // (classes, columns): 1/‖y‖ at the image's class
	partial []float32     // Σ u of a batch, as the product stores it
	sums    []float32     // Σ u of all batches so far
	chosen  []float32     // every k-th row, where k is not 1
	squares [][]float32   // of each part of the rows: ‖y‖² of each image
	begun   bool          // there is a sum
	broken  bool          // a value is not finite
	lengths []float64     // ‖y‖² of each image
}

func newSameness(c classes, size, columns int, pool *worker.Pool) *sameness {
	s := &sameness{classes: c, pool: pool, columns: columns, apart: (size + comparedValues - 1) / comparedValues}
	s.rows = (size + s.apart - 1) / s.apart
	s.product = kernel.Linear{In: s.rows, Out: len(c.at), N: columns}
	stored := kernel.Panels(len(c.at)) * kernel.PanelWidth * s.rows
	s.weights = kernel.Floats(len(c.at) * columns)
	s.partial, s.sums = kernel.Floats(stored), kernel.Floats(stored)
	if s.apart > 1 {
		s.chosen = kernel.Floats(s.rows * columns)
	}
	s.lengths = make([]float64, columns)
	return s
}

func (s *sameness) reset() { s.begun, s.broken = false, false }

// add adds the outputs y, (…, columns), of images with their labels.
func (s *sameness) add(y, labels []float32, images int) {
	if s.apart > 1 {
		for r := range s.rows {
			copy(s.chosen[r*s.columns:][:s.columns], y[r*s.apart*s.columns:])
		}
		y = s.chosen
	}
	if images < s.columns { // what padding holds means nothing, and may be NaN
		for from := 0; from < len(y); from += s.columns {
			clear(y[from:][images:s.columns])
		}
	}
	s.measure(y)
	clear(s.weights)
	for n := range images {
		length := math.Sqrt(s.lengths[n])
		s.broken = s.broken || !number.Finite(length)
		if length > 0 {
			s.weights[s.at[int(labels[n])]*s.columns+n] = float32(1 / length)
		}
	}
	if !s.begun {
		s.product.BackwardWeights(s.pool, s.sums, y, s.weights)
		s.begun = true
		return
	}
	s.product.BackwardWeights(s.pool, s.partial, y, s.weights)
	s.pool.RunChunks(len(s.sums), chunk, func(from, to int) {
		kernel.Add(s.sums[from:to], s.sums[from:to], s.partial[from:])
	})
}

// measure sums the squares of each image, in parts of rows that do not depend on the number of workers.
func (s *sameness) measure(y []float32) {
	const height = 1 << 10
	parts := (s.rows + height - 1) / height
	for len(s.squares) < parts {
		s.squares = append(s.squares, make([]float32, s.columns))
	}
	s.pool.Run(parts, func(_, part int) {
		own := s.squares[part]
		clear(own)
		for r := part * height; r < min(s.rows, (part+1)*height); r++ {
			row := y[r*s.columns:][:s.columns]
			kernel.MulAdd(own, row, row, own)
		}
	})
	clear(s.lengths)
	for _, own := range s.squares[:parts] {
		for n, v := range own {
			s.lengths[n] += float64(v)
		}
	}
}

// mean is the mean cosine, or why there is none.
func (s *sameness) mean() (cosine float64, missing string) {
	if s.broken {
		return 0, "the outputs are not finite"
	}
	if s.pairs == 0 {
		return 0, "all images of the probe are of one class"
	}
	classes := len(s.at)
	all := 0.0
	for row := range s.rows {
		total := 0.0 // of all classes
		for c := 0; c < classes; c += kernel.PanelWidth {
			at := kernel.PackedAt(classes, s.rows, c, row)
			for _, v := range s.sums[at : at+kernel.PanelWidth] {
				total += float64(v)
			}
		}
		all += total * total
	}
	return (all - kernel.SumProducts(s.sums, s.sums)) / s.pairs, ""
}
