package train

import (
	"context"
	"errors"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/graph"
	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/model"
	"actfn/internal/record"
)

// A clipped step is the gradient scaled to the norm c, g·c/(‖g‖ + 1e-6), as by PyTorch's clip_grad_norm_; where the norm
// is less it is the gradient. One step of sgd at rate 1 shows it.
func TestClipGrad(t *testing.T) {
	root := images(t, 6, 1)
	step := func(clip float64) []float64 { // the step, over all parameters
		j := job(t, root, func(j *Job, _ *dataset.Config) {
			j.Config.Optimizer, j.Config.LR, j.Config.BatchSize, j.Config.Epochs, j.Config.ClipGrad = "sgd", 1, 12, 1, clip
		})
		r, err := start(j)
		if err != nil {
			t.Fatal(err)
		}
		before := weights(r.net)
		if err := r.epoch(context.Background()); err != nil {
			t.Fatal(err)
		}
		var moved []float64
		for i, after := range weights(r.net) {
			for k, v := range after.Data {
				moved = append(moved, float64(before[i].Data[k])-float64(v))
			}
		}
		return moved
	}
	free := step(0)
	var squares float64
	for _, g := range free {
		squares += g * g
	}
	norm := math.Sqrt(squares)
	for _, clip := range []float64{norm / 3, norm / 100, norm * 1.01, norm * 1000} {
		scale := min(1, clip/(norm+1e-6))
		for i, got := range step(clip) {
			if want := scale * free[i]; math.Abs(got-want) > 1e-6*norm {
				t.Fatalf("norm %g clipped to %g: step %d is %g, want %g", norm, clip, i, got, want)
			}
		}
	}
}

// A buffer is kept with the weights, by the run's files too, and the optimiser leaves it alone.
func TestBuffersAreKept(t *testing.T) {
	j := job(t, images(t, 6, 1), nil)
	withBuffer := func() *run {
		r, err := start(j)
		if err != nil {
			t.Fatal(err)
		}
		b := &model.Parameter{Param: layer.Param{Name: "bn1.running_mean", Shape: []int{3}, Buffer: true}}
		b.Set([]float32{1, 2, 3})
		r.net.Parameters = append(r.net.Parameters, b)
		if r.optimizer, err = newOptimizer(j.Config, j.Pool, r.net.Parameters); err != nil {
			t.Fatal(err)
		}
		return r
	}
	r := withBuffer()
	if err := r.epoch(context.Background()); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Read(r.path(record.ResumeFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, tensor := range f.Tensors {
		if strings.HasPrefix(tensor.Name, momentPrefix) && strings.Contains(tensor.Name, "running_mean") {
			t.Errorf("the optimiser keeps %s", tensor.Name)
		}
	}
	again := withBuffer()
	again.net.Parameters[len(again.net.Parameters)-1].Set([]float32{0, 0, 0})
	if resumed, err := again.resume(); !resumed || err != nil {
		t.Fatal(resumed, err)
	}
	if got := again.net.Parameters[len(again.net.Parameters)-1].Values(); !slices.Equal(got, []float32{1, 2, 3}) {
		t.Errorf("the buffer is %v after a resume, want 1, 2, 3", got)
	}
	if got, want := again.net.Size(), withBuffer().net.Size(); got != want || got != 3*27+3+5*48+5+2*5+2 {
		t.Errorf("size is %d: buffers are not trained", got)
	}
}

// A step that fails after some weights have been updated is not saved: the run's files stay as they were.
func TestPartialStepIsNotSaved(t *testing.T) {
	j := job(t, images(t, 6, 1), nil)
	r, err := start(j)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.epoch(context.Background()); err != nil {
		t.Fatal(err)
	}
	path := r.path(record.ResumeFile)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fault := kernel.Update(func(_, _, _, _ []float32, _ int) { panic("fault") })
	updated := 0
	r.optimizer.begin(r.trainer)
	for _, p := range r.net.Parameters {
		if r.trainer.SetUpdate(p, fault, nil, nil) {
			updated++
		}
	}
	if updated == 0 {
		t.Skip("no parameter is updated in the backward pass: " + record.ResumeFile + " cannot be ahead")
	}
	for batch, err := range j.Data.Train.Batches(context.Background(), r.view(0, inOrder(4))) {
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the fault does not reach the caller")
				}
			}()
			_, _ = r.trainer.Run(batch.X, batch.Y, len(batch.Index))
		}()
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	partial := new(graph.PartialError)
	if err := r.cutOff(ctx, errStop); !errors.As(err, &partial) {
		t.Errorf("interrupted after a partial step: error is %v, want a %T", err, partial)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("%s has changed, %v", record.ResumeFile, err)
	}
}
