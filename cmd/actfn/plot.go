package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/plot"
	"actfn/internal/wording"
)

func newPlotCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "plot",
		Short: "Plot functions, training curves, comparisons, confusion matrices and the health of layers",
		Long: `plot draws activation functions, training curves, the result of a comparison, confusion matrices (which
classes are mistaken for which), and what was measured of the layers of a run: dead units, gradients and
what activations receive. It draws in the terminal, or with -o to a file, whose name ends in the format.`,
		Example: `  actfn plot activation relu gelu
  actfn plot curves runs/relu runs/gelu -o curves.svg
  actfn plot compare runs/compare -o compare.png
  actfn plot confusion runs/relu
  actfn plot gradients runs/relu runs/sigmoid`,
	}, newPlotActivationCmd(a), newPlotCurvesCmd(a), newPlotCompareCmd(a), newPlotConfusionCmd(a),
		newPlotHealthCmd(a), newPlotGradientsCmd(a), newPlotInputsCmd(a))
}

// bindPicture gives cmd -o FILE.
func bindPicture(cmd *cobra.Command, output *string) {
	cmd.Flags().VarP(pathFlag{output, "FILE"}, "output", "o", "draw to this file, which ends in ."+strings.Join(plot.Formats, ", ."))
	_ = cmd.MarkFlagFilename("output", plot.Formats...)
}

// pictureFormat is that of a file, by the end of its name; "" where there is no file.
func pictureFormat(output string) (string, error) {
	if output == "" {
		return "", nil
	}
	end := strings.ToLower(strings.TrimPrefix(filepath.Ext(output), "."))
	if slices.Contains(plot.Formats, end) {
		return end, nil
	}
	name := strings.TrimSuffix(output, filepath.Ext(output))
	return "", fault.Hint(fmt.Errorf("-o: file is %s, want a name that ends in .%s", output, strings.Join(plot.Formats, ", .")),
		"-o %s", wording.Quoted(name+".svg"))
}

// draw draws to a file of that format or, where there is none, to the terminal.
func draw(a *app, figure plot.Figure, output, format string) error {
	if format != "" {
		return disk.Write(output, func(w io.Writer) error { return figure.WritePicture(w, format) })
	}
	width, terminal := a.out.columns()
	if !terminal {
		width = 80
	}
	return figure.WriteTerminal(a.out, width, terminal && coloured(a.env))
}
