package kernel

// axpy4 adds four weighted rows to dst: dst += w0·x0 + w1·x1 + w2·x2 + w3·x3. Each row has at least len(dst) values.
func axpy4(dst, x0, x1, x2, x3 []float32, w0, w1, w2, w3 float32) {
	n := len(dst)
	x0, x1, x2, x3 = x0[:n], x1[:n], x2[:n], x3[:n]
	for i := range dst {
		dst[i] += float32(w0*x0[i]) + float32(w1*x1[i]) + float32(w2*x2[i]) + float32(w3*x3[i])
	}
}

// axpy adds a weighted row to dst: dst += w·x.
func axpy(dst, x []float32, w float32) {
	x = x[:len(dst)]
	for i := range dst {
		dst[i] += float32(w * x[i])
	}
}

// addRows adds n weighted rows to dst: dst += Σᵢ w[i·ws]·x[i·xs…].
func addRows(dst []float32, n int, w []float32, ws int, x []float32, xs int) {
	i := 0
	for ; i+4 <= n; i += 4 {
		axpy4(dst, x[i*xs:], x[(i+1)*xs:], x[(i+2)*xs:], x[(i+3)*xs:], w[i*ws], w[(i+1)*ws], w[(i+2)*ws], w[(i+3)*ws])
	}
	for ; i < n; i++ {
		axpy(dst, x[i*xs:], w[i*ws])
	}
}

// addTaps adds one weighted row to dst for each tap: dst += Σₖ w[k]·x[taps[k]…].
func addTaps(dst, w, x []float32, taps []int) {
	k := 0
	for ; k+4 <= len(taps); k += 4 {
		axpy4(dst, x[taps[k]:], x[taps[k+1]:], x[taps[k+2]:], x[taps[k+3]:], w[k], w[k+1], w[k+2], w[k+3])
	}
	for ; k < len(taps); k++ {
		axpy(dst, x[taps[k]:], w[k])
	}
}

// dot returns Σᵢ a[i]·b[i] over len(a) values, in four interleaved partial sums.
func dot(a, b []float32) float32 {
	b = b[:len(a)]
	return inFours(len(a), func(i int) float32 { return float32(a[i] * b[i]) })
}

// Fill computes dst = v.
func Fill(dst []float32, v float32) {
	if len(dst) == 0 {
		return
	}
	dst[0] = v
	for n := 1; n < len(dst); n *= 2 { // copy uses vectors
		copy(dst[n:], dst[:n])
	}
}
