package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/disk"
	"actfn/internal/plot"
	"actfn/internal/setting"
)

// showOptions are what `actfn dataset show` was asked.
type showOptions struct {
	settings settings
	epoch    int
	output   string
}

func newShowCmd(a *app) *cobra.Command {
	var o showOptions
	cmd := &cobra.Command{
		Use:   "show [ROOT] -o FILE",
		Short: "Draw some training images of each class, as training sees them",
		Long: `show draws a sheet of training images as a model sees them: a row for each class, of 50 classes at
most, with images that --seed chooses. With --augment, each image stands beside what becomes of it in
four epochs, exactly as in a training with that seed. What --normalize does is undone in the picture.
Without ROOT the images are those of the built-in sample.`,
		Example: `  actfn dataset show -o sheet.png
  actfn dataset show photos --image-size 64 -o sheet.png
  actfn dataset show photos --image-size 64 --augment crop=4,flip,rotate -o sheet.png`,
		Args: arguments(0, 1, "at most 1: a folder or .zip with train/ and test/"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 && args[0] == "" {
				return usage(fmt.Errorf("ROOT %w, want a folder or .zip", errNoValue))
			}
			if len(args) == 1 {
				o.settings.flags = append(o.settings.flags, config.Flag{Key: "data.root", Text: args[0], Origin: "ROOT"})
			}
			return runShow(cmd.Context(), a, o)
		},
	}
	bindPicture(cmd, &o.output)
	o.settings.bindRun(cmd, func(k setting.Key) bool {
		section, _ := k.Split()
		return section == "data" && k.Name != "data.root" || k.Name == "train.seed" || k.Name == "workers"
	})
	cmd.Flags().IntVar(&o.epoch, "epoch", 1, "with --augment, show epochs `N` to N+3")
	bindProgress(cmd, a.ui)
	cmd.Flags().SortFlags = false
	return cmd
}

func runShow(ctx context.Context, a *app, o showOptions) error {
	format, err := pictureFormat(o.output)
	if err == nil && format == "" {
		err = errors.New("-o is missing, want a file that ends in ." + strings.Join(plot.Formats, ", ."))
	}
	if err == nil && o.epoch < 1 {
		err = fmt.Errorf("--epoch: value is %d, want 1 or more", o.epoch)
	}
	if err != nil {
		return usage(err)
	}
	r, err := o.settings.load(a.env)
	if err != nil {
		return err
	}
	data, err := loadData(ctx, a.ui, r.Config)
	if err != nil {
		return located(r, err)
	}
	defer data.Close()
	warnSkipped(a.ui, data)
	samples, err := data.Train.Samples(ctx, dataset.Draws{Seed: r.Train.Seed, Epoch: o.epoch - 1})
	if err != nil {
		return err
	}
	sheet := plot.Sheet{Columns: samples.Columns, Group: samples.Group}
	if samples.LeftOut > 0 {
		note := fmt.Sprintf("the first %d of %d classes", len(samples.Classes), len(samples.Classes)+samples.LeftOut)
		sheet.Notes = append(sheet.Notes, note)
		a.ui.say("%s: shows %s", o.output, note)
	}
	for _, c := range samples.Classes {
		sheet.Rows = append(sheet.Rows, plot.SheetRow(c))
	}
	return disk.Write(o.output, func(w io.Writer) error { return sheet.WritePicture(w, format) })
}
