package model

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gorgonia.org/gorgonia"

	"actfn/internal/worker"
)

// TestTapeIsGorgonias runs graphs by the tape and by Gorgonia's RunAll: the same results, the same errors.
func TestTapeIsGorgonias(t *testing.T) {
	pool := worker.New(2)
	defer pool.Close()
	for _, v := range variants {
		net, err := initialised(complete(v.cfg, "relu"), v.in, v.classes, 1, pool)
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := net.NewTrainer(v.batch, v.in.Channels, Loss{WholeGradients: true})
		if err != nil {
			t.Fatal(err)
		}
		x, y := batchOf(v.in, v.classes, trainer.Columns())
		results := func(run func() error) (all []float32, err error) {
			if err := trainer.images.feed(x); err != nil {
				t.Fatal(err)
			}
			if err := trainer.labels.feed(y); err != nil {
				t.Fatal(err)
			}
			err = run()
			all = slices.Clone(trainer.Logits())
			for i := range net.Parameters {
				all = append(all, trainer.Gradient(i)...)
			}
			return all, err
		}
		gorgonias := gorgonia.NewTapeMachine(trainer.ExprGraph)
		for range 2 { // what a run leaves does not matter to the next
			want, err := results(func() error { defer gorgonias.Reset(); return gorgonias.RunAll() })
			if err != nil {
				t.Fatal(err)
			}
			got, err := results(trainer.tape.RunAll)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.EqualFunc(got, want, func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) }) {
				t.Errorf("%s: the tape's results differ from RunAll's", v.name)
			}
		}
		y[0] = float32(v.classes)
		_, want := results(func() error { defer gorgonias.Reset(); return gorgonias.RunAll() })
		_, got := results(trainer.tape.RunAll)
		if want == nil || got == nil || got.Error() != want.Error() || !strings.Contains(got.Error(), "label 0 is") {
			t.Errorf("%s: label out of range is %v by the tape, %v by RunAll", v.name, got, want)
		}
		y[0] = 0
		if _, err := results(trainer.tape.RunAll); err != nil {
			t.Errorf("%s: after an error: %v", v.name, err)
		}
	}
}
