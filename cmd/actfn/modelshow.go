package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/run"
	"actfn/internal/train"
	"actfn/internal/wording"
)

// modelShowOptions are what `actfn model show` was asked.
type modelShowOptions struct {
	settings settings
	run      string
	input    model.Input
	classes  int
	signal   bool
	json     bool
}

func newModelShowCmd(a *app) *cobra.Command {
	var o modelShowOptions
	cmd := &cobra.Command{
		Use:   "show [CHECKPOINT|RUN]",
		Short: "Show the layers of a network, its parameters and what it costs",
		Long: `show lists the layers of the network that train would make for the same settings, or of a trained one:
the shape of each layer's output for one image, its trainable parameters, its multiply-adds (MACs) for
one image, and the memory that it takes in training with the batch size and the optimiser. Where several
layers are computed together, the last of them shows the memory.

The shape of the images and the number of classes are those of --data, of which it decodes one image;
--input and --classes state them without any data.

--signal predicts instead what the first step of training meets at each layer with an activation, from the
functions and the initialization by mean field theory: the standard deviation of z, which the activation
receives, and the size (root mean square) of the gradient of z over that at the last such layer: far below 1
it vanishes, far above it explodes. It reads the training images; with --input, their mean square is
taken to be 1. Of a run it shows beside it what was measured before training.`,
		Example: `  actfn model show
  actfn model show --filters 32,64 --data photos --image-size 64
  actfn model show --network resnet --input 3x32x32 --classes 10
  actfn model show --activation sigmoid --filters 16,16,16 --signal
  actfn model show runs/photos --json`,
		Args: arguments(0, 1, "none, or 1: a weights file or a run's folder"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.run = args[0]
			}
			s, err := o.summarize(cmd, a.env)
			switch {
			case err != nil:
				return err
			case o.json:
				return a.out.json(s)
			case o.signal:
				return writeSignal(a.out, *s.Signal)
			}
			return writeSummary(a.out, s)
		},
	}
	flags := cmd.Flags()
	flags.Var(textFlag{"CxHxW", "", o.setInput}, "input", "shape of the images, as in 3x32x32 (default that of the data)")
	flags.IntVar(&o.classes, "classes", 0, "`number` of classes (default that of the data)")
	flags.Lookup("classes").DefValue = "0" // shows none
	o.settings.bindTrain(cmd)
	flags.BoolVar(&o.signal, "signal", false, "predict signals and gradients before training")
	flags.BoolVar(&o.json, "json", false, "print one JSON object")
	flags.SortFlags = false
	return cmd
}

// setInput is --input.
func (o *modelShowOptions) setInput(text string) error {
	in := &o.input
	_, err := fmt.Sscanf(text, "%dx%dx%d", &in.Channels, &in.Height, &in.Width)
	again := fmt.Sprintf("%dx%dx%d", in.Channels, in.Height, in.Width)
	if err != nil || again != text || min(in.Channels, in.Height, in.Width) < 1 {
		return fmt.Errorf("value is %q, want channels, height and width, as in 3x32x32", text)
	}
	return nil
}

// summarize finds the network and describes it.
func (o modelShowOptions) summarize(cmd *cobra.Command, env []string) (s model.Summary, err error) {
	if o.run != "" {
		return o.trained(cmd)
	}
	r, err := o.settings.load(env)
	if err != nil {
		return s, err
	}
	if cmd.Flags().Changed("classes") && o.classes < 1 {
		return s, usage(fmt.Errorf("--classes: value is %d, want 1 or more", o.classes))
	}
	in, classes, err := o.shape(cmd.Context(), r.Data)
	if err != nil {
		return s, err
	}
	net, err := model.Declare(r.Model, in, classes, nil)
	if err != nil {
		return s, usage(err)
	}
	if o.input.Channels > 0 {
		return o.described(cmd.Context(), net, r.Train, nil)
	}
	return o.described(cmd.Context(), net, r.Train, &r.Config)
}

// described is the network, and the signals in it for the images that of loads, or for unknown ones if it is nil.
func (o modelShowOptions) described(ctx context.Context, net *model.Net, c train.Config, of *config.Config) (
	s model.Summary, err error,
) {
	if s, err = train.Summarize(net, c); err != nil || !o.signal {
		return s, err
	}
	var images train.Images
	if of != nil {
		data, err := dataset.Load(ctx, of.Data, of.Train.Seed, dataset.Options{Workers: of.Workers})
		if err != nil {
			return s, err
		}
		defer data.Close()
		images = data.Train
	}
	signal, err := train.Signal(ctx, net, images)
	s.Signal = &signal
	return s, err
}

// shape is that of the images, and the number of classes; what was not said is read from the data.
func (o modelShowOptions) shape(ctx context.Context, c dataset.Config) (in model.Input, classes int, err error) {
	if o.input.Channels > 0 && o.classes > 0 {
		return o.input, o.classes, nil
	}
	t, names, err := dataset.Shape(ctx, c)
	in, classes = model.Input{Channels: t.Channels, Height: t.Height, Width: t.Width}, len(names)
	if o.input.Channels > 0 {
		in = o.input
	}
	if o.classes > 0 {
		classes = o.classes
	}
	return in, classes, err
}

// trained describes the model of a weights file, in training as its run was configured.
func (o modelShowOptions) trained(cmd *cobra.Command) (s model.Summary, err error) {
	said := 0
	for _, is := range []bool{o.json, o.signal} {
		if is {
			said++
		}
	}
	if cmd.Flags().NFlag() > said {
		return s, usage(errors.New("a run says what its model is, want no flag beside it but --signal and --json"))
	}
	weights, err := run.Weights(o.run)
	if err != nil {
		return s, err
	}
	net, _, err := train.LoadModel(weights, nil)
	if err != nil {
		return s, err
	}
	dir := run.Of(weights)
	if dir == "" {
		return o.described(cmd.Context(), net, train.Default(), nil)
	}
	r, err := run.Config(dir)
	if err != nil {
		return s, err
	}
	s, err = o.described(cmd.Context(), net, r.Train, &r.Config)
	if errors.Is(err, fs.ErrNotExist) { // the images are elsewhere
		s, err = o.described(cmd.Context(), net, r.Train, nil)
	}
	if err != nil || !o.signal {
		return s, err
	}
	health, err := record.ReadHealth(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	train.Measured(*s.Signal, health)
	return s, err
}

// writeSummary writes a line a layer, under the name of its block if it is in one, and the totals.
func writeSummary(out *output, s model.Summary) error {
	layers := wording.Table{Align: "lrrrrl"}
	layers.Row("layer", "output", "params", "MACs", "memory", "kind")
	layers.Row("images", shape(s.Input.Channels, s.Input.Height, s.Input.Width), "", "", wording.Bytes(s.ImageBytes))
	block := ""
	for _, l := range s.Layers {
		name := l.Name
		if part := strings.SplitN(name, ".", 3); len(part) == 3 { // layer1.0.conv1
			if block != part[0]+"."+part[1] {
				block = part[0] + "." + part[1]
				layers.Row(block)
			}
			name = "  " + part[2]
		}
		layers.Row(name, shape(l.Output...), orDash(l.Parameters, wording.Whole), orDash(l.MultiplyAdds, wording.Scaled),
			orDash(l.Bytes, wording.Bytes), l.Kind)
	}
	width, terminal := out.columns()
	if !terminal {
		width = 80
	}
	for _, line := range layers.Lines() {
		fmt.Fprintln(out, cut(line, width))
	}

	parameters := wording.Whole(int64(s.Parameters))
	if s.Learnt > 0 {
		parameters += fmt.Sprintf(", %s of them of activations", wording.Whole(int64(s.Learnt)))
	}
	totals := wording.Table{}
	totals.Row()
	totals.Row("parameters", parameters)
	if s.Buffers > 0 {
		totals.Row("buffers", wording.Whole(int64(s.Buffers))+", which are kept with them and not trained")
	}
	totals.Row("multiply-adds", wording.Whole(s.MultiplyAdds)+" an image")
	totals.Row("memory", fmt.Sprintf("%s, in training with batches of %d", wording.Bytes(s.Bytes), s.BatchSize))
	_, err := totals.WriteTo(out)
	return err
}

// writeSignal writes a line a layer.
func writeSignal(out *output, s model.Signal) error {
	layers := wording.Table{Align: "lrrrrl"}
	measured := slices.ContainsFunc(s.Layers, func(l model.LayerSignal) bool { return l.MeasuredStd != nil })
	if measured {
		layers.Row("layer", "std of z", "measured", "gradient", "measured", "function")
	} else {
		layers.Align = "lrrl"
		layers.Row("layer", "std of z", "gradient", "function")
	}
	figure := func(v *number.Float) string {
		if v == nil || math.IsNaN(float64(*v)) {
			return "–"
		}
		return fmt.Sprintf("%.3g", *v)
	}
	for _, l := range s.Layers {
		if measured {
			layers.Row(l.Layer, figure(&l.InputStd), figure(l.MeasuredStd), figure(&l.Gradient), figure(l.MeasuredGradient),
				l.Function)
		} else {
			layers.Row(l.Layer, figure(&l.InputStd), figure(&l.Gradient), l.Function)
		}
	}
	if _, err := layers.WriteTo(out); err != nil {
		return err
	}
	of := "of the training images"
	if s.Assumed {
		of = "assumed, without images"
	}
	printf(out, "\nmean square of what conv1 reads: %.3g, %s\n", s.Images.Square, of)
	return nil
}

// shape is written 64×32×32.
func shape(sides ...int) string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(sides), "[]"), " ", "×")
}

// orDash is a number, or - for 0.
func orDash[N int | int64](n N, text func(int64) string) string {
	if n == 0 {
		return "-"
	}
	return text(int64(n))
}
