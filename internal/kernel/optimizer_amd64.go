//go:build !purego

package kernel

// stepAVX2 updates whole vectors and returns how many parameters those are.
func (c *adamCoefficients) stepAVX2(w, m, v, g []float32) int {
	n := len(w) &^ 7
	_, _, _ = m[:n], v[:n], g[:n]
	if n == 0 {
		return 0
	}
	var spread [9][8]float32
	for i, x := range []float32{c.beta1, c.rest1, c.beta2, c.rest2, c.decay, c.keep, c.size, c.root, c.eps} {
		Fill(spread[i][:], x)
	}
	adamStep(&w[0], &m[0], &v[0], &g[0], n, &spread[0][0])
	return n
}
