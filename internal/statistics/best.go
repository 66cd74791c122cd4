package statistics

// BestSet says which of K rows may be the best: the row with the highest true mean is among them with probability
// 1−alpha at least, if differences between rows are normal. No row is a baseline. values[i][s] is that of row i at
// seed s, which all rows share. Row i is left out if one other row is better by a one-sided paired t test,
//
//	t_ji = mean(x_j − x_i) / (max(s_ji, least)/√n) > t(1 − alpha/(K−1), n−1)
//
// s_ji being the standard deviation of the n differences, and least the least that it is taken to be, as for
// OverSample. The best is compared with K−1 others, none of which is truly better: by Bonferroni's inequality it is
// left out with probability alpha at most, whatever the rows' spreads and correlations. It is the subset selection
// of S. S. Gupta (1965, doi:10.1080/00401706.1965.10490251) by pairs, so that spreads may differ.
//
// Below two seeds nothing can be said, and all rows stay; so do rows with a NaN.
func BestSet(values [][]float64, alpha, least float64) []bool {
	may := make([]bool, len(values))
	if len(values) == 0 {
		return may
	}
	t := tQuantile(alpha/float64(max(1, len(values)-1)), float64(len(values[0])-1))
	d := make([]float64, len(values[0]))
	for i := range values {
		may[i] = true
		for j := range values {
			for s := range d {
				d[s] = values[j][s] - values[i][s]
			}
			if e := OverSample(d, least); i != j && e.Mean/e.SE > t {
				may[i] = false
			}
		}
	}
	return may
}
