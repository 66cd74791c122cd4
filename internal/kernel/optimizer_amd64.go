//go:build !purego

package kernel

// stepAVX2 updates whole vectors and returns how many parameters those are.
func (c *adamCoefficients) stepAVX2(w, m, v, g []float32, ahead int) int {
	n := len(w) &^ 7
	_, _, _ = m[:n], v[:n], g[:n]
	if n == 0 {
		return 0
	}
	adamStep(&w[0], &m[0], &v[0], &g[0], n, &c.beta1, 4*ahead)
	return n
}
