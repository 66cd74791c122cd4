package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"actfn/internal/checkpoint"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// resume restores the state in the folder and reports whether there was one.
func (r *run) resume() (bool, error) {
	if err := disk.Clean(r.Dir); err != nil {
		return false, err
	}
	path := r.path(record.ResumeFile)
	f, err := checkpoint.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	saved, err := restore(path, f, r.net, r.optimizer)
	if err != nil {
		return false, err
	}
	if saved.Data != r.state.Data {
		err := fmt.Errorf("%s: data has hash %.12s, want %.12s as when the run began", r.Dir, r.state.Data, saved.Data)
		return false, fault.Hint(err, "--data must name the same images")
	}
	n := r.Data.Train.Len()
	if err := saved.check(r.steps(), r.Config.BatchSize, min(n, r.steps()*r.Config.BatchSize)); err != nil {
		faults := fault.Each(err)
		for i, err := range faults {
			faults[i] = fmt.Errorf("%s: metadata %q: %w", path, stateKey, err)
		}
		return false, errors.Join(faults...)
	}
	if err := saved.goOn(model.Arithmetic(), r.AllowKernelChange); err != nil {
		return false, fault.At(r.Dir, err)
	}
	if done := saved.Epoch; done > r.Config.Epochs || done == r.Config.Epochs && saved.Step > 0 {
		return false, fmt.Errorf("%s: train.epochs is %d, want more: %d are done and %d steps of the next", r.Dir, r.Config.Epochs, done, saved.Step)
	}
	r.state, r.ended, r.began, r.best = saved, weights(r.net), withPrefix(f, beganPrefix), withPrefix(f, bestPrefix)
	if r.began == nil { // the file is of an older version
		r.began = r.ended
	}
	if r.Lean {
		return true, nil
	}
	if err := r.resumeBest(); err != nil {
		return false, err
	}
	return true, nil
}

// resumeBest restores the best weights. If the run was killed while it saved, the best weights of the epoch that had
// just ended may be only in the resume file.
func (r *run) resumeBest() error {
	switch {
	case r.state.BestEpoch == 0:
		return nil
	case r.state.BestEpoch == r.state.Epoch && r.state.Step == 0:
		r.best = r.ended
		return nil
	}
	f, err := checkpoint.Read(r.path(record.BestFile))
	r.best = f.Tensors
	return err
}

// leanPause is the least time between two saves of a lean run that is not interrupted.
const leanPause = time.Minute

func (r *run) path(file string) string { return filepath.Join(r.Dir, file) }

// cutOff saves the run if it was interrupted, and returns the error that says where.
func (r *run) cutOff(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if err := r.save(); err != nil {
		return err
	}
	return r.interrupted(ctx, err)
}

// interrupted replaces the error of a cancelled run by one that says where it stopped.
func (r *run) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	err = fmt.Errorf("interrupted in epoch %d after step %d of %d: %w", r.state.Epoch+1, r.state.Step, r.steps(), context.Cause(ctx))
	if r.stops() != "" {
		err = fmt.Errorf("interrupted in the test after epoch %d: %w", r.state.Epoch, context.Cause(ctx))
	}
	if r.Dir == "" || r.Lean {
		return err
	}
	return fault.Hint(err, "actfn train --resume %s goes on from there", wording.Quoted(r.Dir))
}

// held is an error if the folder is another's by now: see Job.Held.
func (r *run) held() error {
	if r.Held == nil {
		return nil
	}
	return r.Held()
}

// save writes the run's files, the one to resume from first: whatever of the others is older than it is written again
// when the run is resumed. Weights that a failed step has changed in part are not written.
func (r *run) save() error {
	if err := r.trainer.Broken(); err != nil || r.Dir == "" {
		return err
	}
	if err := r.held(); err != nil {
		return err
	}
	r.saved = time.Now()
	last := r.last()
	others := map[string][]checkpoint.Tensor{beganPrefix: r.began}
	if r.Lean {
		others[bestPrefix] = r.best
	}
	if err := r.state.write(r.path(record.ResumeFile), last, others, r.net, r.optimizer); err != nil {
		return err
	}
	return r.saveResults(last)
}

// last are the current weights.
func (r *run) last() checkpoint.File {
	tensors := r.ended
	if r.state.Step > 0 {
		tensors = weights(r.net)
	}
	return r.file(tensors, r.state.Epoch)
}

// file is weights after an epoch.
func (r *run) file(tensors []checkpoint.Tensor, epoch int) checkpoint.File {
	return checkpoint.File{Tensors: tensors, Metadata: r.card(epoch).metadata()}
}

// saveResults writes the weights and metrics, unless the run is lean. The best weights are written when they are new:
// at the end of their epoch.
func (r *run) saveResults(last checkpoint.File) error {
	if r.Dir == "" || r.Lean {
		return nil
	}
	if r.best != nil && r.state.BestEpoch == r.state.Epoch && r.state.Step == 0 {
		if err := checkpoint.Write(r.path(record.BestFile), checkpoint.File{Tensors: r.best, Metadata: last.Metadata}); err != nil {
			return err
		}
	}
	if err := checkpoint.Write(r.path(record.LastFile), last); err != nil {
		return err
	}
	return errors.Join(record.WriteMetrics(r.Dir, r.state.History), r.saveHealth())
}

// saveHealth writes what the probe measured, if there is one.
func (r *run) saveHealth() error {
	if len(r.state.Health) == 0 {
		return nil
	}
	return record.WriteHealth(r.Dir, r.state.Health)
}

// finish writes the record of a finished run, the summary last: a folder with a summary is complete.
func (r *run) finish(result record.Run, predictions record.Predictions) error {
	if r.Dir == "" {
		return nil
	}
	if err := r.held(); err != nil {
		return err
	}
	if r.divergence != nil && !r.Lean { // the weights that were saved last may be what diverged
		if err := checkpoint.Write(r.path(record.LastFile), r.file(r.began, r.beganEpoch())); err != nil {
			return err
		}
	}
	err := errors.Join(
		record.WriteMetrics(r.Dir, r.state.History),
		record.WritePredictions(r.Dir, predictions),
		r.saveHealth(),
	)
	if err == nil {
		err = record.WriteSummary(r.Dir, result)
	}
	if err != nil || !r.Lean {
		return err
	}
	if err = os.Remove(r.path(record.ResumeFile)); errors.Is(err, fs.ErrNotExist) {
		return nil // it was never interrupted
	}
	return err
}

// card describes weights after an epoch.
func (r *run) card(epoch int) Card {
	return Card{
		Schema: cardSchema, Model: r.Model, Input: r.net.Input, Classes: r.Data.Train.Classes(),
		Transform: r.Data.Train.Transform(), Activation: r.net.Activations.String(),
		Epoch: epoch, Seed: r.Config.Seed,
	}
}
