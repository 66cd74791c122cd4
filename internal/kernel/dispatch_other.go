//go:build !amd64 || purego

package kernel

import "actfn/internal/worker"

// avx2 says that the AVX2 and FMA kernels run, and wide that they run in AVX-512: there are none here, and nothing
// below is called.
const avx2, wide = false, false

type convVectors struct{}

func (p product) multiplyAVX2(c, a, b matrix, next [][]float32) { panic("no AVX2") }

func transposeAVX2(dst, src matrix, rows, columns int) { panic("no AVX2") }

func (c *Conv) forwardAVX2(p *worker.Pool, y, z []float32, argmax []uint8, w, b []float32, activate Activate, poolFirst bool) {
	panic("no AVX2")
}

func (c *Conv) spreads() bool { panic("no AVX2") }

func (c *Conv) sharesAVX2() int { panic("no AVX2") }

func (c *Conv) backwardWeightsAVX2(p *worker.Pool, dw, db []float32, argmax []uint8, gradient Gradient) {
	panic("no AVX2")
}

func (c *Conv) backwardInputAVX2(p *worker.Pool, dx, w []float32, argmax []uint8) { panic("no AVX2") }

func (l *Linear) forwardSparse(p *worker.Pool, y, x, w, b []float32) { panic("no AVX2") }

func (l *Linear) weightsSparse(dw []float32, rows matrix, height int, g panelGroup, next []float32) {
	panic("no AVX2")
}

func (c *adamCoefficients) stepAVX2(w, m, v, g []float32, ahead int) int { panic("no AVX2") }
