package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

func newActivationsCmd(a *app) *cobra.Command {
	list := newActivationsListCmd(a)
	cmd := group(&cobra.Command{
		Use:   "activations",
		Short: "List, explain and check activation functions",
		Long: `activations knows the functions that --activation takes. Alone it lists them.

A SPEC is a name (gelu), a name with parameters (leaky_relu(slope=0.2)) or a formula of x. A formula has
numbers, x, pi, + - * / ^, comparisons, where(condition, yes, no), the elementary functions (exp, log,
tanh, erf, max, …), the names of the list as functions of x, and parameters that get values behind a
semicolon: 'x*sigmoid(b*x); b=1'. A parameter with ! is learnt: 'b=1!' by layer, 'b=1!channel' by channel.
Quote a SPEC with parentheses, * or ; for the shell.`,
		Example: `  actfn activations list gelu
  actfn activations show leaky_relu --at -1,0,1
  actfn activations show 'x*sigmoid(1.5*x)'
  actfn activations check 'x*tanh(exp(x))'`,
	}, list, newActivationsShowCmd(a), newActivationsCheckCmd(a))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return list.RunE(list, nil) }
	unknown := cmd.Args
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			if _, err := activations.Parse(args[0]); err == nil {
				return fault.Hint(fmt.Errorf("unknown command %q of %s", args[0], cmd.CommandPath()),
					"%s show %s", cmd.CommandPath(), quotedSpec(args[0]))
			}
		}
		return unknown(cmd, args)
	}
	return cmd
}

// specArgument is how a command's help speaks of its SPEC.
const specArgument = "an activation's name, a name with parameters, or a formula of x in quotes"

// parseSpec reads a SPEC from the command line.
func parseSpec(text string) (activations.Activation, error) {
	f, err := activations.Parse(text)
	return f, usage(err)
}

// quotedSpec is a SPEC as a shell reads it back.
func quotedSpec(spec string) string {
	if strings.ContainsAny(spec, "*!") {
		return "'" + strings.ReplaceAll(spec, "'", `'\''`) + "'"
	}
	return wording.Quoted(spec)
}

// completeSpecs tells the shell the names that arguments may be.
func completeSpecs(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return activations.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}
