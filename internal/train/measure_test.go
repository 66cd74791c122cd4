package train

import (
	"context"
	"errors"
	"math"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/model"
)

// A stopwatch times the steps that training makes: those of one epoch lead to the same weights, whatever is timed beside
// them. The last batch of an epoch, where it is smaller, is not among them.
func TestStopwatches(t *testing.T) {
	j := job(t, images(t, 7, 1), nil) // 14 images, in batches of 4
	other := j.Model
	other.Activation = "tanh"
	watches, err := Stopwatches(context.Background(), j, []model.Config{j.Model, other, j.Model})
	if err != nil {
		t.Fatal(err)
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
		if same != (i != 1) || len(w.batches) != 3 {
			t.Errorf("stopwatch %d: weights are those of training: %v, batches are %d", i, same, len(w.batches))
		}
	}
}

// Of an epoch with one batch that is the one; a loss that is not finite is timed too, and images that cannot be read are
// an error.
func TestStopwatchesOfOddRuns(t *testing.T) {
	j := job(t, images(t, 3, 1), func(j *Job, _ *dataset.Config) { j.Config.BatchSize, j.Config.LR, j.Config.Optimizer = 32, 1e30, "sgd" })
	j.Model.Activation = "x^3"
	watches, err := Stopwatches(context.Background(), j, []model.Config{j.Model})
	if err != nil || len(watches[0].batches) != 1 {
		t.Fatalf("%d batches, %v", len(watches[0].batches), err)
	}
	if seconds, err := watches[0].Time(5); err != nil || math.IsNaN(seconds) {
		t.Errorf("a step takes %g s, %v", seconds, err)
	}
	if loss, err := watches[0].run.trainer.Run(watches[0].batches[0].X, watches[0].batches[0].Y, 6); err != nil || !math.IsNaN(loss-loss) {
		t.Errorf("loss is %g, want one that is not finite: %v", loss, err)
	}
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errStop)
	if _, err := Stopwatches(ctx, j, []model.Config{j.Model}); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a cancelled start is %v", err)
	}
}
