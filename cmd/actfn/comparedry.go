package main

import (
	"context"
	"errors"
	"text/tabwriter"
	"time"

	"actfn/internal/grid"
	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/train"
	"actfn/internal/wording"
	"actfn/internal/worker"
)

// tell prints what the comparison would do, how long it would take and what it could find.
func (c comparing) tell(ctx context.Context) error {
	p := c.plan
	w := c.work()
	var seconds float64
	timed := map[string]float64{}
	for _, cell := range w.missing {
		t, known := timed[cell.Activation]
		if !known {
			var err error
			if t, err = c.time(ctx, cell, w.workers); err != nil {
				return err
			}
			timed[cell.Activation] = t
		}
		seconds += t * float64(c.steps())
	}
	tw := tabwriter.NewWriter(c.a.out, 0, 0, 2, ' ', 0)
	printf(tw, "data\t%d images to train on, %d to test, in %d classes\n", c.data.Train.Len(), p.Images, p.Classes)
	for i, name := range p.Activations {
		heading := ""
		if i == 0 {
			heading = "activations"
		}
		if name == p.Baseline {
			name += " (baseline)"
		}
		printf(tw, "%s\t%s\n", heading, name)
	}
	printf(tw, "seeds\t%d: %s\n", len(p.Seeds), wording.Ranges(p.Seeds, ", "))
	if len(p.LRs) > 1 {
		printf(tw, "learning rates\t%v\n", p.LRs)
	}
	printf(tw, "cells\t%d, of which %d are done\n", len(w.own), w.done())
	printf(tw, "at a time\t%d, on %s each\n", w.jobs, wording.Counted(w.workers, "processor"))
	printf(tw, "time\tabout %v\n", (time.Duration(seconds / float64(w.jobs) * float64(time.Second))).Round(time.Second))
	printf(tw, "output\t%s\n", c.dir)
	if err := tw.Flush(); err != nil {
		return err
	}
	c.tellPower()
	return nil
}

// tellPower prints the least difference that the design finds, for usual deviations.
func (c comparing) tellPower() {
	p, o := c.plan, c.options.report
	n, k := len(p.Seeds), max(1, len(p.Activations)-1)
	if n < 2 {
		printf(c.a.out, "\nOne seed finds no difference: there is nothing to tell it from luck.\n")
		return
	}
	printf(c.a.out, "\nFound with %.0f %% probability at alpha %g, %d seeds and %s:\n", 100*o.power, o.alpha, n, wording.Counted(k, "comparison"))
	tw := tabwriter.NewWriter(c.a.out, 0, 0, 2, ' ', tabwriter.AlignRight)
	printf(tw, "standard deviation of the paired differences\tleast difference, points\t\n")
	for _, points := range []float64{0.2, 0.5, 1} {
		printf(tw, "%.1f points\t%.2f\t\n", points, statistics.DetectableDifference(points, n, k, o.alpha, o.power))
	}
	_ = tw.Flush() // output keeps the error
}

// errTimed ends a run that has been timed.
var errTimed = errors.New("timed")

// timedSteps are enough to tell the time of one, without the first ones.
const timedSteps = 12

// time is the seconds of a training step of the cell, data and all, from a run that is thrown away.
func (c comparing) time(ctx context.Context, cell grid.Cell, workers int) (float64, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	pool := worker.New(workers)
	defer pool.Close()
	w := &stopwatch{cancel: cancel}
	_, err := train.Run(ctx, train.Job{
		Config: cell.Config.Train, Model: cell.Config.Model, Data: train.Loaded(c.data), Pool: pool, TestDiverged: true, Observers: []train.Observer{w},
	})
	if err != nil && !errors.Is(err, errTimed) {
		return 0, err
	}
	return statistics.Median(w.laps), nil
}

// stopwatch is an observer that ends a run when it has seen enough.
type stopwatch struct {
	cancel context.CancelCauseFunc
	last   time.Time
	laps   []float64 // seconds
}

// Step notes the time since the one before.
func (w *stopwatch) Step(int, int, int) {
	now := time.Now()
	if !w.last.IsZero() {
		w.laps = append(w.laps, now.Sub(w.last).Seconds())
	}
	if w.last = now; len(w.laps) == timedSteps {
		w.cancel(errTimed)
	}
}

// Epoch notes nothing.
func (w *stopwatch) Epoch(record.Epoch) {}
