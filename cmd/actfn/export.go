package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"actfn/internal/disk"
	"actfn/internal/export"
	"actfn/internal/fault"
	"actfn/internal/run"
	"actfn/internal/wording"
)

func newExportCmd(a *app) *cobra.Command {
	var formats []*cobra.Command
	for _, f := range export.Formats {
		formats = append(formats, newExportFormatCmd(a, f))
	}
	return group(&cobra.Command{
		Use:     "export",
		Short:   "Write a trained model for other programs",
		Example: "  actfn export pytorch runs/photos -o photos.py",
	}, formats...)
}

// exportOptions are what `actfn export FORMAT` was asked.
type exportOptions struct {
	model, output string
	force         bool
}

func newExportFormatCmd(a *app, f export.Format) *cobra.Command {
	var o exportOptions
	cmd := &cobra.Command{
		Use:   f.Name + " CHECKPOINT|RUN -o FILE",
		Short: f.Summary,
		Long:  f.Help + "\n\nFor a run's folder it uses the best weights by validation, or else the last.",
		Example: fmt.Sprintf(`  actfn export %[1]s runs/photos -o photos%[2]s
  actfn export %[1]s runs/photos/last.safetensors -o -`, f.Name, f.Ending),
		Args: arguments(1, 1, "1: a weights file or a run's folder"),
		RunE: func(_ *cobra.Command, args []string) error {
			o.model = args[0]
			return runExport(a, f, o)
		},
	}
	flags := cmd.Flags()
	flags.VarP(pathFlag{&o.output, "FILE"}, "output", "o", "write to this file; - is stdout")
	flags.BoolVar(&o.force, "force", false, "replace the file if it exists")
	flags.SortFlags = false
	_ = cmd.MarkFlagFilename("output", f.Ending[1:])
	return cmd
}

func runExport(a *app, f export.Format, o exportOptions) error {
	if err := o.check(f); err != nil {
		return usage(err)
	}
	weights, err := run.Weights(o.model)
	if err != nil {
		return err
	}
	written, err := f.Of(weights)
	if err != nil {
		return err
	}
	if o.output == "-" {
		_, err = a.out.Write(written)
		return err
	}
	err = disk.Write(o.output, func(w io.Writer) error {
		_, err := w.Write(written)
		return err
	})
	if err != nil {
		return err
	}
	a.ui.say("wrote %s", o.output)
	return nil
}

// check refuses an output that would replace something.
func (o exportOptions) check(f export.Format) error {
	info, err := os.Stat(o.output)
	switch {
	case o.output == "":
		return fault.Hint(errors.New("--output has no value, want FILE"), "-o model%s, or -o - for stdout", f.Ending)
	case o.output == "-" || errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return fault.At(o.output, err)
	case run.Holds(o.output) || info.IsDir():
		return fmt.Errorf("--output: value is %s, a folder or a file of a run, want another FILE", o.output)
	case !o.force:
		err = fmt.Errorf("--output: file %s exists, want a new one", o.output)
		return fault.Hint(err, "--force replaces %s", wording.Quoted(o.output))
	}
	return nil
}
