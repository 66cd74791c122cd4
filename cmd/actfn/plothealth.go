package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/plot"
	"actfn/internal/record"
	"actfn/internal/run"
	"actfn/internal/study"
	"actfn/internal/wording"
)

func newPlotHealthCmd(a *app) *cobra.Command {
	var output, figure string
	var names []string
	list := wording.Table{Indent: "  "}
	for _, f := range record.Figures {
		names = append(names, f.Name)
		list.Row(f.Name, f.Title)
	}
	cmd := &cobra.Command{
		Use:   "health RUN",
		Short: "Draw what became of the layers of a run: dead and saturated units, and more",
		Long: `health draws maps of what was measured of the layers with an activation: a row for each layer, and a
column for each epoch, of which 0 is before training. Of many epochs some are shown, the first and the
last always. Without --figure there is a map of each of dead, saturated, linear, sameness and
update_ratio, or a line of text where the figure is the same everywhere. The figures are:

` + strings.Join(list.Lines(), "\n"),
		Example: `  actfn plot health runs/relu
  actfn plot health runs/relu --figure input_std
  actfn plot health runs/relu --figure dead -o dead.svg`,
		Args: arguments(1, 1, "1: the folder of a run"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotHealth(a, args[0], figure, output) },
	}
	bindPicture(cmd, &output)
	cmd.Flags().Var(parsed{"NAME", choice{&figure, names}.Set}, "figure", "draw this figure alone")
	complete(cmd, "figure", names, cobra.ShellCompDirectiveDefault)
	return cmd
}

func runPlotHealth(a *app, dir, figure, output string) error {
	var only *record.Figure
	if i := slices.IndexFunc(record.Figures, func(f *record.Figure) bool { return f.Name == figure }); i >= 0 {
		only = record.Figures[i]
	}
	return drawMeasured(a, dir, output, func(all []record.Health) (plot.Figure, error) {
		health, err := plot.NewHealth(all, only)
		if err != nil {
			return plot.Figure{}, err
		}
		return health.Figure(), nil
	})
}

// drawMeasured draws a figure of what was measured of the layers of a run.
func drawMeasured(a *app, dir, output string, of func([]record.Health) (plot.Figure, error)) error {
	format, err := pictureFormat(output)
	if err != nil {
		return usage(err)
	}
	all, err := run.Health(dir)
	if err != nil {
		return err
	}
	figure, err := of(all)
	if err != nil {
		return err
	}
	return draw(a, figure, output, format)
}

func newPlotGradientsCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "gradients DIR…",
		Short: "Draw the gradient in each layer of runs: whether it vanishes or explodes",
		Long: `gradients draws the root mean square of the gradient of the loss with respect to what each activation
receives, from the first layer to the last, on a logarithmic axis: before training, after the first
epoch and after the last. Of a comparison, it draws each activation at its first seed. What is zero or
was not measured is left out, and said above the picture.`,
		Example: `  actfn plot gradients runs/sigmoid
  actfn plot gradients runs/sigmoid runs/relu -o gradients.svg
  actfn plot gradients runs/compare`,
		Args: arguments(1, -1, "1 or more: folders of runs or of a comparison"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotGradients(a, args, output) },
	}
	bindPicture(cmd, &output)
	return cmd
}

func runPlotGradients(a *app, dirs []string, output string) error {
	format, err := pictureFormat(output)
	if err != nil {
		return usage(err)
	}
	var runs []plot.Probed
	for _, dir := range dirs {
		first, err := study.FirstRuns(dir)
		if err != nil {
			return err
		}
		for _, r := range first {
			all, err := run.Health(r.Run)
			if err != nil {
				return err
			}
			runs = append(runs, plot.Probed{Activation: r.Activation, Folder: r.Run, Health: all})
		}
	}
	gradients, err := plot.NewGradients(runs)
	if err != nil {
		return err
	}
	return draw(a, gradients.Figure(), output, format)
}

func newPlotInputsCmd(a *app) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "inputs RUN",
		Short: "Draw what the activations of a run receive, below what they make of it",
		Long: `inputs draws each activation function of a run and its derivative, and below them, along the same axis,
the density of what the function receives in each layer, before training and after the last epoch. A
function that is learnt is drawn as it was before and as it is at the end.`,
		Example: `  actfn plot inputs runs/sigmoid
  actfn plot inputs runs/sigmoid -o inputs.png`,
		Args: arguments(1, 1, "1: the folder of a run"),
		RunE: func(_ *cobra.Command, args []string) error { return runPlotInputs(a, args[0], output) },
	}
	bindPicture(cmd, &output)
	return cmd
}

func runPlotInputs(a *app, dir, output string) error {
	return drawMeasured(a, dir, output, func(all []record.Health) (plot.Figure, error) {
		inputs, err := plot.NewInputs(all)
		if err != nil {
			return plot.Figure{}, err
		}
		return inputs.Figure(), nil
	})
}
