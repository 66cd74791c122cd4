//go:build !purego

package bench

// multiplyAddAVX2 makes rounds of twelve independent fused multiply-adds of eight float32. Twelve
// cover the latency of the instruction, 4 or 5 cycles, on both of a processor's units.
//
//go:noescape
func multiplyAddAVX2(rounds int)

// multiplyAddAVX512 is the same with sixteen float32.
//
//go:noescape
func multiplyAddAVX512(rounds int)

// streamAVX2 adds 1 to n values, a multiple of 16, of each of three arrays.
//
//go:noescape
func streamAVX2(w, m, v *float32, n int)
