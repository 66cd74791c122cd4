package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/train"
	"actfn/internal/worker"
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
	flags.VarP(pathFlag{&o.output, "DIR"}, "output", "o", "keep the run in this new folder (default runs/TIME-ACTIVATION)")
	flags.Var(pathFlag{&o.resume, "DIR"}, "resume", "go on with the run in this folder, perhaps for more --epochs")
	flags.BoolVar(&o.force, "force", false, "replace the run in the output folder")
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
	defer folder.close()
	if folder.resumed {
		if err := folder.checkProgress(a.ui, r); err != nil {
			return err
		}
	}
	data, err := loadData(ctx, a.ui, r.Config)
	if err != nil {
		return err
	}
	defer data.Close()
	if c := r.Train; c.Patience > 0 && data.Val == nil {
		return usage(fmt.Errorf("%s: train.patience: value is %d without validation, want --val-split or a val folder",
			r.Origin["train.patience"], c.Patience))
	}
	result, err := trainIn(ctx, a.ui, folder, r.Config, data)
	var diverged *train.DivergedError
	if errors.As(err, &diverged) {
		return withCode(exitDiverged, err)
	}
	if err != nil {
		return err
	}
	listSkipped(a.ui, data.Train, data.Val, data.Test)
	sayLearnt(a.ui, result.Learnt)
	a.ui.say("wrote %s", folder.dir)
	if o.json {
		return a.out.json(result)
	}
	_, err = fmt.Fprintf(a.out, "Accuracy: %s\n", percent(result.Test.Accuracy))
	return err
}

// resolve loads the configuration.
func (o trainOptions) resolve(a *app) (config.Resolved, error) {
	if o.resume != "" {
		return o.resolveResumed(a)
	}
	return o.settings.load(a.env)
}

// loadData reads the images, with a moving bar.
func loadData(ctx context.Context, u *ui, c config.Config) (*dataset.Data, error) {
	b := u.reading()
	defer b.end()
	return dataset.Load(ctx, c.Data, c.Train.Seed, dataset.Options{Workers: c.Workers, Progress: b.at})
}

// trainIn makes the run and keeps it in the folder.
func trainIn(ctx context.Context, u *ui, folder *runFolder, c config.Config, data *dataset.Data) (record.Run, error) {
	tightenMemory()
	pool := worker.New(c.Workers)
	defer pool.Close()
	talk := &trainingTalk{ui: u, epochs: c.Train.Epochs}
	defer talk.end()
	return train.Run(ctx, train.Job{
		Config: c.Train, Model: c.Model, Data: train.Loaded(data), Pool: pool, Dir: folder.dir, Resume: folder.resumed,
		Environment: environment(pool.Workers()),
		Begin: func(net *model.Net) error {
			talk.begin(folder.dir, c, data, net)
			return folder.begin(c)
		},
		Observers: []train.Observer{talk},
	})
}
