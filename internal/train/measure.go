package train

import (
	"context"
	"errors"
	"iter"
	"slices"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/model"
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

// Measure times training and evaluation on a few batches, in a run that is thrown away. A loss that is not finite is no
// error.
func Measure(ctx context.Context, job Job) (c Cost, err error) {
	r, err := trial(job)
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

// trial starts a run that is thrown away.
func trial(job Job) (*run, error) {
	job.Dir, job.Resume, job.Config.Health = "", false, false
	return start(job)
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

// Stopwatch times the steps of a run that is thrown away. Its batches are in memory, so that a step is the network's and
// the optimiser's alone.
type Stopwatch struct {
	run     *run
	batches []dataset.Batch
	steps   int // so far
}

// Stopwatches start a run for each of the models, all on the same batches: the first of an epoch, so many as take 64 MiB.
// They differ in the activation alone.
func Stopwatches(ctx context.Context, job Job, models []model.Config) ([]*Stopwatch, error) {
	var all []*Stopwatch
	for _, m := range models {
		job.Model = m
		r, err := trial(job)
		if err != nil {
			return nil, err
		}
		all = append(all, &Stopwatch{run: r})
	}
	const most = 64 << 20
	var batches []dataset.Batch
	bytes := 0
	for b, err := range all[0].run.firstBatches(ctx) {
		if err != nil {
			return nil, err
		}
		if bytes += 4 * len(b.X); len(batches) > 0 && (bytes > most || len(b.Index) < len(batches[0].Index)) {
			break
		}
		batches = append(batches, dataset.Batch{X: slices.Clone(b.X), Y: slices.Clone(b.Y), Index: slices.Clone(b.Index)})
	}
	for _, w := range all {
		w.batches = batches
	}
	return all, nil
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
