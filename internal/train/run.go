// Package train trains a model on a data set and evaluates it: the loop, schedules, early stopping, checkpoints and
// resume.
package train

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"actfn/internal/checkpoint"
	"actfn/internal/fault"
	"actfn/internal/metrics"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/worker"
)

// Job is a training run to be made.
type Job struct {
	Config Config
	Model  model.Config
	Data   Data
	Pool   *worker.Pool
	// Dir is the run's folder, which exists; "" keeps nothing.
	Dir string
	// Held, where it is set, is asked before each save. Its error ends the run, and nothing more is written.
	Held func() error
	// Begin, where it is set, is called once everything has been checked and before anything is
	// computed or written.
	Begin func(*model.Net) error
	// Resume continues the run in the folder, if there is one.
	Resume bool
	// AllowKernelChange continues a run that another class of arithmetic began, whose bits are then those of neither.
	AllowKernelChange bool
	// Lean keeps only the record and the predictions of a finished run, and no weights. Until then it saves what is
	// needed to resume: when the run is interrupted, and at the end of an epoch if the last save was a minute ago.
	Lean bool
	// Environment is where the run is made, for the record.
	Environment record.Environment
	Observers   []Observer
}

// DivergedError reports a loss that is not finite.
type DivergedError struct{ record.Diverged }

func (e *DivergedError) Error() string {
	return fmt.Sprintf("epoch %d, step %d: loss is %g at lr %g, first in %s, want a finite number", e.Epoch, e.Step, e.Loss, e.LR, e.Tensor)
}

// Diverged is the *DivergedError of a run that diverged, with hints at what to do and at what is left; nil of another.
func Diverged(r record.Run) error {
	if r.Diverged == nil {
		return nil
	}
	err := fault.Hint(&DivergedError{*r.Diverged}, "a smaller --lr or --clip-grad 1 may keep it finite")
	if s := r.Stopped; s != nil && s.Weights != "" {
		err = fault.Hint(err, "%s holds %s; their test is in %s",
			filepath.Join(r.Run, s.Weights), s.Tested(), filepath.Join(r.Run, record.SummaryFile))
	}
	return err
}

// diverged is the error of a loss that is not finite.
func (r *run) diverged(epoch, step int, loss float64, tensor string) error {
	return &DivergedError{record.Diverged{
		Epoch: epoch, Step: step, LR: r.optimizer.lr, Loss: number.Float(loss), Tensor: tensor,
	}}
}

// run is a Job in progress.
type run struct {
	Job
	net        *model.Net
	trainer    *model.Trainer
	predictor  *model.Predictor
	optimizer  *optimizer
	state      state
	ended      []checkpoint.Tensor // weights at the end of the last epoch
	best       []checkpoint.Tensor // weights of the epoch with the least validation loss
	began      []checkpoint.Tensor // weights at the start of the last epoch whose first loss was finite
	divergence *record.Diverged    // how the run diverged, if it did
	probe      *probe              // nil: the health is not measured
	laps       []float64           // seconds of each step of the epoch in progress
	saved      time.Time
}

// Run trains and then evaluates the test set once: with the weights of the epoch of the lowest validation loss if there
// is a validation set, else with the last. A loss that is not finite ends training, and the record says so: the last
// weights are then those from the start of the last epoch whose first loss was finite. When ctx is cancelled Run
// finishes the step, saves and returns the cause.
func Run(ctx context.Context, job Job) (record.Run, error) {
	r, err := start(job)
	if err != nil {
		return record.Run{}, err
	}
	if job.Begin != nil {
		if err := job.Begin(r.net); err != nil {
			return record.Run{}, err
		}
	}
	if job.Resume && r.state.Updates > 0 {
		if err := r.saveResults(r.last()); err != nil {
			return r.record(nil), err
		}
	}
	if r.state.Updates == 0 && len(r.state.Health) == 0 {
		if err := r.examine(ctx, 0); err != nil {
			return r.record(nil), r.cutOff(ctx, err)
		}
	}
	for r.stops() == "" {
		err := r.epoch(ctx)
		if err = r.fallBack(err); err != nil {
			return r.record(nil), err
		}
	}
	if r.Config.Epochs == 0 { // keep the weights that are tested
		if err := r.save(); err != nil {
			return r.record(nil), err
		}
	}
	return r.test(ctx)
}

// build makes a run that has its network, as it begins, and what trains it.
func build(job Job) (*run, error) {
	if err := job.Config.Validate(); err != nil {
		return nil, err
	}
	if err := job.Config.Needs(job.Data); err != nil {
		return nil, err
	}
	net, err := declare(job.Config, job.Model, job.Data, job.Pool)
	if err != nil {
		return nil, err
	}
	if err := fits(net, job.Config, job.Data); err != nil {
		return nil, err
	}
	net.Initialise(job.Config.Seed)
	r := &run{Job: job, net: net, state: state{
		Schema: stateSchema, Data: job.Data.Hash, Kernels: []string{model.Arithmetic()},
	}}
	if r.optimizer, err = newOptimizer(job.Config, job.Pool, net.Parameters); err != nil {
		return nil, err
	}
	if r.trainer, err = net.NewTrainer(job.Config.BatchSize, job.Data.Train.Planes(), r.training()); err != nil {
		return nil, err
	}
	return r, nil
}

// start builds the model and restores the state that the run begins or continues with.
func start(job Job) (*run, error) {
	r, err := build(job)
	if err != nil {
		return nil, err
	}
	if r.probe, err = r.newProbe(); err != nil {
		return nil, err
	}
	if r.predictor, err = r.net.NewPredictor(evaluationBatch(r.net.Input), r.Data.Train.Planes()); err != nil {
		return nil, err
	}
	r.saved = time.Now()
	if job.Resume {
		resumed, err := r.resume()
		if resumed || err != nil {
			return r, err
		}
	}
	if err := r.initialise(); err != nil {
		return nil, err
	}
	r.ended = weights(r.net)
	r.began = r.ended
	return r, nil
}

// declare lists the layers and parameters of a model for the data, and how they begin. It refuses a model that cannot be
// trained so.
func declare(c Config, m model.Config, data Data, pool *worker.Pool) (*model.Net, error) {
	t := data.Train.Transform()
	in := model.Input{Channels: t.Channels, Height: t.Height, Width: t.Width}
	net, err := model.Declare(m, in, len(data.Train.Classes()), pool)
	if err != nil {
		return nil, fault.Usage(err)
	}
	if err := net.Scale(data.Train.MeanSquare()); err != nil {
		return nil, err
	}
	return net, enough(net, c, data.Train.Len())
}

// enough refuses a batch of fewer images than a layer is trained on: a norm needs two values in each channel.
func enough(net *model.Net, c Config, images int) error {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return err
	}
	least, layer, err := list.MinImages()
	last := images % c.BatchSize
	if c.DropLast || last == 0 {
		last = c.BatchSize
	}
	if err != nil || c.Epochs == 0 || min(c.BatchSize, last) >= least {
		return err
	}
	err = fmt.Errorf("value is %d, want at least %d: %s has one value in each channel of an image", c.BatchSize, least, layer)
	if c.BatchSize >= least {
		err = fmt.Errorf("value is %d, with which the last batch of the %d training images has %d, want at least %d: "+
			"%s has one value in each channel of an image", c.BatchSize, images, last, least, layer)
		err = fault.Hint(err, "--drop-last leaves that batch out")
	}
	return fault.Usage(fault.At("train.batch_size", err))
}

// training is how the network is trained. Gradients must be whole where all of them are clipped together or measured, or
// where the optimiser looks at whole tensors.
func (r *run) training() model.Training {
	t := model.Training{
		Smoothing:        r.Config.LabelSmoothing,
		UpdateInBackward: r.Config.ClipGrad == 0 && !r.Config.GradientNorm && r.optimizer.ElementWise(),
	}
	if r.Config.ClassWeights == "balanced" {
		t.ClassWeights = balanced(r.Data.Train.Labels(), len(r.Data.Train.Classes()))
	}
	return t
}

// balanced weights each class by images/(classes × images of the class), so that all classes count equally.
func balanced(labels []int, classes int) []float64 {
	w := make([]float64, classes)
	for _, y := range labels {
		w[y]++
	}
	for k, n := range w {
		w[k] = float64(len(labels)) / (float64(classes) * n)
	}
	return w
}

// initialise loads the weights of Config.Init, if it names a file.
func (r *run) initialise() error {
	path := r.Config.Init
	if path == "" {
		return nil
	}
	f, err := checkpoint.Read(path)
	if err != nil {
		return err
	}
	return setWeights(r.net, path, withActivations(r.net, withoutMoments(f)))
}

// withActivations adds the initial values of the net's learnable activation parameters that the file lacks, so that
// weights can be loaded whatever the activation.
func withActivations(net *model.Net, f checkpoint.File) checkpoint.File {
	for _, p := range net.Parameters {
		if _, there := f.Tensor(p.Name); p.OfActivation && !there {
			f.Tensors = append(f.Tensors, tensorOf(p))
		}
	}
	return f
}

// test evaluates the test set with the best weights and completes the record.
func (r *run) test(ctx context.Context) (record.Run, error) {
	if r.best != nil {
		if err := setWeights(r.net, record.BestFile, checkpoint.File{Tensors: r.best}); err != nil {
			return record.Run{}, err
		}
	}
	score, predictions, err := r.score(ctx, r.Data.Test)
	if err != nil && r.fallBack(err) == nil {
		score, predictions, err = r.score(ctx, r.Data.Test)
	}
	if d := new(DivergedError); r.divergence != nil && errors.As(err, &d) {
		err = nil // no weights are finite: the loss that is not is the result
	}
	if err != nil {
		return r.record(nil), r.interrupted(ctx, err)
	}
	result := r.record(&score)
	r.diagnose(&result)
	return result, r.finish(result, predictions)
}

// score evaluates the current weights on a set.
func (r *run) score(ctx context.Context, set Images) (record.Test, record.Predictions, error) {
	rows, err := logits(ctx, r.predictor, r.net.Classes, set)
	if err != nil {
		return record.Test{}, record.Predictions{}, err
	}
	p := record.Predictions{Labels: set.Labels(), Predicted: metrics.Predictions(rows, r.net.Classes)}
	e, err := metrics.Evaluate(p.Labels, rows, r.Data.Train.Classes())
	if err == nil && !number.Finite(e.Loss) {
		err = r.divergedAfter(float64(e.Loss))
	}
	return record.Test{Loss: e.Loss, Accuracy: e.Accuracy, Images: e.Images, Correct: e.Correct}, p, err
}

// fallBack turns a *DivergedError into a part of the record: it restores the weights to be tested and returns nil. It
// returns any other error unchanged.
func (r *run) fallBack(err error) error {
	d := new(DivergedError)
	if r.divergence != nil || !errors.As(err, &d) {
		return err
	}
	r.divergence = &d.Diverged
	if r.best != nil {
		return setWeights(r.net, record.BestFile, checkpoint.File{Tensors: r.best})
	}
	return setWeights(r.net, record.ResumeFile, checkpoint.File{Tensors: r.began})
}

// divergedAfter is the error of an evaluation whose loss is not finite.
func (r *run) divergedAfter(loss float64) error {
	epoch := max(r.state.Epoch, 1)
	if r.state.Step > 0 {
		epoch = r.state.Epoch + 1 // in progress: it is being validated
	}
	return r.diverged(epoch, r.steps(), loss, cmp.Or(r.predictor.FirstNonFinite(), "logits"))
}

// stops is why training ends here; "": it goes on.
func (r *run) stops() string {
	if r.divergence != nil {
		return record.LossNotFinite
	}
	return r.Config.Stops(r.state.Epoch, r.state.BestEpoch)
}

// beganEpoch is the number of epochs that had been done when the weights were those of r.began.
func (r *run) beganEpoch() int {
	if r.state.Step == 0 { // the epoch in progress has not yet had its first loss
		return max(r.state.Epoch-1, 0)
	}
	return r.state.Epoch
}

// stopped describes the end of training.
func (r *run) stopped() *record.Stopped {
	s := record.Stopped{
		Reason: r.stops(), Epoch: r.state.Epoch, BestEpoch: r.state.BestEpoch,
		TestedEpoch: r.state.Epoch, Weights: record.LastFile,
	}
	switch {
	case r.best != nil:
		s.TestedEpoch, s.Weights = s.BestEpoch, record.BestFile
	case r.divergence != nil:
		s.TestedEpoch = r.beganEpoch()
	}
	if r.Dir == "" || r.Lean {
		s.Weights = ""
	}
	return &s
}

// record describes the run so far, or a finished one with its test.
func (r *run) record(test *record.Test) record.Run {
	var stopped *record.Stopped
	if test != nil {
		stopped = r.stopped()
	}
	return record.Run{
		Schema: record.Schema, Run: r.Dir, Epochs: r.state.History, Test: test,
		Activation: r.net.Activations.String(), Parameters: r.net.Size(), Seed: r.Config.Seed, Kernel: model.Arithmetic(),
		EarlierKernels: r.state.Kernels[:len(r.state.Kernels)-1],
		Learnt:         Learnt(r.net), Data: r.state.Data, Classes: r.Data.Train.Classes(),
		StepSeconds: statistics.Median(r.state.StepSeconds), Stopped: stopped, Diverged: r.divergence,
		Environment: r.Environment,
	}
}

// Learnt are the current values of the parameters that activations learn.
func Learnt(net *model.Net) []record.Learnt {
	var all []record.Learnt
	for _, p := range net.Parameters {
		if !p.OfActivation {
			continue
		}
		l := record.Learnt{Parameter: p.Name}
		for _, v := range p.Export(p.Values()) {
			l.Values = append(l.Values, number.Float(v))
		}
		all = append(all, l)
	}
	return all
}
