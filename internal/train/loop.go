package train

import (
	"cmp"
	"context"
	"math"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/kernel"
	"actfn/internal/metrics"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/rng"
	"actfn/internal/statistics"
)

// steps is the number of batches of an epoch.
func (r *run) steps() int { return r.Config.Steps(r.Data.Train.Len()) }

// order is the order of the images in an epoch, counted from 0, without those that are left out.
func (r *run) order(epoch int) []int {
	order := inOrder(r.Data.Train.Len())
	if r.Config.Shuffle {
		order = rng.New(r.Config.Seed, "shuffle", epoch).Perm(len(order))
	}
	return order[:min(len(order), r.steps()*r.Config.BatchSize)]
}

// view is how images of an order are trained on in an epoch, counted from 0.
func (r *run) view(epoch int, order []int) dataset.View {
	return dataset.View{
		Order: order, Size: r.Config.BatchSize, Columns: r.trainer.Columns(),
		Augment: &dataset.Draws{Seed: r.Config.Seed, Epoch: epoch},
	}
}

// inOrder is 0 … n−1.
func inOrder(n int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	return order
}

// epoch completes the epoch in progress, validates and saves.
func (r *run) epoch(ctx context.Context) error {
	began := time.Now()
	lap := func() float64 {
		seconds := time.Since(began).Seconds()
		began = time.Now()
		return seconds
	}
	s := &r.state
	err := r.train(ctx)
	s.Seconds += lap()
	if err != nil {
		return r.cutOff(ctx, err)
	}
	e := record.Epoch{N: s.Epoch + 1, Values: s.measured()}
	e.Values[record.LR] = r.Config.rate(s.Updates-1, r.steps())
	if r.Data.Val != nil {
		score, _, err := r.score(ctx, r.Data.Val)
		if err != nil {
			return r.cutOff(ctx, err)
		}
		e.Values[record.ValLoss], e.Values[record.ValAccuracy] = float64(score.Loss), score.Accuracy
	}
	if err := r.examine(ctx, e.N); err != nil {
		return r.cutOff(ctx, err)
	}
	e.Values[record.WallSeconds] = s.Seconds + lap()
	r.end(e)
	if !r.Lean || time.Since(r.saved) > leanPause {
		if err := r.save(); err != nil {
			return err
		}
	}
	for _, o := range r.Observers {
		o.Epoch(e)
	}
	return nil
}

// train makes the remaining steps of the epoch in progress.
func (r *run) train(ctx context.Context) error {
	s, steps := &r.state, r.steps()
	order := r.order(s.Epoch)
	rest := order[min(s.Step*r.Config.BatchSize, len(order)):]
	for batch, err := range r.Data.Train.Batches(ctx, r.view(s.Epoch, rest)) {
		if err != nil {
			return err
		}
		began := time.Now()
		if err := r.step(batch, steps); err != nil {
			return err
		}
		r.laps = append(r.laps, time.Since(began).Seconds())
		if s.Step == 1 { // the first loss was finite
			r.began = r.ended
		}
		for _, o := range r.Observers {
			o.Step(s.Epoch+1, s.Step, steps)
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	return nil
}

// step makes one training step on a batch.
func (r *run) step(batch dataset.Batch, steps int) error {
	s := &r.state
	r.optimizer.lr = r.Config.rate(s.Updates, steps)
	r.optimizer.begin(r.trainer)
	r.trainer.Draw(r.Config.Seed, s.Updates)
	sampled := r.sampled()
	if sampled {
		r.probe.updates.Before()
	}
	loss, err := r.trainer.Run(batch.X, batch.Y, len(batch.Index))
	if err != nil {
		return err
	}
	if !number.Finite(loss) {
		return r.diverged(s.Epoch+1, s.Step+1, loss, cmp.Or(r.trainer.FirstNonFinite(), "loss"))
	}
	r.measure(batch, loss)
	r.clip()
	r.optimizer.finish(r.trainer)
	if sampled {
		r.keepUpdates()
	}
	s.Updates++
	s.Step++
	return nil
}

// measure adds what a step measures to the metrics of its epoch. The gradient is not clipped yet.
func (r *run) measure(batch dataset.Batch, loss float64) {
	s := &r.state
	s.Images += len(batch.Index)
	s.LossSum += loss * float64(len(batch.Index))
	s.Correct += r.correct(batch.Y)
	if r.Config.GradientNorm {
		s.add(record.GradientNorm, r.gradientNorm())
	}
}

// clip scales the gradient g of all parameters by c/(‖g‖₂ + 1e-6) where that is below 1, c being Config.ClipGrad, as
// PyTorch's clip_grad_norm_ does (Pascanu et al. 2012, arXiv:1211.5063).
func (r *run) clip() {
	if r.Config.ClipGrad == 0 {
		return
	}
	if scale := r.Config.ClipGrad / (r.gradientNorm() + 1e-6); scale < 1 {
		for _, p := range r.optimizer.parameters {
			kernel.Scale(r.Pool, r.trainer.Gradient(p), float32(scale))
		}
	}
}

// gradientNorm is the L2 norm of the gradient of all parameters together. It needs whole gradients: see run.training.
func (r *run) gradientNorm() float64 {
	var squares float64
	for _, p := range r.optimizer.parameters {
		squares += kernel.SumSquares(r.Pool, r.trainer.Gradient(p))
	}
	return math.Sqrt(squares)
}

// correct counts the images of the last step whose largest logit is at the label.
func (r *run) correct(labels []float32) int {
	count, columns, logits := 0, r.trainer.Columns(), r.trainer.Logits()
	row := make([]float32, r.net.Classes)
	for n, y := range labels {
		for k := range row {
			row[k] = logits[k*columns+n]
		}
		if float32(metrics.Argmax(row)) == y {
			count++
		}
	}
	return count
}

// end records the epoch in progress and begins the next.
func (r *run) end(e record.Epoch) {
	s := &r.state
	r.ended = weights(r.net)
	s.History = append(s.History, e)
	loss, validated := e.Values[record.ValLoss]
	if validated && (s.BestEpoch == 0 || record.ValLoss.IsBetter(loss, s.History[s.BestEpoch-1].Values[record.ValLoss])) {
		s.BestEpoch = e.N
		r.best = r.ended
	}
	s.StepSeconds = append(s.StepSeconds, statistics.Median(r.laps))
	s.next()
	r.laps = r.laps[:0]
}
