package train

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/statistics"
)

// Cost is the time that an image takes, in seconds, its fetching included.
type Cost struct{ Train, Evaluate float64 }

// Run is about the time of a whole run.
func (c Cost) Run(job Job) time.Duration {
	trained, evaluated := job.Config.Epochs*job.Data.Train.Len(), job.Data.Test.Len()
	if job.Data.Val != nil {
		evaluated += job.Config.Epochs * job.Data.Val.Len()
	}
	return time.Duration((float64(trained)*c.Train + float64(evaluated)*c.Evaluate) * float64(time.Second))
}

// Measure times training and evaluation on a few batches, in a run that is thrown away. A loss that is not finite is
// no error.
func Measure(ctx context.Context, job Job) (c Cost, err error) {
	r, err := start(thrownAway(job))
	if err != nil {
		return c, err
	}
	if c.Train, err = pace(r.firstBatches(ctx), r.try); err != nil {
		return c, err
	}
	c.Evaluate, err = pace(r.Data.Test.Batches(ctx, inColumns(r.predictor)), func(b dataset.Batch) error {
		_, err := r.predictor.Run(b.X, len(b.Index))
		return err
	})
	return c, err
}

// thrownAway is the job of a run that keeps nothing.
func thrownAway(job Job) Job {
	job.Dir, job.Resume, job.Config.Health = "", false, false
	return job
}

// firstBatches are those of the first epoch.
func (r *run) firstBatches(ctx context.Context) iter.Seq2[dataset.Batch, error] {
	return r.Data.Train.Batches(ctx, r.view(0, r.order(0)))
}

// try makes a step, whatever its loss.
func (r *run) try(b dataset.Batch) error {
	if err := r.step(b, r.steps()); !errors.As(err, new(*DivergedError)) {
		return err
	}
	return nil
}

// FirstBatches are the first of an epoch, in memory of their own: 16, or so many as take 64 MiB, but at least one.
// They are those of any job that differs in the activation alone. One that is smaller, at the end of an epoch, is not
// among them.
func FirstBatches(ctx context.Context, job Job) ([]dataset.Batch, error) {
	r, err := build(thrownAway(job))
	if err != nil {
		return nil, err
	}
	var batches []dataset.Batch
	bytes := 0
	for b, err := range r.firstBatches(ctx) {
		if err != nil {
			return nil, err
		}
		bytes += 4 * len(b.X)
		if len(batches) > 0 && (len(batches) == 16 || bytes > 64<<20 || len(b.Index) < len(batches[0].Index)) {
			break
		}
		batches = append(batches, dataset.Batch{X: slices.Clone(b.X), Y: slices.Clone(b.Y), Index: slices.Clone(b.Index)})
	}
	return batches, nil
}

// Stopwatch times the first steps of a run that is thrown away, on batches that are in memory: the time is that of the
// network and the optimiser alone.
type Stopwatch struct {
	run     *run
	batches []dataset.Batch
	steps   int // so far
}

// NewStopwatch builds the network of a run, whose steps take the batches in turn.
func NewStopwatch(job Job, batches []dataset.Batch) (*Stopwatch, error) {
	r, err := build(thrownAway(job))
	if err != nil {
		return nil, err
	}
	return &Stopwatch{run: r, batches: batches}, r.initialise()
}

// Time makes the next steps, and returns their mean time in seconds.
func (w *Stopwatch) Time(steps int) (float64, error) {
	began := time.Now()
	for range steps {
		if err := w.run.try(w.batches[w.steps%len(w.batches)]); err != nil {
			return 0, err
		}
		w.steps++
	}
	return time.Since(began).Seconds() / float64(steps), nil
}

// pace is the mean time of an image in the first batches, in seconds.
func pace(batches iter.Seq2[dataset.Batch, error], work func(dataset.Batch) error) (float64, error) {
	const enough = 12
	var laps []float64
	began := time.Now()
	for batch, err := range batches {
		if err == nil {
			err = work(batch)
		}
		if err != nil {
			return 0, err
		}
		laps = append(laps, time.Since(began).Seconds()/float64(len(batch.Index)))
		if began = time.Now(); len(laps) > enough {
			break
		}
	}
	if len(laps) > 1 {
		laps = laps[1:] // the first waits for its images and touches memory that is new
	}
	mean, _ := statistics.Moments(laps)
	return mean, nil
}
