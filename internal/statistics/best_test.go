package statistics

import (
	"math"
	"slices"
	"testing"
)

// Of the four rows d <- x[j,]-x[i,]; mean(d)/(max(sd(d),1)/sqrt(5)) in R 4.2.2 is largest at 4 for the first, 0 or
// below for the second, 2.157 for the third and 1.190 for the fourth; qt(1-c(.05,.01)/3, 4) is 3.186 and 5.167.
func TestBestSet(t *testing.T) {
	four := [][]float64{
		{800, 820, 790, 850, 830},
		{840, 850, 800, 880, 840},
		{790, 830, 800, 840, 840},
		{700, 860, 780, 900, 800},
	}
	for _, c := range []struct {
		name         string
		values       [][]float64
		alpha, least float64
		want         []bool
	}{
		{"four", four, 0.05, 1, []bool{false, true, true, true}},
		{"four, strictly", four, 0.01, 1, []bool{true, true, true, true}},
		{"four, loosely", four, 0.15, 1, []bool{false, true, false, true}}, // qt(1-.15/3, 4) is 2.132
		{"four, a large least spread", four, 0.05, 30, []bool{true, true, true, true}},
		{"alike at every seed", [][]float64{{5, 5}, {15, 15}}, 0.05, 1, []bool{false, true}}, // t is 14.1, 6.31 its quantile
		{"alike but for one image", [][]float64{{5, 5}, {6, 6}}, 0.05, 1, []bool{true, true}},
		{"the same", [][]float64{{5, 6}, {5, 6}}, 0.05, 1, []bool{true, true}},
		{"one seed", [][]float64{{5}, {500}}, 0.05, 1, []bool{true, true}},
		{"no seed", [][]float64{{}, {}}, 0.05, 1, []bool{true, true}},
		{"one row", [][]float64{{5, 7}}, 0.05, 1, []bool{true}},
		{"no row", nil, 0.05, 1, nil},
		{"NaN", [][]float64{{5, 5, math.NaN()}, {50, 50, 50}, {9, 9, 9}}, 0.05, 1, []bool{true, true, false}},
	} {
		if got := BestSet(c.values, c.alpha, c.least); !slices.Equal(got, c.want) {
			t.Errorf("%s: BestSet = %v, want %v", c.name, got, c.want)
		}
	}
}
