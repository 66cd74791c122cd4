package train

import (
	"context"
	"errors"
	"time"

	"actfn/internal/statistics"
)

// Cost is the time that parts of a run take, in seconds.
type Cost struct {
	Step     float64 // of training, its images fetched
	Evaluate float64 // an image of validation or test
}

// Run is the time of a whole run.
func (c Cost) Run(job Job) time.Duration {
	steps := float64((job.Data.Train.Len() + job.Config.BatchSize - 1) / job.Config.BatchSize)
	images := float64(job.Data.Test.Len())
	if job.Data.Val != nil {
		images += float64(job.Config.Epochs * job.Data.Val.Len())
	}
	seconds := float64(job.Config.Epochs)*steps*c.Step + images*c.Evaluate
	return time.Duration(seconds * float64(time.Second))
}

// timedLaps of training, and of evaluation, are measured; the first of each is left out.
const timedLaps = 12

// Measure times steps of training and batches of evaluation, in a run that is thrown away. A loss that is not finite
// ends it early and is no error.
func Measure(ctx context.Context, job Job) (Cost, error) {
	job.Dir, job.Resume = "", false
	r, err := start(job)
	if err != nil {
		return Cost{}, err
	}
	watch := stopwatch{last: time.Now()}
	for batch, err := range r.Data.Train.Batches(ctx, r.order(0), r.Config.BatchSize, r.trainer.Columns()) {
		if err == nil {
			err = r.step(batch, r.steps())
		}
		diverged := errors.As(err, new(*DivergedError))
		if err != nil && !diverged {
			return Cost{}, err
		}
		if watch.lap(1); diverged || len(watch.laps) > timedLaps {
			break
		}
	}
	cost := Cost{Step: watch.each()}
	columns := r.predictor.Columns()
	watch = stopwatch{last: time.Now()}
	for batch, err := range r.Data.Test.Batches(ctx, nil, columns, columns) {
		if err == nil {
			_, err = r.predictor.Run(batch.X, len(batch.Index))
		}
		if err != nil {
			return Cost{}, err
		}
		if watch.lap(len(batch.Index)); len(watch.laps) > timedLaps {
			break
		}
	}
	cost.Evaluate = watch.each()
	return cost, nil
}

// stopwatch measures laps.
type stopwatch struct {
	last time.Time
	laps []float64 // seconds for each thing
}

// lap notes the time since the last one, in which so many things were done.
func (w *stopwatch) lap(things int) {
	now := time.Now()
	w.laps = append(w.laps, now.Sub(w.last).Seconds()/float64(things))
	w.last = now
}

// each is the usual time of a thing, without the first lap where there are others: it begins the fetching.
func (w *stopwatch) each() float64 { return statistics.Median(w.laps[min(1, max(0, len(w.laps)-1)):]) }
