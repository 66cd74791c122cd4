//go:build !amd64 || purego

package bench

func multiplyAddAVX2(rounds int)         { panic("no AVX2") }
func multiplyAddAVX512(rounds int)       { panic("no AVX-512") }
func streamAVX2(w, m, v *float32, n int) { panic("no AVX2") }
