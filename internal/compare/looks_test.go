//go:build !race

// The race detector has nothing to find in simulations, which start no goroutine.

package compare

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"testing"

	"actfn/internal/rng"
)

func mustLooks(t *testing.T, alpha float64, seeds ...int) []Look {
	t.Helper()
	looks, err := Looks(alpha, seeds)
	if err != nil {
		t.Fatal(err)
	}
	return looks
}

func TestLooks(t *testing.T) {
	for _, c := range []struct {
		seeds []int
		want  []float64
	}{
		{[]int{5, 10, 20}, []float64{0.01, 0.015, 0.025}},
		{[]int{7}, []float64{0.05}},
		{[]int{2, 4}, []float64{0.02, 0.03}},
	} {
		for j, look := range mustLooks(t, 0.05, c.seeds...) {
			if look.Seeds != c.seeds[j] || math.Abs(look.Alpha-c.want[j]) > 1e-15 {
				t.Errorf("look %d of %v is %v, want alpha %v", j, c.seeds, look, c.want[j])
			}
		}
	}
	for _, seeds := range [][]int{nil, {1}, {0, 5}, {5, 5}, {10, 5}} {
		if _, err := Looks(0.05, seeds); err == nil {
			t.Errorf("looks at %v are allowed, want an error", seeds)
		}
	}
}

// TestStop: a row stops at the first look that decides, and needs all its seeds to be looked at.
func TestStop(t *testing.T) {
	looks := mustLooks(t, 0.05, 5, 10, 20)
	for _, c := range []struct {
		seeds    int
		verdicts []Verdict // at each look
		at       int
		want     Verdict
	}{
		{4, []Verdict{Better, Better, Better}, -1, Inconclusive},
		{5, []Verdict{Better, Worse, Worse}, 0, Better},
		{9, []Verdict{Inconclusive, Worse, Worse}, 0, Inconclusive},
		{20, []Verdict{Inconclusive, Equivalent, Worse}, 1, Equivalent},
		{99, []Verdict{Inconclusive, Inconclusive, Worse}, 2, Worse},
		{20, []Verdict{Inconclusive, Inconclusive, Inconclusive}, 2, Inconclusive},
	} {
		at, verdict := stop(looks, c.seeds, func(l Look) Verdict { return c.verdicts[slices.Index(looks, l)] })
		if at != c.at || verdict != c.want {
			t.Errorf("%d seeds, %v: stops at look %d with %s, want %d with %s", c.seeds, c.verdicts, at, verdict, c.at, c.want)
		}
	}
}

// TestCompareAtLooks: each row is judged by the seeds of the look at which it stops, in the order that was declared, and
// whatever else there is of it changes nothing.
func TestCompareAtLooks(t *testing.T) {
	o := options()
	o.Looks = mustLooks(t, o.Alpha, 5, 10, 20)
	var cells, more []Cell
	for i := range 20 {
		seed := uint64(100 - i)
		o.Seeds = append(o.Seeds, seed)
		cells = append(cells, cellOf("relu", seed, 500+i%3, 1000, -1), cellOf("near", seed, 500+i%2*16-8, 1000, -1))
		far, late := cellOf("far", seed, 600+i%3, 1000, -1), cellOf("late", seed, 502-i%2*4, 1000, -1)
		switch {
		case i < 5:
			cells = append(cells, far, late)
		case i < 7: // of the next look, which far does not need and late has only begun
			more = append(more, far, late)
		}
	}
	r := mustCompare(t, cells, o)
	for name, want := range map[string]struct {
		n, wanted int
		alpha     float64
		verdict   Verdict
	}{"far": {5, 5, 0.01, Better}, "late": {5, 10, 0.01, Inconclusive}, "near": {20, 20, 0.025, Inconclusive}} {
		row, _ := r.Row(name)
		d := row.Difference
		if d.N != want.n || row.N != want.n || row.SeedsWanted != want.wanted || d.Verdict != want.verdict || math.Abs(d.Level-(1-want.alpha/3)) > 1e-15 {
			t.Errorf("%s has %d and %d seeds of %d, is %s at %v, want %v", name, row.N, d.N, row.SeedsWanted, d.Verdict, d.Level, want)
		}
		if excludes := d.CI[0]*d.CI[1] > 0; excludes != (*d.PAdjusted < o.Alpha) {
			t.Errorf("%s: interval is %v and the adjusted p %v, which disagree", name, *d.CI, *d.PAdjusted)
		}
		if math.Abs(r.Level(row.N)-d.Level) > 1e-15 {
			t.Errorf("%s: level over %d seeds is %v, want %v", name, row.N, r.Level(row.N), d.Level)
		}
	}
	if row, _ := r.Row("relu"); row.N != 20 || row.SeedsWanted != 20 {
		t.Errorf("baseline has %d of %d seeds, want all 20", row.N, row.SeedsWanted)
	}
	if row, _ := r.Row("far"); r.Gap(row) != "" {
		t.Errorf("far lacks something: %s", r.Gap(row))
	}
	if row, _ := r.Row("late"); len(r.missing(row)) != 5 {
		t.Errorf("late lacks %v, want the 5 seeds that its next look takes", r.missing(row))
	}
	stopped := slices.IndexFunc(r.Warnings, func(w Warning) bool { return w.Code == StoppedEarly })
	if stopped < 0 || r.Warnings[stopped].Activation != "far" {
		t.Errorf("warnings are %v, want that far stopped early", r.Warnings)
	}
	var with, without bytes.Buffer
	for text, cells := range map[*bytes.Buffer][]Cell{&without: cells, &with: slices.Concat(cells, more)} {
		if err := Write(text, mustCompare(t, cells, o)); err != nil {
			t.Fatal(err)
		}
	}
	if with.String() != without.String() {
		t.Error("cells beyond a row's look change the result, want that they do not")
	}
	if again, err := Parse(with.Bytes()); err != nil || !slices.Equal(again.Looks, o.Looks) {
		t.Errorf("looks are %v, %v when they are read again, want %v", again.Looks, err, o.Looks)
	}
	wanted, err := Wanted(cells[:0], o)
	if err == nil || wanted != nil {
		t.Errorf("without cells and activations wanted is %v, want an error", wanted)
	}
	o.Activations, o.Data.Images = []string{"relu", "far", "late", "near"}, 1000
	for _, c := range []struct {
		cells []Cell
		want  map[string]int
	}{
		{nil, map[string]int{"relu": 5, "far": 5, "late": 5, "near": 5}},
		{cells, map[string]int{"relu": 20, "far": 5, "late": 10, "near": 20}},
	} {
		if wanted, err = Wanted(c.cells, o); err != nil || !maps.Equal(wanted, c.want) {
			t.Errorf("wanted are %v, %v, want %v", wanted, err, c.want)
		}
	}
}

// judgedAtLooks is how a row of k ends, by its differences in images, and with how many seeds.
func judgedAtLooks(looks []Look, k int, differences []float64, rope float64) (Verdict, int) {
	at, verdict := stop(looks, len(differences), func(l Look) Verdict {
		return judge(inImages(differences[:l.Seeds], 1), false, rope, l.Alpha, float64(k)).Verdict
	})
	return verdict, looks[at].Seeds
}

// TestFalseVerdictsAtLooks: a comparison of k rows that is looked at three times has any false verdict at the rate alpha
// at most. Rows that are equal to the baseline are neither better nor worse; rows that differ by exactly the margin, of
// one standard deviation, are not equivalent, nor is their difference of the other sign.
func TestFalseVerdictsAtLooks(t *testing.T) {
	looks := mustLooks(t, 0.05, 5, 10, 20)
	for _, d := range dealers(t, "steady", "collapsing") {
		for _, k := range []int{1, 4, 8} {
			equal, apart := 0, 0
			for i := range *deals {
				dealt := d.deal(rng.New(uint64(k), "false verdicts "+d.name, i), k+1, 20)
				// anyFalse looks at all rows, moved by a shift whose sign changes from row to row.
				anyFalse := func(shift, rope float64) int {
					for row := 1; row <= k; row++ {
						shift = -shift
						v, _ := judgedAtLooks(looks, k, less(dealt[row], dealt[0], -shift), rope)
						if v == Equivalent && math.Abs(shift) >= rope || v == Better && shift <= 0 || v == Worse && shift >= 0 {
							return 1
						}
					}
					return 0
				}
				equal += anyFalse(0, 2.5)
				apart += anyFalse(d.std, d.std)
			}
			what := fmt.Sprintf("%s, k = %d", d.name, k)
			t.Logf("%s: equal %.4f, a margin apart %.4f", what, share(equal), share(apart))
			atMost(t, what+", equal", share(equal), 0.057)
			atMost(t, what+", a margin apart", share(apart), 0.057)
		}
	}
}

// TestPowerAtLooks: a row that is better by a standard deviation of the differences is found, if the others are equal
// to the baseline.
func TestPowerAtLooks(t *testing.T) {
	looks := mustLooks(t, 0.05, 5, 10, 20)
	least := map[int]float64{1: 0.95, 4: 0.88, 8: 0.80}
	for _, d := range dealers(t, "steady", "collapsing") {
		for _, k := range []int{1, 4, 8} {
			for _, effect := range []float64{0, 1, 2} {
				found, seeds := 0, 0
				for i := range *deals {
					dealt := d.deal(rng.New(uint64(k), "power "+d.name, i), 2, 20)
					v, n := judgedAtLooks(looks, k, less(dealt[1], dealt[0], -effect*d.std), 2.5)
					seeds += n
					if v == Better {
						found++
					}
				}
				what := fmt.Sprintf("%s, k = %d, %g sd", d.name, k, effect)
				t.Logf("%s: found %.3f, %.1f seeds on average", what, share(found), share(seeds))
				if effect == 1 {
					atMost(t, what+", missed", share(*deals-found), 1-least[k])
				}
			}
		}
	}
}
