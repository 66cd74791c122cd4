package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"actfn/internal/fault"
)

func newRootCmd(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "actfn",
		Short: "Train an image classifier and choose its activation function",
		Long: `actfn trains a convolutional image classifier on folders of images, with the activation function of
your choice, and reports its accuracy.

Without --data it uses a small sample of Fashion-MNIST that is inside the program.`,
		Example: `  actfn train
  actfn train --data photos --image-size 64 --activation leaky_relu --slope 0.1 -o runs/leaky
  actfn eval runs/leaky
  actfn predict runs/leaky cat.jpg
  actfn activations list
  actfn plot activation relu gelu`,
		SilenceErrors: true,
		SilenceUsage:  true,
	},
		newTrainCmd(a),
		newEvalCmd(a),
		newPredictCmd(a),
		newCompareCmd(a),
		newActivationsCmd(a),
		newPlotCmd(a),
		newDatasetCmd(a),
		newModelCmd(a),
		newExportCmd(a),
		newConfigCmd(a),
		newVersionCmd(a),
	)
	root.Version = version()
	root.SetVersionTemplate("actfn {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetOut(a.out)
	root.SetErr(a.ui.w)
	root.SetHelpCommand(newHelpCmd())
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			group(cmd) // an unknown shell is an error, not a page of help
		}
	}
	return root
}

// group makes a command of its sub-commands: alone it prints its help.
func group(cmd *cobra.Command, subs ...*cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		var names []string
		for _, sub := range cmd.Commands() {
			names = append(names, sub.Name())
		}
		return suggest(fmt.Errorf("unknown command %q of %s", args[0], cmd.CommandPath()),
			fault.Nearest(args[0], names), cmd.CommandPath()+" --help lists the commands")
	}
	cmd.AddCommand(subs...)
	return cmd
}

// newHelpCmd is `actfn help COMMAND`, which refuses what is no command.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "Show what a command does",
		Example: "  actfn help train",
		RunE: func(cmd *cobra.Command, args []string) error {
			named, rest, err := cmd.Root().Find(args)
			if err == nil && len(rest) > 0 {
				err = named.ValidateArgs(rest)
			}
			if err != nil {
				return usage(err)
			}
			return named.Help()
		},
	}
}

// suggest hints at the nearest name, or at the list when none is near.
func suggest(err error, near, list string) error {
	if near != "" {
		return fault.Hint(err, "did you mean %s?", near)
	}
	return fault.Hint(err, "%s", list)
}

// arguments refuses fewer than low or more than high arguments (high < 0: no limit), saying what they are.
func arguments(low, high int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= low && (high < 0 || len(args) <= high) {
			return nil
		}
		err := fmt.Errorf("%s: number of arguments is %d, want %s", cmd.CommandPath(), len(args), want)
		if meant := switches(cmd, args); meant != "" {
			return fault.Hint(err, "did you mean %s?", meant)
		}
		return fault.Hint(err, "%s --help shows examples", cmd.CommandPath())
	}
}

// switches are the flags that a lone true or false was probably meant for: --shuffle false is a
// switch and an argument, --shuffle=false is a switch that is off.
func switches(cmd *cobra.Command, args []string) string {
	var meant []string
	for _, arg := range args {
		if arg != "true" && arg != "false" {
			continue
		}
		cmd.Flags().Visit(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" {
				meant = append(meant, "--"+f.Name+"="+arg)
			}
		})
	}
	return strings.Join(meant, " or ")
}
