package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/kernel"
	"actfn/internal/record"
	"actfn/internal/train"
)

// trainOptions are what `actfn train` was asked.
type trainOptions struct {
	settings settings
	output   string
	resume   string
	force    bool
	json     bool
}

func newTrainCmd(a *app) *cobra.Command {
	var o trainOptions
	cmd := &cobra.Command{
		Use:   "train",
		Short: "Train a classifier on folders of images",
		Long: `train learns to tell the classes of a dataset apart: a folder or .zip with train/ and test/
(and val/, if there is one), each with a folder of images for every class. It prints the accuracy
on the test images, which it reads once, at the end.

The run's folder gets the resolved config.yaml, metrics.jsonl, metrics.csv, summary.json and the
weights: last.safetensors, best.safetensors (by validation, when there is one) and
resume.safetensors. A run that was interrupted, with Ctrl-C too, goes on with --resume.

Any key that has no flag is set with --set, in a file for -c, or in a variable such as
ACTFN_TRAIN_BETA1; "actfn config show" lists them.`,
		Example: `  actfn train
  actfn train --data photos --image-size 64 --val-split 0.1 --epochs 20 -o runs/photos
  actfn train --activation=leakyrelu --slope=0.01 --seed 1
  actfn train -c configs/deep.yaml --set train.beta1=0.8
  actfn train --resume runs/photos --epochs 40`,
		Args: arguments(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runTrain(cmd.Context(), a, o) },
	}
	o.settings.bindTrain(cmd)
	flags := cmd.Flags()
	flags.StringVarP(&o.output, "output", "o", "", "keep the run in this new `DIR` (default runs/TIME-ACTIVATION)")
	flags.StringVar(&o.resume, "resume", "", "go on with the run in `DIR`; only epochs, patience and workers may change")
	flags.BoolVar(&o.force, "force", false, "replace the run in an existing output folder")
	flags.BoolVar(&o.json, "json", false, "print the run as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.MarkFlagDirname("resume")
	return cmd
}

func runTrain(ctx context.Context, a *app, o trainOptions) error {
	r, err := o.resolve(a)
	if err != nil {
		return usage(err)
	}
	folder, err := o.folder(r.Config)
	if err != nil {
		return err
	}
	defer folder.removeIfEmpty()
	data, err := loadData(ctx, a.ui, r.Config)
	if err != nil {
		return err
	}
	defer data.Close()
	result, err := trainIn(ctx, a.ui, folder, r.Config, data)
	var diverged *train.DivergedError
	if errors.As(err, &diverged) {
		return withCode(exitDiverged, err)
	}
	if err != nil {
		return err
	}
	listSkipped(a.ui, data.Train, data.Val, data.Test)
	a.ui.say("wrote %s", folder.dir)
	if o.json {
		return a.out.json(result)
	}
	_, err = fmt.Fprintf(a.out, "Accuracy: %s\n", percent(result.Test.Accuracy))
	return err
}

// resolve loads the configuration; a resumed run's own comes before everything that was said now.
func (o trainOptions) resolve(a *app) (config.Resolved, error) {
	if o.resume == "" {
		return o.settings.load(a.env)
	}
	if o.output != "" || o.force {
		return config.Resolved{}, errors.New("--resume goes on in the run's own folder, want no --output and no --force")
	}
	own := settings{files: []string{filepath.Join(o.resume, record.ConfigFile)}}
	began, err := own.load(nil)
	if err != nil {
		return began, err
	}
	now := o.settings
	now.files = append(own.files, now.files...)
	r, err := now.load(a.env)
	if err != nil {
		return r, err
	}
	if r.Train.Schedule == "cosine" && r.Train.Epochs != began.Train.Epochs {
		a.ui.warn("%d epochs in place of %d move the cosine schedule: the rate jumps here", r.Train.Epochs, began.Train.Epochs)
	}
	return r, sameRun(o.resume, began.Config, r.Config)
}

// loadData reads the images, with a moving bar.
func loadData(ctx context.Context, u *ui, c config.Config) (*dataset.Data, error) {
	b := u.reading()
	defer b.end()
	return dataset.Load(ctx, c.Data, c.Train.Seed, dataset.Options{Workers: c.Workers, Progress: b.at})
}

// trainIn makes the run and keeps it in the folder.
func trainIn(ctx context.Context, u *ui, folder *runFolder, c config.Config, data *dataset.Data) (record.Run, error) {
	pool := kernel.NewPool(c.Workers)
	defer pool.Close()
	talk := &trainingTalk{ui: u, epochs: c.Train.Epochs}
	defer talk.end()
	return train.Run(ctx, train.Job{
		Config: c.Train, Model: c.Model, Data: data, Pool: pool, Dir: folder.dir, Resume: folder.resumed,
		Begin:     func() error { return folder.begin(c) },
		Observers: []train.Observer{talk},
	})
}
