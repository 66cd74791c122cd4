package kernel

import (
	"slices"
	"testing"

	"actfn/internal/rng"
)

// Draws are those of package rng, on every path, for any number of them.
func TestUniform(t *testing.T) { onEachPath(t, testUniform) }

func testUniform(t *testing.T) {
	s := rng.New(5, "uniform", 1)
	for _, first := range []uint64{0, 1<<40 + 7, 1<<64 - 20} {
		for n := range 70 {
			at, got, want := make([]int, n), make([]float32, n+1), make([]float32, n+1)
			for i := range at {
				at[i] = 3*i%100 + i%2<<39
			}
			got[n], want[n] = 2, 2 // nothing is written past the last
			s.Singles(want[:n], first)
			if Uniform(got[:n], s, first); !slices.Equal(got, want) {
				t.Fatalf("draws from %d on are %v, want %v", first, got, want)
			}
			s.SinglesAt(want[:n], first, at)
			if UniformAt(got[:n], s, first, at); !slices.Equal(got, want) {
				t.Fatalf("draws from %d at %v are %v, want %v", first, at, got, want)
			}
		}
	}
}
