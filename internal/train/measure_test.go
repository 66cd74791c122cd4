package train

import (
	"context"
	"errors"
	"math"
	"testing"

	"actfn/internal/dataset"
)

// A stopwatch times the steps that training makes: those of one epoch lead to the same weights, whatever is timed beside
// them. The last batch of an epoch, where it is smaller, is not among them.
func TestStopwatches(t *testing.T) {
	j := job(t, images(t, 7, 1), nil) // 14 images, in batches of 4
	batches, err := FirstBatches(context.Background(), j)
	if err != nil || len(batches) != 3 {
		t.Fatalf("%d batches, want 3: %v", len(batches), err)
	}
	var watches []*Stopwatch
	for _, activation := range []string{j.Model.Activation, "tanh", j.Model.Activation} {
		k := j
		k.Model.Activation = activation
		w, err := NewStopwatch(k, batches)
		if err != nil {
			t.Fatal(err)
		}
		watches = append(watches, w)
	}
	for range 3 {
		for _, w := range watches {
			if seconds, err := w.Time(1); err != nil || !(seconds > 0) || seconds > 60 {
				t.Fatalf("a step takes %g s, %v", seconds, err)
			}
		}
	}
	j.Config.DropLast = true
	trained, err := start(j)
	if err != nil {
		t.Fatal(err)
	}
	if err := trained.train(context.Background()); err != nil {
		t.Fatal(err)
	}
	want := weights(trained.net)
	for i, w := range watches {
		same := true
		for k, tensor := range weights(w.run.net) {
			for at, v := range tensor.Data {
				same = same && v == want[k].Data[at]
			}
		}
		if same != (i != 1) {
			t.Errorf("stopwatch %d: weights are those of training: %v", i, same)
		}
	}
}

// Of an epoch with one batch that is the one; a loss that is not finite is timed too, and images that cannot be read are
// an error.
func TestStopwatchesOfOddRuns(t *testing.T) {
	j := job(t, images(t, 3, 1), func(j *Job, _ *dataset.Config) { j.Config.BatchSize, j.Config.LR, j.Config.Optimizer = 32, 1e30, "sgd" })
	j.Model.Activation = "x^3"
	batches, err := FirstBatches(context.Background(), j)
	if err != nil || len(batches) != 1 {
		t.Fatalf("%d batches, want 1: %v", len(batches), err)
	}
	w, err := NewStopwatch(j, batches)
	if err != nil {
		t.Fatal(err)
	}
	if seconds, err := w.Time(5); err != nil || math.IsNaN(seconds) {
		t.Errorf("a step takes %g s, %v", seconds, err)
	}
	if loss, err := w.run.trainer.Run(batches[0].X, batches[0].Y, 6); err != nil || !math.IsNaN(loss-loss) {
		t.Errorf("loss is %g, want one that is not finite: %v", loss, err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	if _, err := FirstBatches(ctx, j); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a cancelled start is %v", err)
	}
}
