package statistics

import (
	"math"
	"testing"
)

// friedman.test(m)$statistic in R 4.2.2, and the share of all permutations within the rows of m, of which the first
// stands still, whose statistic is at least as large; for the six rows of five, of 200000 random ones.
func TestFriedman(t *testing.T) {
	for _, c := range []struct {
		name               string
		blocks             [][]float64
		statistic, p, near float64
		least              float64
	}{
		{"five of three", [][]float64{{0.81, 0.84, 0.83}, {0.70, 0.74, 0.71}, {0.90, 0.91, 0.93}, {0.55, 0.60, 0.58}, {0.77, 0.79, 0.76}},
			6.4000000000000004, 0.039351851851851853, 1e-12, 1. / 1296},
		{"four of four, with ties", [][]float64{{1, 2, 2, 4}, {3, 3, 5, 9}, {2, 1, 4, 4}, {7, 7, 7, 8}},
			9.545454545454545, 0.0069444444444444441, 1e-12, 1. / 13824},
		{"five of two", [][]float64{{1, 2}, {1, 3}, {2, 5}, {0, 4}, {1, 9}}, 5, 0.0625, 1e-12, 0.0625},
		{"six of five, by random permutations", [][]float64{{2.29, 1.05, 2.88, 0.90, 2.47}, {-1.20, 0.18, 0.92, 1.89, 1.38},
			{-0.69, 0.45, 2.50, 1.73, 1.95}, {-0.41, 2.49, 1.07, 1.61, 1.79}, {-0.97, 0.66, -0.28, 2.21, 0.22}, {-0.95, 3.02, 0.29, -0.49, 0.92}},
			8.9333333333333336, 0.054875, 0.04, 1. / 100001},
	} {
		check(t, c.name+": statistic", FriedmanStatistic(c.blocks), c.statistic, 1e-14)
		p, least := Friedman(c.blocks)
		check(t, c.name+": p", p, c.p, c.near)
		check(t, c.name+": least p", least, c.least, 1e-12)
		if again, _ := Friedman(c.blocks); again != p {
			t.Errorf("%s: p is %v, then %v", c.name, p, again)
		}
	}
	for name, blocks := range map[string][][]float64{"no block": nil, "one block": {{1, 2}}, "one treatment": {{1}, {2}}, "all equal": {{3, 3}, {3, 3}}} {
		if p, _ := Friedman(blocks); p != 1 {
			t.Errorf("%s: p is %v, want 1", name, p)
		}
	}
	if p, _ := Friedman([][]float64{{1, 2}, {math.NaN(), 3}}); !math.IsNaN(p) {
		t.Errorf("with a NaN p is %v", p)
	}
}

// Where all blocks agree, p is the least that there can be.
func TestFriedmanLeast(t *testing.T) {
	for n := 2; n <= 7; n++ {
		var blocks [][]float64
		for b := range n {
			blocks = append(blocks, []float64{float64(b), float64(b) + 1, float64(b) + 3})
		}
		p, least := Friedman(blocks)
		check(t, "p where all agree", p, least, 1e-12)
	}
}

// t.test(x, y, paired=TRUE)$p.value of x, y and of x, z in R 4.2.2; y and z have equal means.
func TestInteraction(t *testing.T) {
	x, y, z := []float64{1.2, 0.8, 1.5, 0.9, 1.1}, []float64{0.2, 0.5, -0.1, 0.4, 0.6}, []float64{0.3, 0.1, 0.9, -0.2, 0.5}
	check(t, "two", Interaction([][]float64{x, y}, 0), 0.02954640575090927, 1e-12)
	check(t, "three", Interaction([][]float64{x, y, z}, 0), 3*0.0012958915465275231, 1e-12)
	check(t, "the same", Interaction([][]float64{x, x}, 0.01), 1, 0)
	check(t, "a large least spread", Interaction([][]float64{x, y}, 5), OverSample([]float64{1, 0.3, 1.6, 0.5, 0.5}, 5).P(), 1e-12)
	nan := math.NaN()
	check(t, "without the first block", Interaction([][]float64{x, {nan, 0.5, -0.1, 0.4, 0.6}}, 0), 0.091364163858618633, 1e-12)
	check(t, "a setting without blocks", Interaction([][]float64{x, y, {nan, nan, nan, nan, 1}}, 0), 3*0.02954640575090927, 1e-12)
	for name, effects := range map[string][][]float64{"one setting": {x}, "none": nil, "one block": {{1}, {2}}} {
		if p := Interaction(effects, 0); !math.IsNaN(p) {
			t.Errorf("%s: p is %v, want NaN", name, p)
		}
	}
}
