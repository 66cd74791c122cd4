package bench

// flopsPerRound is the number of floating-point operations of a round of multiplyAdd; that in AVX-512 makes twice as many.
const flopsPerRound = 2 * 12 * 8

// multiplyAddGeneric makes rounds of twelve times eight independent multiplications with an addition,
// as many as multiplyAddAVX2 makes: without vectors, one at a time.
func multiplyAddGeneric(rounds int) float32 {
	const a, b = 0.5, 1
	var s0, s1, s2, s3, s4, s5, s6, s7 float32
	for range rounds * 12 {
		s0, s1, s2, s3 = a*s0+b, a*s1+b, a*s2+b, a*s3+b
		s4, s5, s6, s7 = a*s4+b, a*s5+b, a*s6+b, a*s7+b
	}
	return s0 + s1 + s2 + s3 + s4 + s5 + s6 + s7
}

// bytesPerFloat is what streamGeneric and streamAVX2 move for each index: three float32 read and
// written, as Adam does with w, m and v.
const bytesPerFloat = 3 * (4 + 4)

// streamGeneric adds 1 to every value of three arrays of one length.
func streamGeneric(w, m, v []float32) {
	m, v = m[:len(w)], v[:len(w)]
	for i := range w {
		w[i]++
		m[i]++
		v[i]++
	}
}
