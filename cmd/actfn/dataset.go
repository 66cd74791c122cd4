package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"actfn/internal/dataset"
	"actfn/internal/wording"
)

func newDatasetCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "dataset",
		Short: "Import, split, check and show datasets",
		Example: `  actfn dataset import idx --images train-images.gz --labels train-labels.gz mnist/train
  actfn dataset split pictures photos --test 0.2
  actfn dataset check photos
  actfn dataset show photos -o sheet.png`,
	},
		group(&cobra.Command{
			Use:   "import",
			Short: "Convert another format into a folder of images",
			Example: `  actfn dataset import idx --images train-images.gz --labels train-labels.gz mnist/train
  actfn dataset import cifar cifar-10-binary.tar.gz cifar`,
		}, newImportIDXCmd(a), newImportCIFARCmd(a)),
		newSplitCmd(a), newCheckCmd(a), newShowCmd(a),
	)
}

// importOptions are what `actfn dataset import idx` was asked.
type importOptions struct {
	dataset.IDXImport
	json bool
}

func newImportIDXCmd(a *app) *cobra.Command {
	var o importOptions
	cmd := &cobra.Command{
		Use:   "idx --images FILE --labels FILE OUT",
		Short: "Convert IDX files, as of MNIST, into a folder of PNGs",
		Long: `idx reads a pair of IDX files, gzipped or not, and writes OUT/CLASS/NUMBER.png. OUT must be new or empty,
and appears when all files are written. For a dataset that --data accepts, import twice: to ROOT/train
and to ROOT/test.`,
		Example: `  actfn dataset import idx --images train-images-idx3-ubyte.gz --labels train-labels-idx1-ubyte.gz mnist/train
  actfn dataset import idx --images t10k-images.gz --labels t10k-labels.gz --names cat,dog pets/test
  actfn dataset import idx --images train-images.gz --labels train-labels.gz --per-class 200 small/train`,
		Args: arguments(1, 1, "1: the folder to make, as mnist/train"),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Out = args[0]
			return runImportIDX(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Images, "images", "", "IDX `FILE` of the images")
	flags.StringVar(&o.Labels, "labels", "", "IDX `FILE` of the labels")
	flags.StringSliceVar(&o.Names, "names", nil,
		"class `NAMES` in the order of the labels, as in cat,dog (default the labels)")
	flags.IntVar(&o.Start, "start", 0, "leave out the first `N` images")
	flags.IntVar(&o.PerClass, "per-class", 0, "take at most `N` images of each class; 0 takes all")
	bindWorkers(cmd, &o.Workers)
	flags.BoolVar(&o.json, "json", false, "print the numbers of images as one JSON object")
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	return cmd
}

func (o importOptions) check() error {
	faults := []error{checkWorkers(o.Workers)}
	if o.Images == "" {
		faults = append(faults, errors.New("--images is missing, want an IDX file"))
	}
	if o.Labels == "" {
		faults = append(faults, errors.New("--labels is missing, want an IDX file"))
	}
	if o.Start < 0 {
		faults = append(faults, fmt.Errorf("--start: value is %d, want 0 or more", o.Start))
	}
	if o.PerClass < 0 {
		faults = append(faults, fmt.Errorf("--per-class: value is %d, want 0 or more", o.PerClass))
	}
	return usage(errors.Join(faults...))
}

func runImportIDX(ctx context.Context, a *app, o importOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	made, err := writeDataset(a, &o.Options, func() (dataset.Imported, error) { return dataset.ImportIDX(ctx, o.IDXImport) })
	if err != nil {
		return err
	}
	if o.json {
		return a.out.json(made)
	}
	classes := wording.Table{Align: "lr"}
	for _, c := range made.Classes {
		classes.Row(c.Class, strconv.Itoa(c.Images))
	}
	_, err = classes.WriteTo(a.out)
	printf(a.out, "%d images of %d×%d in %s\n", made.Images, made.Width, made.Height, o.Out)
	return err
}

// writeDataset runs what writes a dataset, with a moving bar.
func writeDataset[T any](a *app, o *dataset.Options, write func() (T, error)) (T, error) {
	b := a.ui.reading()
	defer b.end()
	o.Progress = b.at
	a.saves.Store(true)
	return write()
}
