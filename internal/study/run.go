package study

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/lock"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// Job is the making of cells.
type Job struct {
	Dir    string
	Cells  []Cell
	Images func(Cell) *dataset.Images
	// Jobs cells are made at a time, each on Workers processors. Neither changes a bit of the results.
	Jobs, Workers int
	// KeepWeights leaves each cell the files of an ordinary run.
	KeepWeights bool
	// FailFast stops the others when one fails.
	FailFast    bool
	Environment record.Environment
	Observer    Observer
}

// Observer is told how the cells go, by one goroutine at a time.
type Observer interface {
	// Step tells that a cell's epoch, from 1, has done some of its steps.
	Step(c Cell, epoch, done, steps int)
	// End tells that a cell is done, or why it is not.
	End(c Cell, r record.Run, err error)
}

// CellError is why a cell has no result.
type CellError struct {
	Cell Cell
	Err  error
}

func (e *CellError) Error() string {
	return fmt.Sprintf("cell %s at seed %d: %v", e.Cell.Name(), e.Cell.Seed, e.Err)
}
func (e *CellError) Unwrap() error { return e.Err }

// Run makes the cells. One that fails is a *CellError in the joined error, and the others are made all the same,
// unless Job.FailFast. When ctx is cancelled the cells in progress are saved, and the cause is returned; a run
// later goes on with them. Cells that another process is making come last, and are waited for; those of one
// that is dead are taken over.
func Run(ctx context.Context, job Job) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var failed []error
	const soon, late = 100 * time.Millisecond, 2 * time.Second
	wait := soon
	for cells := job.Cells; len(cells) > 0 && ctx.Err() == nil; {
		elsewhere, errs := job.pass(ctx, cells, cancel)
		failed = append(failed, errs...)
		if len(elsewhere) < len(cells) {
			wait = soon
		} else {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
			wait = min(2*wait, late)
		}
		cells = elsewhere
	}
	if len(failed) == 0 {
		return context.Cause(ctx)
	}
	return errors.Join(failed...)
}

// pass makes cells, but for those that another process is making.
func (job Job) pass(ctx context.Context, cells []Cell, cancel context.CancelCauseFunc) (elsewhere []Cell, failed []error) {
	queue := make(chan Cell)
	var mutex sync.Mutex
	var all sync.WaitGroup
	for range job.Jobs {
		all.Go(func() {
			pool := worker.New(job.Workers)
			defer pool.Close()
			for c := range queue {
				r, err := job.make(ctx, c, pool, &mutex)
				if err != nil && ctx.Err() != nil {
					continue // interrupted, and saved
				}
				mutex.Lock()
				if errors.Is(err, lock.ErrLocked) {
					elsewhere = append(elsewhere, c)
				} else {
					job.Observer.End(c, r, err)
					if err != nil {
						failed = append(failed, &CellError{c, err})
					}
					if err != nil && job.FailFast {
						cancel(nil)
					}
				}
				mutex.Unlock()
			}
		})
	}
	for _, c := range cells {
		if ctx.Err() != nil {
			break
		}
		select {
		case queue <- c:
		case <-ctx.Done():
		}
	}
	close(queue)
	all.Wait()
	return elsewhere, failed
}

// make trains and tests one cell, from where it was left if it was.
func (job Job) make(ctx context.Context, c Cell, pool *worker.Pool, mutex *sync.Mutex) (r record.Run, err error) {
	defer func() {
		if p := recover(); p != nil { // a fault of the program's is one cell's, not the comparison's
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	folder := c.Folder(job.Dir)
	if c.Done(job.Dir) { // by another process, since the work was counted
		return record.ReadSummary(folder)
	}
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return r, fault.At(folder, err)
	}
	held, err := lock.Try(folder)
	if err != nil {
		return r, err
	}
	defer held.Release()
	if c.Done(job.Dir) { // in this moment
		return record.ReadSummary(folder)
	}
	data, err := job.Images(c).Data(c.Seed)
	if err != nil {
		return r, err
	}
	return train.Run(ctx, train.Job{
		Config: c.Config.Train, Model: c.Config.Model, Data: train.Loaded(data), Pool: pool, Dir: folder,
		Held: held.Check, Resume: true, Lean: !job.KeepWeights, Environment: job.Environment,
		Begin: func(*model.Net) error {
			return disk.Replace(filepath.Join(folder, record.ConfigFile), c.Config.Encode)
		},
		Observers: []train.Observer{cellObserver{c, job.Observer, mutex}},
	})
}

// cellObserver passes on what a cell's run tells.
type cellObserver struct {
	cell  Cell
	to    Observer
	mutex *sync.Mutex
}

func (o cellObserver) Step(epoch, done, steps int) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.to.Step(o.cell, epoch, done, steps)
}

// Epoch says nothing: a comparison has many.
func (o cellObserver) Epoch(record.Epoch) {}
