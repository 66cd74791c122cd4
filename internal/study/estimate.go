package study

import (
	"context"
	"errors"
	"math"
	"slices"
	"sync"
	"time"

	"actfn/internal/compare"
	"actfn/internal/statistics"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// Estimate is about how long the cells that are missing will take: each activation is timed in runs that are thrown
// away, as many at a time as there will be.
func (s *Study) Estimate(ctx context.Context, w Work) (time.Duration, error) {
	timed := map[string]time.Duration{}
	busy := make([]time.Duration, w.Jobs) // until then, each of those that make cells
	for _, c := range w.Missing {
		if _, known := timed[c.Name()]; !known {
			var err error
			if timed[c.Name()], err = s.time(ctx, c, w); err != nil {
				return 0, err
			}
		}
		first := slices.Index(busy, slices.Min(busy))
		busy[first] += timed[c.Name()]
	}
	return slices.Max(busy), nil
}

// time is about how long a cell takes.
func (s *Study) time(ctx context.Context, c Cell, w Work) (time.Duration, error) {
	job := train.Job{Config: c.Config.Train, Model: c.Config.Model, Data: s.of(c.Config).loaded}
	times, errs := make([]time.Duration, w.Jobs), make([]error, w.Jobs)
	var all sync.WaitGroup
	for i := range w.Jobs {
		all.Go(func() {
			own := job
			own.Pool = worker.New(w.Workers)
			defer own.Pool.Close()
			var cost train.Cost
			cost, errs[i] = train.Measure(ctx, own)
			times[i] = cost.Run(own)
		})
	}
	all.Wait()
	slices.Sort(times)
	return times[len(times)/2], errors.Join(errs...)
}

// Detectable is the least difference that a plan finds, if the differences of its pairs spread like that. Both are in
// percentage points.
type Detectable struct{ Deviation, Difference float64 }

// Disagreement is the share of test images of which two good networks usually predict different classes, by the mean
// over seeds: it gives the spread over images of a difference that is not yet known.
const Disagreement = 0.05

// Power is what the plan finds with probability o.Power, for usual deviations; nothing at one seed. Over new images, the
// spread over them is that of usual disagreement.
func (p Plan) Power(o compare.Options) []Detectable {
	n := len(p.Seeds)
	if n < 2 {
		return nil
	}
	alpha := o.Alpha
	if len(p.Looks) > 0 { // the last finds what the others do not
		alpha = p.Looks[len(p.Looks)-1].Alpha
	}
	var found []Detectable
	for _, points := range []float64{0.2, 0.5, 1} {
		e := statistics.Estimate{SE: points / math.Sqrt(float64(n)), DF: float64(n - 1)}
		if o.Generalize == compare.OverSeedsAndImages {
			e = statistics.OverSeedsAndImages(e, 100*math.Sqrt(Disagreement), p.Images)
		}
		shift := statistics.DetectableShift(o.Power, e.DF, alpha/float64(p.Comparisons()))
		found = append(found, Detectable{points, shift * e.SE})
	}
	return found
}

// Comparisons is the number of activations that are compared with the baseline, in all settings.
func (p Plan) Comparisons() int { return compare.Family(len(p.Activations), len(p.Settings())) }
