//go:build !amd64 || purego

package bench

func multiplyAddAVX2(rounds int)         { panic("no AVX2") }
func streamAVX2(w, m, v *float32, n int) { panic("no AVX2") }
