package record_test

import (
	"math"
	"regexp"
	"testing"

	"actfn/internal/record"
)

func TestTableIsComplete(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{"epoch": true}
	for _, m := range record.Metrics {
		if !name.MatchString(m.Name) || seen[m.Name] {
			t.Errorf("name is %q, want a new one in snake_case", m.Name)
		}
		seen[m.Name] = true
		if record.Named(m.Name) != m {
			t.Errorf("%s is not found by its name", m)
		}
		if m.Help == "" {
			t.Errorf("%s has no help", m)
		}
		if m.Aggregate == nil || m.Aggregate([]float64{1, 2, 3}) != 2 {
			t.Errorf("%s: the aggregate of 1, 2 and 3 is not 2", m)
		}
		if v := m.Validates; v != nil && (v.Panel == "" || !m.Optional || m.Panel != "" || v.Unit != m.Unit || v.Better != m.Better) {
			t.Errorf("%s does not go with %s, which it validates", m, v)
		}
	}
	if record.Named("epoch") != nil {
		t.Error("epoch is a metric")
	}
}

func TestTextOfMetrics(t *testing.T) {
	for _, c := range []struct {
		m    *record.Metric
		v    float64
		want string
	}{
		{record.LR, 1.0 / 3000, "lr 0.000333"},
		{record.TrainLoss, math.NaN(), "loss NaN"},
		{record.TrainAccuracy, 0.91168, "accuracy 91.17%"},
		{record.ValLoss, 0.25, "validation loss 0.2500"},
		{record.ImagesPerSecond, 4321.5, "4322 images/s"},
		{record.WallSeconds, 1.25, "1.2 s"},
	} {
		if got := c.m.Text(c.v); got != c.want {
			t.Errorf("%s is %q, want %q", c.m, got, c.want)
		}
	}
}

func TestBetter(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	for _, c := range []struct {
		m    *record.Metric
		a, b float64
		want bool
	}{
		{record.ValLoss, 1, 2, true}, {record.ValLoss, 2, 1, false}, {record.ValLoss, 1, 1, false}, {record.ValLoss, 1, inf, true},
		{record.ValLoss, nan, 1, false}, {record.ValLoss, 1, nan, false}, {record.ValLoss, inf, inf, false},
		{record.ValAccuracy, 1, 0, true}, {record.ValAccuracy, 0, 1, false},
		{record.LR, 0, 1, false}, {record.LR, 1, 0, false},
	} {
		if got := c.m.IsBetter(c.a, c.b); got != c.want {
			t.Errorf("%s: %g is better than %g: %v, want %v", c.m, c.a, c.b, got, c.want)
		}
	}
	if a, b := record.TrainLoss.Worst(), record.TrainAccuracy.Worst(); a != inf || b != -inf {
		t.Errorf("the worst are %g and %g, want the infinities", a, b)
	}
}

func TestLast(t *testing.T) {
	r := record.Run{Epochs: []record.Epoch{
		{N: 1, Values: map[*record.Metric]float64{record.ValLoss: 1, record.LR: 2}},
		{N: 2, Values: map[*record.Metric]float64{record.LR: 3}},
	}}
	if v, ok := record.LR.Last(r); v != 3 || !ok {
		t.Errorf("last lr is %g, %v, want 3", v, ok)
	}
	if v, ok := record.ValLoss.Last(r); ok {
		t.Errorf("last val_loss is %g, want none", v)
	}
	if v, ok := record.LR.Last(record.Run{}); ok {
		t.Errorf("last lr of no epochs is %g, want none", v)
	}
}
