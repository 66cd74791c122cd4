package train

import (
	"slices"
	"testing"

	"actfn/internal/model"
	"actfn/internal/optim"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// An optimiser that must see whole tensors gets them: Adam, given as such a one, makes the same weights.
func TestWholeTensors(t *testing.T) {
	pool := worker.New(2)
	defer pool.Close()
	train := func(whole bool) [][]float32 {
		cfg := model.Default()
		cfg.Filters, cfg.Hidden, cfg.Activation = []int{4}, []int{8}, "prelu"
		net, err := model.Declare(cfg, model.Input{Channels: 3, Height: 8, Width: 8}, 3, pool)
		if err != nil {
			t.Fatal(err)
		}
		net.Initialise(0)
		o, err := newOptimizer(Default(), pool, net.Parameters)
		if err != nil {
			t.Fatal(err)
		}
		if whole {
			rule := o.Optimizer.Rule
			o.Optimizer.Rule = func(s optim.Settings, t int) optim.Rule { return optim.Rule{Whole: rule(s, t).Run} }
		}
		trainer, err := net.NewTrainer(8, 3, model.Training{UpdateInBackward: o.ElementWise()})
		if err != nil {
			t.Fatal(err)
		}
		x, y := make([]float32, 3*8*8*trainer.Columns()), make([]float32, trainer.Columns())
		draws := rng.New(1, "images", 0)
		for i := range x {
			x[i] = float32(draws.Float64(uint64(i)))
		}
		for i := range y {
			y[i] = float32(i % 3)
		}
		for range 3 {
			o.begin(trainer)
			if _, err := trainer.Run(x, y, 8); err != nil {
				t.Fatal(err)
			}
			o.finish(trainer)
		}
		var values [][]float32
		for _, p := range net.Parameters {
			values = append(values, p.Export(p.Values()))
		}
		return values
	}
	whole := train(true)
	for i, w := range train(false) {
		if !slices.Equal(w, whole[i]) {
			t.Errorf("parameter %d has other values by whole tensors", i)
		}
	}
}
