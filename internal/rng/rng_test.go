package rng

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// stableDraw is SplitMix64 keyed as New documents it; every trained weight descends from it.
const stableDraw = 0xbf8c3808aed230cc

func TestDrawsDependOnEveryCoordinate(t *testing.T) {
	seen := map[uint64]string{}
	for _, seed := range []uint64{0, 1, math.MaxUint64} {
		for _, purpose := range []string{"", "shuffle", "shufflf", "weights"} {
			for epoch := range 3 {
				for i := range uint64(50) {
					v := New(seed, purpose, epoch).Uint64(i)
					if at, dup := seen[v]; dup {
						t.Fatalf("seed %d, %q, epoch %d, index %d repeats %s", seed, purpose, epoch, i, at)
					}
					seen[v] = purpose
				}
			}
		}
	}
}

// A change of any of these values would silently change every run.
func TestDrawsAreStable(t *testing.T) {
	s := New(7, "shuffle", 2)
	if got, want := s.Perm(8), New(7, "shuffle", 2).Perm(8); !slices.Equal(got, want) {
		t.Errorf("two equal streams permute as %v and %v", got, want)
	}
	if got := New(0, "weights", 0).Uint64(0); got != stableDraw {
		t.Errorf("first draw of seed 0 is %#x, want %#x", got, uint64(stableDraw))
	}
}

func TestUniformMoments(t *testing.T) {
	const n = 200_000
	s := New(3, "moments", 0)
	var sum, squares, lag float64
	for i := range uint64(n) {
		u := s.Uniform(i, -1, 1)
		if u < -1 || u >= 1 {
			t.Fatalf("draw %d is %g, want [-1, 1)", i, u)
		}
		sum += u
		squares += u * u
		lag += u * s.Uniform(i+1, -1, 1)
	}
	// Standard errors: mean 0.577/√n, mean square 0.298/√n, lag product 0.333/√n. Five of them each.
	limit := 5 / math.Sqrt(n)
	if m := sum / n; math.Abs(m) > 0.577*limit {
		t.Errorf("mean %g", m)
	}
	if m := squares/n - 1.0/3; math.Abs(m) > 0.298*limit {
		t.Errorf("mean square is off 1/3 by %g", m)
	}
	if m := lag / n; math.Abs(m) > 0.333*limit {
		t.Errorf("lag-1 product %g", m)
	}
}

// Many draws at once are those that are drawn one by one.
func TestSingles(t *testing.T) {
	s := New(5, "singles", 1)
	const first = 1<<40 + 7
	next, at, places := make([]float32, 100), make([]float32, 100), make([]int, 100)
	for i := range places {
		places[i] = 3 * i % 100
	}
	s.Singles(next, first)
	s.SinglesAt(at, first, places)
	for i := range next {
		if want := float32(s.Uint64(first+uint64(i))>>40) * 0x1p-24; next[i] != want {
			t.Errorf("draw %d is %g, want %g", i, next[i], want)
		}
		if at[i] != next[places[i]] {
			t.Errorf("draw at %d is %g, want %g", places[i], at[i], next[places[i]])
		}
	}
}

func TestPermIsUniform(t *testing.T) {
	const rounds, n = 24_000, 4
	counts := map[[n]int]int{}
	for epoch := range rounds {
		counts[[n]int(New(1, "perm", epoch).Perm(n))]++
	}
	if len(counts) != 24 {
		t.Fatalf("%d of the 24 orders of 4 were seen", len(counts))
	}
	var chi2 float64
	for _, c := range counts {
		d := float64(c) - rounds/24
		chi2 += d * d / (rounds / 24)
	}
	if limit := (distuv.ChiSquared{K: 23}).Quantile(0.9999); chi2 > limit {
		t.Errorf("χ² = %.1f over 24 orders", chi2)
	}
}

func TestPermOfNothing(t *testing.T) {
	if p := New(0, "", 0).Perm(0); len(p) != 0 {
		t.Errorf("Perm(0) = %v", p)
	}
}

// By Kolmogorov and Smirnov, whose statistic is above 1.95/√n in one of a thousand samples.
func TestNormal(t *testing.T) {
	const n = 100_000
	s := New(4, "normal", 0)
	draws := make([]float64, n)
	for i := range draws {
		draws[i] = s.Normal(uint64(i))
	}
	slices.Sort(draws)
	var apart float64
	for i, z := range draws {
		apart = max(apart, math.Abs(distuv.UnitNormal.CDF(z)-(float64(i)+0.5)/n))
	}
	if apart > 1.95/math.Sqrt(n) {
		t.Errorf("distribution is %.5f from the normal one", apart)
	}
	if got, want := s.Normal(7), distuv.UnitNormal.Quantile(s.Float64(7)); math.Abs(got-want) > 1e-9 {
		t.Errorf("draw 7 is %g, want %g", got, want)
	}
	least := math.Sqrt2 * math.Erfinv(-1+0x1p-53) // of the draw 0
	if !(least < -8 && least > -8.3) {
		t.Errorf("the least draw is %g", least)
	}
}
