package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/run"
	"actfn/internal/train"
	"actfn/internal/wording"
	"actfn/internal/worker"
)

// trainOptions are what `actfn train` was asked.
type trainOptions struct {
	settings settings
	output   string
	resume   string
	force    bool
	another  bool // kernel may go on
	json     bool
	verbose  bool
}

func newTrainCmd(a *app) *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a classifier on folders of images",
		Long: `train trains a classifier on a dataset: a folder or .zip with train/, test/ and optionally val/, each
with one folder of images per class. With --test-split, the folders of the classes alone will do. It
prints the accuracy on the test images, which it reads once, at the end.

The run's folder contains the resolved config.yaml, metrics.jsonl, metrics.csv, health.jsonl,
summary.json, predictions.npy and the weights: last.safetensors, best.safetensors (lowest validation loss, if there
is validation) and resume.safetensors. --resume continues a run that was interrupted, for example
with Ctrl-C. A run that diverges keeps the last weights from which the loss was finite, and exits with 5.

Settings without a flag can be set with --set, in a file for -c, or in a variable such as
ACTFN_TRAIN_BETA1; "actfn config show" lists all of them.`,
		Example: `  actfn train
  actfn train --data photos --image-size 64 --val-split 0.1 --epochs 20 -o runs/photos
  actfn train --data pictures --test-split 0.2
  actfn train --activation=leakyrelu --slope=0.01 --seed 1
  actfn train -c configs/deep.yaml --set train.beta1=0.8
  actfn train --resume runs/photos --epochs 40`,
		Args: arguments(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runTrain(cmd.Context(), a, o) },
	}
	o.settings.bindTrain(cmd)
	flags := cmd.Flags()
	flags.VarP(pathFlag{&o.output, "DIR"}, "output", "o",
		"folder for the run, which must be new (default runs/TIME-ACTIVATION)")
	flags.Var(pathFlag{&o.resume, "DIR"}, "resume", "continue the run in this folder, optionally for more --epochs")
	flags.BoolVar(&o.another, "allow-kernel-change", false,
		"with --resume, go on by other arithmetic than the run began with; the bits differ")
	flags.BoolVar(&o.force, "force", false, "replace the run in the output folder")
	flags.BoolVar(&o.json, "json", false, "print the run as one JSON object")
	flags.BoolVar(&o.verbose, "verbose", false, "print what was measured of each layer at the end: see docs/health.md")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.MarkFlagDirname("resume")
	return cmd
}

func runTrain(ctx context.Context, a *app, o trainOptions) error {
	r, folder, err := o.begin(ctx, a)
	if err != nil {
		return err
	}
	defer folder.Close()
	if folder.Ended != nil {
		return o.ended(a, r.Train, *folder.Ended)
	}
	data, err := loadData(ctx, a.ui, r.Config)
	if err != nil {
		return located(r, err)
	}
	defer data.Close()
	warnLeaks(a.ui, data)
	a.saves.Store(true)
	result, err := trainIn(ctx, a.ui, folder, r.Config, data, o.another)
	if err != nil {
		return located(r, err)
	}
	warnSkipped(a.ui, data)
	sayLearnt(a.ui, result.Learnt)
	sayStopped(a.ui, r.Train, result)
	if err := sayDiagnosis(a.ui, folder.Dir, result, o.verbose); err != nil {
		return err
	}
	a.ui.say("wrote %s", folder.Dir)
	if err := train.Diverged(result); err != nil {
		return withCode(exitDiverged, err)
	}
	return o.write(a, result)
}

// ended tells of a run that is to be resumed that nothing is left to do.
func (o trainOptions) ended(a *app, c train.Config, r record.Run) error {
	if err := train.Diverged(r); err != nil {
		err = fault.Hint(fault.At(o.resume, err), "actfn train -c %s -o NEW --lr F begins another run with its settings",
			wording.Quoted(filepath.Join(o.resume, record.ConfigFile)))
		return withCode(exitDiverged, err)
	}
	sayEnded(a.ui, c, r)
	return o.write(a, r)
}

// write writes the result.
func (o trainOptions) write(a *app, result record.Run) error {
	if o.json {
		return a.out.json(result)
	}
	_, err := fmt.Fprintf(a.out, "Accuracy: %s\n", percent(result.Test.Accuracy))
	return err
}

// begin loads the configuration and finds or makes the run's folder.
func (o trainOptions) begin(ctx context.Context, a *app) (r config.Resolved, folder *run.Folder, err error) {
	if o.resume != "" {
		return o.beginResumed(ctx, a)
	}
	if o.another {
		return r, nil, usage(errors.New("--allow-kernel-change goes with --resume"))
	}
	if r, err = o.settings.load(a.env); err != nil {
		return r, nil, err
	}
	if o.output == "" {
		folder, err = run.New(r.Model, time.Now())
	} else {
		folder, err = run.Create(ctx, o.output, o.force)
	}
	return r, folder, err
}

// beginResumed goes on with a run. Its own configuration comes before all that is said now.
func (o trainOptions) beginResumed(ctx context.Context, a *app) (r config.Resolved, folder *run.Folder, err error) {
	if o.output != "" || o.force {
		return r, nil, usage(errors.New("--resume goes on in the run's own folder, want no --output and no --force"))
	}
	own, err := run.ConfigFile(o.resume)
	if err != nil {
		return r, nil, usage(err)
	}
	now := o.settings
	now.files = append([]string{own}, now.files...)
	if r, err = now.load(a.env); err != nil {
		return r, nil, err
	}
	if folder, err = run.Resume(ctx, o.resume, r); err != nil {
		return r, nil, err
	}
	if began := folder.Began.Train.Epochs; folder.Ended == nil && r.Train.Schedule == "cosine" && r.Train.Epochs != began {
		a.ui.warn("%d epochs in place of %d move the cosine schedule: the rate jumps here", r.Train.Epochs, began)
	}
	if folder.Anew {
		a.ui.say("%s: nothing is left to resume from, the run begins again", o.resume)
	}
	return r, folder, nil
}

// located puts before a fault of a key where its value comes from.
func located(r config.Resolved, err error) error {
	if origin := r.Origin[fault.Place(err)]; origin != "" && origin != "default" {
		return fault.At(origin, err)
	}
	return err
}

// loadData reads the images, with a moving bar.
func loadData(ctx context.Context, u *ui, c config.Config) (*dataset.Data, error) {
	b := u.reading()
	defer b.end()
	return dataset.Load(ctx, c.Data, c.Train.Seed, dataset.Options{Workers: c.Workers, Progress: b.at})
}

// trainIn makes the run and keeps it in the folder.
func trainIn(ctx context.Context, u *ui, folder *run.Folder, c config.Config, data *dataset.Data,
	anotherKernel bool) (record.Run, error) {
	loaded := train.Loaded(data)
	if need, err := train.Need(c.Train, c.Model, loaded); err == nil { // else the run says what is wrong
		tightenMemory(need.All(1))
	}
	pool := worker.New(c.Workers)
	defer pool.Close()
	talk := &trainingTalk{ui: u, epochs: c.Train.Epochs}
	defer talk.end()
	return train.Run(ctx, train.Job{
		Config: c.Train, Model: c.Model, Data: loaded, Pool: pool, Dir: folder.Dir, Held: folder.Held,
		Resume: folder.Began != nil, AllowKernelChange: anotherKernel,
		Environment: environment(pool.Workers()),
		Begin: func(net *model.Net) error {
			talk.begin(folder.Dir, c, data, net)
			return folder.Begin(c)
		},
		Observers: []train.Observer{talk},
	})
}

// tightenMemory sets GOGC=25 for work that takes so many bytes, unless the user set it: memory is collected when the heap
// has grown by a quarter, and not only when it has doubled. A collection takes milliseconds, because training fills the
// heap with pixels and weights, which hold no pointers. Little work is not worth it: collections took a third of it.
func tightenMemory(bytes int64) {
	if bytes > 128<<20 && os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
}
