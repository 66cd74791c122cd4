package train

import (
	"context"
	"iter"
	"math"
	"slices"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/worker"
)

// squares are gray 4×4 images in memory, of class 0 dark and of class 1 bright.
type squares []int

func (s squares) Len() int          { return len(s) }
func (s squares) Classes() []string { return []string{"dark", "bright"} }
func (s squares) Labels() []int     { return s }
func (s squares) Planes() int       { return 1 }
func (s squares) Bytes() int64      { return 0 }
func (s squares) MeanSquare() float64 {
	total := 0.0
	for i, label := range s {
		total += math.Pow(0.2+0.6*float64(label)+0.01*float64(i%7), 2)
	}
	return total / float64(len(s))
}
func (s squares) Transform() dataset.Transform {
	return dataset.Transform{Channels: 1, Height: 4, Width: 4}
}

func (s squares) IDs() (ids []uint64) {
	for i := range s {
		ids = append(ids, uint64(i))
	}
	return ids
}

func (s squares) Batches(_ context.Context, v dataset.View) iter.Seq2[dataset.Batch, error] {
	return func(yield func(dataset.Batch, error) bool) {
		if v.Order == nil {
			v.Order = inOrder(len(s))
		}
		for index := range slices.Chunk(v.Order, v.Size) {
			b := dataset.Batch{X: make([]float32, 16*v.Columns), Y: make([]float32, v.Columns), Index: index}
			for k := range b.Y {
				b.Y[k] = dataset.Unlabelled
			}
			for k, i := range index {
				b.Y[k] = float32(s[i])
				for p := range 16 {
					b.X[p*v.Columns+k] = 0.2 + 0.6*float32(s[i]) + 0.01*float32(i%7)
				}
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}

// A run needs no folder of pictures: whatever gives batches will do.
func TestRunOnImagesOfAnotherKind(t *testing.T) {
	data := Data{Train: squares{0, 1, 0, 1, 0, 1, 1, 0}, Val: squares{0, 1, 1}, Test: squares{1, 0, 1, 0, 0}, Hash: "squares"}
	j := Job{Config: Default(), Model: model.Default(), Data: data, Pool: worker.New(2)}
	defer j.Pool.Close()
	j.Config.Epochs, j.Config.BatchSize, j.Config.LR = 60, 3, 0.02
	j.Model.Filters, j.Model.Hidden = []int{3}, []int{5}
	r, err := Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	_, measured := r.Epochs[59].Values[record.ValLoss]
	if r.Data != "squares" || r.Test.Images != 5 || r.Test.Correct != 5 || !measured {
		t.Errorf("run is %+v with test %+v, want all 5 test images of squares correct", r, r.Test)
	}
}

// watched are images that keep the views of them.
type watched struct {
	squares
	views *[]dataset.View
}

func (w watched) Batches(ctx context.Context, v dataset.View) iter.Seq2[dataset.Batch, error] {
	*w.views = append(*w.views, v)
	return w.squares.Batches(ctx, v)
}

// Each epoch of training draws its own augmentation, by the seed; what is evaluated has none.
func TestViews(t *testing.T) {
	var trained, evaluated []dataset.View
	data := Data{
		Train: watched{squares{0, 1, 0, 1, 1}, &trained}, Val: watched{squares{0, 1, 1}, &evaluated},
		Test: watched{squares{1, 0}, &evaluated}, Hash: "squares",
	}
	j := Job{Config: Default(), Model: model.Default(), Data: data, Pool: worker.New(1)}
	j.Config.Health = false
	defer j.Pool.Close()
	j.Config.Epochs, j.Config.BatchSize, j.Config.Seed = 3, 2, 5
	j.Model.Filters, j.Model.Hidden = []int{3}, []int{5}
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	for epoch, v := range trained {
		if v.Augment == nil || *v.Augment != (dataset.Draws{Seed: 5, Epoch: epoch}) || len(v.Order) != 5 {
			t.Errorf("epoch %d is trained on with draws %v, order %v", epoch, v.Augment, v.Order)
		}
	}
	for _, v := range evaluated {
		if v.Augment != nil || v.Order != nil {
			t.Errorf("evaluated with draws %v, order %v", v.Augment, v.Order)
		}
	}
	if len(trained) != 3 || len(evaluated) != 4 {
		t.Errorf("%d views to train and %d to evaluate, want 3 and 4", len(trained), len(evaluated))
	}
}

func TestLoadedWithoutValidation(t *testing.T) {
	set := new(dataset.Set)
	if data := Loaded(&dataset.Data{Train: set, Test: set}); data.Val != nil {
		t.Errorf("validation images are %v, want none", data.Val)
	}
	if data := Loaded(&dataset.Data{Train: set, Val: set, Test: set}); data.Val == nil {
		t.Error("the validation images are lost")
	}
}

// With drop_last an epoch has whole batches only: it is that of the images without the last ones.
func TestDropLast(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	run := func(images squares, change func(*Config)) (record.Run, error) {
		j := Job{Config: Default(), Model: model.Default(), Data: Data{Train: images, Test: squares{1, 0, 1}, Hash: "squares"}, Pool: pool}
		j.Config.Epochs, j.Config.BatchSize, j.Config.Shuffle = 2, 3, false
		j.Model.Filters, j.Model.Hidden = []int{3}, []int{5}
		change(&j.Config)
		return Run(context.Background(), j)
	}
	all := squares{0, 1, 0, 1, 0, 1, 1, 0}
	drop := func(c *Config) { c.DropLast = true }
	got, err := run(all, drop)
	want, err2 := run(all[:6], func(*Config) {})
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for i := range want.Epochs {
		for _, m := range record.Metrics {
			if g, w := got.Epochs[i].Values[m], want.Epochs[i].Values[m]; !m.Timing && g != w {
				t.Errorf("epoch %d: %s is %v, want %v", i+1, m, g, w)
			}
		}
	}
	if *got.Test != *want.Test {
		t.Errorf("test is %+v, want %+v", *got.Test, *want.Test)
	}
	if _, err := run(all[:2], drop); !fault.IsUsage(err) || err.Error() != "train.batch_size: value is 3, want at most the 2 training images with drop_last" {
		t.Errorf("no whole batch: error is %v", err)
	}
}

// A step of plain SGD moves the weights by the rate times the gradient, of which the norm is then known. Measuring it moves
// no bit.
func TestGradientNorm(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	job := func(measure bool) Job {
		j := Job{Config: Default(), Model: model.Default(), Data: Data{Train: squares{1, 0, 1}, Test: squares{1, 0}, Hash: "squares"}, Pool: pool}
		j.Config.Optimizer, j.Config.LR, j.Config.Epochs, j.Config.BatchSize, j.Config.GradientNorm = "sgd", 0.25, 2, 3, measure
		j.Model.Filters, j.Model.Hidden = []int{3}, []int{5}
		return j
	}
	r, err := start(job(true))
	if err != nil {
		t.Fatal(err)
	}
	before := weights(r.net)
	if err := r.train(context.Background()); err != nil {
		t.Fatal(err)
	}
	squares := 0.0
	for i, after := range weights(r.net) {
		for k, w := range after.Data {
			squares += math.Pow(float64(w-before[i].Data[k])/0.25, 2)
		}
	}
	if got, want := r.state.measured()[record.GradientNorm], math.Sqrt(squares); !(math.Abs(got-want) < 1e-5*want) {
		t.Errorf("norm is %v, want %v", got, want)
	}
	with, err := Run(context.Background(), job(true))
	without, err2 := Run(context.Background(), job(false))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	if _, measured := without.Epochs[1].Values[record.GradientNorm]; measured || *with.Test != *without.Test {
		t.Errorf("test is %+v where the norm is measured, else %+v; measured unasked: %v", *with.Test, *without.Test, measured)
	}
	for _, m := range []*record.Metric{record.TrainLoss, record.TrainAccuracy} {
		if a, b := with.Epochs[1].Values[m], without.Epochs[1].Values[m]; a != b {
			t.Errorf("%s is %v where the norm is measured, else %v", m, a, b)
		}
	}
}
