package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"actfn/internal/hint"
)

func newRootCmd(a *app) *cobra.Command {
	root := group(&cobra.Command{
		Use:   "actfn",
		Short: "Train an image classifier and choose its activation function",
		Long: `actfn trains a convolutional image classifier whose activation function is yours to choose,
on folders of images, and tells how well it does.

With no --data it uses a small sample of Fashion-MNIST that is inside the program.`,
		Example: `  actfn train
  actfn train --data photos --activation leaky_relu --slope 0.1 -o runs/leaky
  actfn eval runs/leaky --data photos
  actfn predict runs/leaky cat.jpg`,
		SilenceErrors: true,
		SilenceUsage:  true,
	},
		newTrainCmd(a),
		newEvalCmd(a),
		newPredictCmd(a),
		newDatasetCmd(a),
		newConfigCmd(a),
		newVersionCmd(a),
	)
	root.Version = version()
	root.SetVersionTemplate("actfn {{.Version}}\n")
	root.SetFlagErrorFunc(flagError)
	root.SetOut(a.out)
	root.SetErr(a.ui.w)
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
			hint.Nearest(args[0], names), cmd.CommandPath()+" --help lists the commands")
	}
	cmd.AddCommand(subs...)
	return cmd
}

// suggest hints at the nearest name, or at the list when none is near.
func suggest(err error, near, list string) error {
	if near != "" {
		return hint.Wrap(err, "did you mean %s?", near)
	}
	return hint.Wrap(err, "%s", list)
}

// arguments refuses fewer than low or more than high arguments (high < 0: no limit), saying what they are.
func arguments(low, high int, want string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) >= low && (high < 0 || len(args) <= high) {
			return nil
		}
		return hint.Wrap(fmt.Errorf("%s: number of arguments is %d, want %s", cmd.CommandPath(), len(args), want),
			"%s --help shows examples", cmd.CommandPath())
	}
}

// flagError says what is wrong with a flag in our words.
func flagError(cmd *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var value *pflag.InvalidValueError
	var missing *pflag.ValueRequiredError
	switch {
	case errors.As(err, &unknown):
		return unknownFlag(cmd, unknown)
	case errors.As(err, &value):
		return fmt.Errorf("--%s %w", value.GetFlag().Name, want(value))
	case errors.As(err, &missing):
		return fmt.Errorf("--%s has no value, want %s", missing.GetFlag().Name, valueName(missing.GetFlag()))
	}
	return err
}

func unknownFlag(cmd *cobra.Command, unknown *pflag.NotExistError) error {
	list := cmd.CommandPath() + " --help lists the flags"
	if unknown.GetSpecifiedShortnames() != "" {
		return hint.Wrap(fmt.Errorf("unknown flag -%s", unknown.GetSpecifiedName()), "%s", list)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, "--"+f.Name) })
	name := "--" + unknown.GetSpecifiedName()
	return suggest(fmt.Errorf("unknown flag %s", name), hint.Nearest(name, names), list)
}

// want explains a refused value. Our own flags say it themselves.
func want(e *pflag.InvalidValueError) error {
	switch e.GetFlag().Value.Type() {
	case "int", "bool", "float64", "uint64":
		return fmt.Errorf("is %q, want %s", e.GetValue(), valueName(e.GetFlag()))
	}
	return errors.Unwrap(e)
}

func valueName(f *pflag.Flag) string {
	switch f.Value.Type() {
	case "int":
		return "a whole number"
	case "uint64":
		return "a whole number of 0 or more"
	case "float64":
		return "a number"
	case "bool":
		return "true or false"
	}
	return f.Value.Type()
}
