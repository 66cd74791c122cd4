package main

import (
	"github.com/spf13/cobra"

	"actfn/internal/dataset"
)

func newSplitCmd(a *app) *cobra.Command {
	var o dataset.Splitting
	var json bool
	cmd := &cobra.Command{
		Use:   "split ROOT OUT",
		Short: "Copy the images of a folder without a test set into train and test",
		Long: `split copies the images of ROOT, a folder or .zip with a folder for each class or with train/ alone, to
OUT/train and OUT/test, and with --val to OUT/val. Each class is divided by the contents of its files
alone: the test images are those of "actfn train --test-split", the same on every machine, in any order
and by any name, and equal files are never on both sides. Files that are not images are not copied. OUT
must be new or empty, and appears when all files are written.`,
		Example: `  actfn dataset split pictures photos --test 0.2
  actfn dataset split pictures.zip photos --test 0.2 --val 0.1`,
		Args: arguments(2, 2, "2: a folder or .zip of classes, and the folder to make"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkWorkers(o.Workers); err != nil {
				return usage(err)
			}
			o.Root, o.Out = args[0], args[1]
			made, err := writeDataset(a, &o.Options, func() (dataset.Made, error) { return dataset.SplitFolder(cmd.Context(), o) })
			if err != nil {
				return err
			}
			return writeMade(a, made, json)
		},
	}
	flags := cmd.Flags()
	flags.Float64Var(&o.Test, "test", 0, "share `F` of the images of each class for the test")
	flags.Float64Var(&o.Val, "val", 0, "share `F` of the images of each class for validation")
	flags.StringSliceVar(&o.SkipClasses, "skip-classes", nil, "leave out the classes in `LIST`")
	bindWorkers(cmd, &o.Workers)
	flags.BoolVar(&json, "json", false, "print the numbers of images as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

// writeMade writes how many images were written.
func writeMade(a *app, made dataset.Made, json bool) error {
	if json {
		return a.out.json(made)
	}
	return made.WriteText(a.out)
}
