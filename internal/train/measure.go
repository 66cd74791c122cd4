package train

import (
	"context"
	"errors"
	"iter"
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

// Measure times training and evaluation on a few batches, in a run that is thrown away. A loss that is not finite is no
// error.
func Measure(ctx context.Context, job Job) (c Cost, err error) {
	job.Dir, job.Resume, job.Config.Health = "", false, false
	r, err := start(job)
	if err != nil {
		return c, err
	}
	c.Train, err = pace(r.Data.Train.Batches(ctx, r.view(0, r.order(0))), func(b dataset.Batch) error {
		if err := r.step(b, r.steps()); !errors.As(err, new(*DivergedError)) {
			return err
		}
		return nil
	})
	if err != nil {
		return c, err
	}
	c.Evaluate, err = pace(r.Data.Test.Batches(ctx, inColumns(r.predictor)), func(b dataset.Batch) error {
		_, err := r.predictor.Run(b.X, len(b.Index))
		return err
	})
	return c, err
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
