package train

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"actfn/internal/atomicfile"
	"actfn/internal/checkpoint"
	"actfn/internal/hint"
	"actfn/internal/record"
)

// resume restores the folder's state and reports whether there was one.
func (r *run) resume() (bool, error) {
	if err := atomicfile.Clean(r.Dir); err != nil {
		return false, err
	}
	path := r.path(record.ResumeFile)
	saved, err := readState(path, r.net, r.optimizer)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if saved.Data != r.state.Data {
		return false, fmt.Errorf("%s: data has hash %.12s, want %.12s as when the run began", r.Dir, r.state.Data, saved.Data)
	}
	r.state = saved
	if saved.BestEpoch > 0 {
		f, err := checkpoint.Read(r.path(record.BestFile))
		if err != nil {
			return false, err
		}
		r.best = f.Tensors
	}
	return true, nil
}

func (r *run) path(file string) string { return filepath.Join(r.Dir, file) }

// stopped saves where the run stands when it was interrupted, and says so.
func (r *run) stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	if err := r.save(false); err != nil {
		return err
	}
	return r.interrupted(ctx, err)
}

// interrupted turns the error of a cancelled run into one that says where it stood.
func (r *run) interrupted(ctx context.Context, err error) error {
	if ctx.Err() == nil {
		return err
	}
	err = fmt.Errorf("interrupted in epoch %d after step %d of %d: %w", r.state.Epoch+1, r.state.Step, r.steps(), context.Cause(ctx))
	if r.state.Epoch >= r.Config.Epochs {
		err = fmt.Errorf("interrupted in the test after epoch %d: %w", r.state.Epoch, context.Cause(ctx))
	}
	if r.Dir == "" {
		return err
	}
	return hint.Wrap(err, "actfn train --resume %s goes on from there", r.Dir)
}

// save writes the run's files, the one to resume from last: whatever of the others is newer than it
// will be written again, the same.
func (r *run) save(best bool) error {
	if r.Dir == "" {
		return nil
	}
	card := r.card()
	if best {
		if err := checkpoint.Write(r.path(record.BestFile), checkpoint.File{Tensors: r.best, Metadata: card.metadata()}); err != nil {
			return err
		}
	}
	if err := checkpoint.Write(r.path(record.LastFile), checkpoint.File{Tensors: weights(r.net), Metadata: card.metadata()}); err != nil {
		return err
	}
	if err := record.WriteMetrics(r.Dir, r.state.History); err != nil {
		return err
	}
	return r.state.write(r.path(record.ResumeFile), r.net, card, r.optimizer)
}

func (r *run) card() Card {
	return Card{
		Schema: cardSchema, Model: r.Model, Input: r.net.Input, Classes: r.Data.Train.Classes(),
		Transform: r.Data.Train.Transform(), Activation: r.net.Activation.String(),
		Epoch: r.state.Epoch, Seed: r.Config.Seed,
	}
}
