package statistics

import (
	"math"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// tTail returns P(T > t) of Student's t with df degrees of freedom,
//
//	½ I_x(df/2, 1/2),  x = df/(df + t²),  t ≥ 0
//
// with I the regularised incomplete beta function, so that a far tail keeps its digits: it is R's
// pt(t, df, lower.tail = FALSE). A NaN, or no degree of freedom, gives NaN.
func tTail(t, df float64) float64 {
	switch {
	case math.IsNaN(t) || !(df > 0):
		return math.NaN()
	case t < 0:
		return 1 - tTail(-t, df)
	}
	return mathext.RegIncBeta(df/2, 0.5, df/(df+t*t)) / 2
}

// tQuantile returns the t that Student's t exceeds with probability p ≤ 1/2: R's qt(p, df, lower.tail = FALSE).
// The relative error is below 1e-9 for p ≥ 1e-5 (TestStudent). NaN as in tTail.
func tQuantile(p, df float64) float64 {
	if !(df > 0) {
		return math.NaN()
	}
	return -distuv.StudentsT{Sigma: 1, Nu: df}.Quantile(p)
}
