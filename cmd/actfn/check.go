package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/dataset"
)

// checkOptions are what `actfn dataset check` was asked.
type checkOptions struct {
	root    string
	workers int
	json    bool
}

func newCheckCmd(a *app) *cobra.Command {
	var o checkOptions
	cmd := &cobra.Command{
		Use:   "check ROOT",
		Short: "Read every image of a dataset and report what is wrong",
		Long: `check lists the classes, counts and sizes of each split, the files that do not decode, the classes
that are not in every split, and the images that are in more than one split or twice in one.
It exits with 3 when training and testing could not rely on the dataset.`,
		Example: `  actfn dataset check photos
  actfn dataset check photos.zip --json`,
		Args: arguments(1, 1, "1: a folder or .zip with train/ and test/"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.root = args[0]
			return runCheck(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	bindWorkers(cmd, &o.workers)
	flags.BoolVar(&o.json, "json", false, "print the report as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

func runCheck(ctx context.Context, a *app, o checkOptions) error {
	if err := checkWorkers(o.workers); err != nil {
		return usage(err)
	}
	b := a.ui.reading()
	defer b.end()
	report, err := dataset.Check(ctx, o.root, dataset.Options{Workers: o.workers, Progress: b.at})
	if err != nil {
		return err
	}
	b.end()
	if o.json {
		err = a.out.json(report)
	} else {
		err = report.WriteText(a.out)
	}
	if err == nil && !report.OK() {
		err = withCode(exitGate, fmt.Errorf("%s: dataset has faults: %s", report.Root, strings.Join(report.Faults(), "; ")))
	}
	return err
}
