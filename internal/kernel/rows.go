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

// addRows adds n weighted rows to dst: dst += Σᵢ w·x of what row returns for i.
func addRows(dst []float32, n int, row func(i int) (w float32, x []float32)) {
	i := 0
	for ; i+4 <= n; i += 4 {
		w0, x0 := row(i)
		w1, x1 := row(i + 1)
		w2, x2 := row(i + 2)
		w3, x3 := row(i + 3)
		axpy4(dst, x0, x1, x2, x3, w0, w1, w2, w3)
	}
	for ; i < n; i++ {
		w, x := row(i)
		axpy(dst, x, w)
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
