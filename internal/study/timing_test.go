package study

import (
	"context"
	"errors"
	"slices"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/config"
)

// In twice as many rounds as there are activations each has each turn twice, and comes before each other as often as after.
func TestTurns(t *testing.T) {
	for n := 1; n <= mostTogether; n++ {
		at, before := map[[2]int]int{}, map[[2]int]int{}
		for round := range 2 * n {
			order := turns(n, round)
			for turn, i := range order {
				at[[2]int{i, turn}]++
				for _, k := range order[:turn] {
					before[[2]int{k, i}]++
				}
			}
		}
		for i := range n {
			for k := range n {
				if at[[2]int{i, k}] != 2 || i != k && before[[2]int{i, k}] != n {
					t.Errorf("%d activations: %d has turn %d %d times, and comes before %[3]d %[5]d times", n, i, k, at[[2]int{i, k}], before[[2]int{i, k}])
				}
			}
		}
	}
}

// timedStudy is a small comparison that can be timed.
func timedStudy(t *testing.T, activations ...string) *Study {
	t.Helper()
	c := config.Default()
	c.Data.Root = pictures(t)
	c.Model.Filters, c.Model.Hidden = []int{3}, []int{5}
	c.Train.Epochs, c.Train.BatchSize, c.Workers = 1, 4, 1
	claim := Claim{Options: compare.Defaults()}
	claim.Baseline = activations[1]
	s, err := Open(context.Background(), Options{Config: c, Activations: activations, Seeds: []uint64{3}, Claim: claim}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// More activations than are timed together are timed in groups, each beside the baseline.
func TestTime(t *testing.T) {
	s := timedStudy(t, "tanh", "relu", "gelu", "silu", "mish", "elu", "selu", "softplus", "sin(x)", "relu(x)")
	timed, err := s.Time(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if timed.Baseline != "relu" || timed.Batch != 4 || timed.Environment.Workers != 1 {
		t.Errorf("timing is %+v", timed.Timing)
	}
	for _, name := range s.Plan.Activations {
		step, ok := timed.Steps[name]
		if !ok || step.Blocks < leastBlocks || name != "relu" && step.Blocks > mostBlocks || !(step.Seconds > 0) || step.CI == nil || step.Ratio == nil || !(*step.Ratio > 0) || step.RatioCI == nil {
			t.Errorf("%s: step is %+v", name, step)
		}
	}
	if base := timed.Steps["relu"]; *base.Ratio != 1 || len(timed.Steps) != len(s.Plan.Activations) {
		t.Errorf("the baseline's step is %+v, of %d", base, len(timed.Steps))
	}
}

func TestTimeOfNothing(t *testing.T) {
	s := timedStudy(t, "tanh", "relu")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	if timed, err := s.Time(ctx); timed != nil || !(errors.Is(err, errStop) || errors.Is(err, context.Canceled)) {
		t.Errorf("cancelled: %+v, %v", timed, err)
	}
	s.Config.Train.Epochs = 0
	if timed, err := s.Time(context.Background()); timed != nil || err != nil {
		t.Errorf("nothing is trained: %+v, %v", timed, err)
	}
	if Timed(t.TempDir()) != nil {
		t.Error("a folder without a result has times")
	}
}

// One activation alone is timed too.
func TestTimeOfOne(t *testing.T) {
	s := timedStudy(t, "tanh", "tanh(x)")
	s.Plan.Activations, s.Claim.Baseline = slices.Clip(s.Plan.Activations[:1]), "tanh"
	timed, err := s.Time(context.Background())
	if err != nil || len(timed.Steps) != 1 || *timed.Steps["tanh"].Ratio != 1 {
		t.Errorf("%+v, %v", timed, err)
	}
}
