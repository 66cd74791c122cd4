package compare

import (
	"bytes"
	"flag"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/number"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// values are accuracies; NaN stands for none.
func values(v ...float64) []*float64 {
	list := make([]*float64, len(v))
	for i, x := range v {
		if !math.IsNaN(x) {
			list[i] = new(x)
		}
	}
	return list
}

// everything is a comparison made by hand in which everything happens that can happen to a row. Its figures agree
// with each other as far as a reader can see.
func everything() Result {
	const gone = "\x1b[31mred\x1b[0m"
	nan := math.NaN()
	scope := func(se, low, high, p, holm, equivalent float64, v Verdict) Scope {
		return Scope{&se, new(4.0), &[2]float64{low, high}, &p, &holm, &equivalent, v}
	}
	difference := func(mean, std, better float64, s Scope) *Difference {
		return &Difference{N: 5, Mean: mean, Std: std, Scope: s, PSignFlip: new(0.0625), DZ: new(0.8 * mean / std),
			PBetter: &better, Scopes: map[string]*Scope{OverSeeds: &s}}
	}
	unresolved := difference(0.0012, 0.0031, 0.79, scope(0.0014, -0.0050, 0.0074, 0.43, 0.86, 0.31, Inconclusive))
	unresolved.SeedsNeeded = new(67)
	return Result{
		Schema: Schema, Metric: "accuracy", Baseline: "relu", Alpha: 0.05, Rope: 0.005, Generalize: OverSeeds,
		Seeds: []uint64{0, 1, 2, 3, 4},
		Data:  Data{"5d1f0c2e9a1bffee", 10000, 10},
		Setup: Setup{"v1.2.3", "avx2", map[string]any{"train.epochs": 3, "train.optimizer": "adam", "model.filters": []any{64}}},
		Rows: []Row{
			{Activation: "relu", N: 5, Values: values(0.9015, 0.9021, 0.8990, 0.9033, 0.9011), Mean: new(0.9014), CI: &[2]float64{0.8994, 0.9034},
				Std: new(0.0016), StepSeconds: new(0.00666), Parameters: 3215882, Loss: 0.2711, LR: &Tuned{0.001, []float64{0.0003, 0.001, 0.003}, 0.001, new(0.9014)}},
			{Activation: "leaky_relu(slope=0.01)", N: 5, Values: values(0.9026, 0.9030, 0.9011, 0.9040, 0.9025), Mean: new(0.90264), CI: &[2]float64{0.9013, 0.9040},
				Std: new(0.0011), Difference: difference(0.00124, 0.0006, 0.995, scope(0.00027, 0.0002, 0.0023, 0.01, 0.02, 0.001, Equivalent)),
				StepSeconds: new(0.00669), Parameters: 3215882, Loss: 0.2704, LR: &Tuned{0.001, []float64{0.0003, 0.001, 0.003}, 0.001, new(0.90264)}},
			{Activation: "mish", N: 5, Values: values(0.9101, 0.9119, 0.9095, 0.9127, 0.9108), Mean: new(0.9110), CI: &[2]float64{0.9095, 0.9125},
				Std: new(0.0012), Difference: difference(0.0096, 0.0008, 0.9998, scope(0.00036, 0.0074, 0.0118, 0.00001, 0.00006, 0.9993, Better)),
				StepSeconds: new(0.00871), Parameters: 3215882, Loss: 0.2499, LR: &Tuned{0.003, []float64{0.0003, 0.001, 0.003}, 0.001, new(0.9068)}},
			{Activation: "x*sigmoid(1.5*x)", N: 5, Values: values(0.9044, 0.9000, 0.9035, 0.9020, 0.9031), Mean: new(0.9026), CI: &[2]float64{0.9004, 0.9048},
				Std: new(0.0017), Difference: unresolved, StepSeconds: new(0.0101), Parameters: 3215882, Loss: 0.2650},
			{Activation: `where(x < 0, "|"*x, x)`, N: 4, Values: values(0.8911, 0.8920, nan, 0.8932, 0.8905), Mean: new(0.8917), CI: &[2]float64{0.8898, 0.8936},
				Std: new(0.0012), Difference: &Difference{N: 4, Mean: -0.0103, Std: 0.0003, Scope: scope(0.00015, -0.0117, -0.0089, 0.00001, 0.00005, 0.9995, Worse),
					Scopes: map[string]*Scope{}}, StepSeconds: new(0.0132), Parameters: 3215890, Loss: 0.3010},
			{Activation: "sigmoid", N: 5, AtChance: []uint64{0, 1, 2, 3, 4}, Values: values(0.1, 0.1, 0.1, 0.1, 0.1), Mean: new(0.1), CI: &[2]float64{0.0999, 0.1001},
				Std: new(0.0), Difference: difference(-0.8014, 0.0016, 0.0000001, scope(0.0007, -0.806, -0.797, 1e-12, 6e-12, 1, Worse)),
				StepSeconds: new(0.0069), Parameters: 3215882, Loss: 2.3031},
			{Activation: "exp", N: 5, Values: values(0.8711, 0.1, 0.8745, 0.8702, 0.1), Mean: new(0.56316), CI: &[2]float64{0.0370, 1.0893},
				Std: new(0.4239), Difference: difference(-0.33824, 0.424, 0.07, scope(0.19, -1.2, 0.53, 0.15, 0.44, 0.95, Inconclusive)),
				Parameters: 3215882, Loss: number.Float(nan), Diverged: []uint64{1, 4}, AtChance: []uint64{1, 4}},
			{Activation: "cube", N: 0, Values: values(nan, nan, nan, nan, nan), Parameters: 3215882, Loss: number.Float(nan), Diverged: []uint64{0, 1, 2, 3, 4}},
			{Activation: "one_seed", N: 1, Values: values(nan, nan, 0.9017, nan, nan), Mean: new(0.9017),
				Difference: &Difference{N: 1, Mean: 0.0027, Scope: Scope{Verdict: Inconclusive}}, Parameters: 3215882, Loss: 0.27},
			{Activation: gone, Values: values(nan, nan, nan, nan, nan), Parameters: 3215882, Loss: number.Float(nan)},
		},
		MDE:  &MDE{0.0081, 0.8, 5},
		Luck: new(0.0021),
		Warnings: []Warning{
			{"few_seeds", "", "5 seeds: with fewer than 6 no exact test can reach 0.05"},
			{"significant_but_small", "leaky_relu(slope=0.01)", "the difference is not luck (p = 0.020), but it is within the margin of 0.50 points"},
			{"chance_level", "exp", "exp is no better than guessing, 10.00 %, at 2 of 5 seeds (1, 4)"},
			{"diverged", "exp", "exp diverged at 2 of 5 seeds (1, 4): counted with the weights after the last finite epoch"},
			{"parameters", `where(x < 0, "|"*x, x)`, "it has 8 parameters more than relu"},
		},
	}
}

// plain is what most comparisons are: few rows, no surprises.
func plain() Result {
	r := everything()
	r.Rows = slices.Clone(r.Rows[:4])
	for i := range r.Rows {
		r.Rows[i].LR = nil
	}
	r.Warnings = nil
	return r
}

// written is a result as Write writes it.
func written(t *testing.T, r Result) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestGolden holds the text of both, which the tests of package report read.
func TestGolden(t *testing.T) {
	for name, r := range map[string]Result{"everything.json": everything(), "plain.json": plain()} {
		path, got := filepath.Join("testdata", name), written(t, r)
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want = bytes.ReplaceAll(want, []byte("\r\n"), []byte("\n"))
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
