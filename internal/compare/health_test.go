package compare

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"actfn/internal/record"
)

// ofHealth are cells whose runs have what health says of their seed.
func ofHealth(cells []Cell, health func(seed uint64) (*record.Checkup, []string)) []Cell {
	for i := range cells {
		cells[i].Run.Health, cells[i].Run.Diagnosis = health(cells[i].Seed)
	}
	return cells
}

func TestHealth(t *testing.T) {
	cells := ofHealth(cellsOf("relu", 1000, 850, 860, 870, 880), func(seed uint64) (*record.Checkup, []string) {
		switch seed {
		case 0:
			return &record.Checkup{Dead: new(0.5), Saturated: new(0.0), GradientRatio: new(3.0)}, nil
		case 1:
			return &record.Checkup{Dead: new(0.1), Saturated: new(0.0)}, nil // a last gradient of 0
		case 2:
			return &record.Checkup{Dead: new(0.2), Saturated: new(0.0), GradientRatio: new(1.0)}, nil
		}
		return nil, nil
	})
	o := options()
	o.Seeds = []uint64{3, 2, 1, 0}
	r := mustCompare(t, cells, o)
	row := r.Rows[0]
	for name, want := range map[string]float64{"dead": 0.2, "saturated": 0, "gradient_ratio": 2} {
		if got := row.Health[name]; got == nil || *got != want {
			t.Errorf("%s is %v, want the median %g", name, got, want)
		}
	}
	if len(row.Health) != len(HealthFigures) || row.Checkups[0] != nil || *row.Checkups[3].Dead != 0.5 {
		t.Errorf("health is %v of %v", row.Health, row.Checkups)
	}
	if got, want := r.HealthGap(row, HealthFigures[0]), "relu has no dead at seed 3, trained with --health=false or by an older version: "; !strings.HasPrefix(got, want) {
		t.Errorf("gap is %q, want %q", got, want)
	}
	r = mustCompare(t, cells[:3], options())
	if got, want := r.HealthGap(r.Rows[0], HealthFigures[2]), "relu has no gradient_ratio at seed 1: what it is computed from is not finite, or is 0 in the last layer"; got != want {
		t.Errorf("gap is %q, want %q", got, want)
	}
	if got := r.HealthGap(r.Rows[0], HealthFigures[0]); got != "" {
		t.Errorf("gap is %q, want none", got)
	}
	// A seed without a value has no say.
	cells[0].Run.Diverged = &record.Diverged{Epoch: 1}
	o.Diverged = Exclude
	if row := mustCompare(t, cells, o).Rows[0]; row.Checkups[3] != nil || *row.Health["gradient_ratio"] != 1 {
		t.Errorf("health with a run that is left out is %v of %v", row.Health, row.Checkups)
	}
}

// A result of before there was health is read, and written as it was.
func TestResultWithoutHealth(t *testing.T) {
	var old map[string]any
	if err := json.Unmarshal(written(t, plain(t)), &old); err != nil {
		t.Fatal(err)
	}
	for _, row := range old["rows"].([]any) {
		delete(row.(map[string]any), "health")
		delete(row.(map[string]any), "checkups")
	}
	text, err := json.Marshal(old)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if again := string(written(t, r)); strings.Contains(again, "health") || strings.Contains(again, "checkups") {
		t.Errorf("written again it is\n%s", again)
	}
	if gap := r.HealthGap(r.Rows[0], HealthFigures[0]); !strings.Contains(gap, "at seeds 0-4, trained") {
		t.Errorf("gap is %q", gap)
	}
}

func TestDiagnosis(t *testing.T) {
	relu := cellsOf("relu", 1000, base...)
	low := cellsOf("tanh", 1000, plus(base, -300, -310, -290)...)
	chance := cellsOf("tanh", 1000, 850, 90, 850, 850, 850, 850, 850, 850)
	says := func(sentences ...string) func(uint64) (*record.Checkup, []string) {
		return func(seed uint64) (*record.Checkup, []string) {
			if s := sentences[int(seed)%len(sentences)]; s != "" {
				return nil, []string{s, "something else"}
			}
			return nil, nil
		}
	}
	for _, c := range []struct {
		cells []Cell
		says  func(uint64) (*record.Checkup, []string)
		want  string
	}{
		{low, says("fc1: tanh is flat"), "tanh at 8 of 8 seeds (0-7): fc1: tanh is flat"},
		{low, says("", "fc1: flat", "", ""), "tanh at 2 of 8 seeds (1, 5): fc1: flat"},
		{low, says("fc1: flat", "fc2: flat", "fc2: flat", ""), "tanh at 4 of 8 seeds (1, 2, 5, 6): fc2: flat"},
		{low, says("conv1: 14 of 16 channels dead (mean -7.1)", "conv1: 3 of 16 channels dead (mean 2e-05)"),
			"tanh at 8 of 8 seeds (0-7), with the figures of seed 0: conv1: 14 of 16 channels dead (mean -7.1)"},
		{low, says("conv1: flat", "conv2: flat"), "tanh at 4 of 8 seeds (0, 2, 4, 6): conv1: flat"},
		{chance, says("fc1: flat"), "tanh at 8 of 8 seeds (0-7): fc1: flat"},
		{low, says(""), ""},
		{cellsOf("tanh", 1000, base...), says("fc1: flat"), ""}, // as good as the baseline
		{cellsOf("tanh", 1000, plus(base, 50, 40, 60)...), says("fc1: flat"), ""},
	} {
		r := mustCompare(t, slices.Concat(relu, ofHealth(c.cells, c.says)), options())
		got := ""
		for _, w := range r.Warnings {
			if w.Code == Diagnosis && w.Activation == "tanh" {
				got = w.Text
			}
		}
		if got != c.want {
			t.Errorf("diagnosis is %q, want %q", got, c.want)
		}
	}
}
