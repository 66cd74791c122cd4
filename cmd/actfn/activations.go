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
		Long: `activations describes the functions that --activation accepts. Without a command it lists them.

A SPEC is a name (gelu), a name with parameters (leaky_relu(slope=0.2)) or a formula of x. A formula
consists of numbers, x, pi, + - * / ^, comparisons, where(condition, yes, no), elementary functions
(exp, log, tanh, erf, max, …), functions of the list, and parameters, whose values follow a semicolon:
'x*sigmoid(b*x); b=1'. A parameter marked with ! is learnable: 'b=1!' has one value for each layer,
'b=1!channel' one for each channel. Quote a SPEC that contains parentheses, * or ; for the shell.`,
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

// specArgument describes a SPEC in messages.
const specArgument = "an activation's name, a name with parameters, or a formula of x in quotes"

// quotedSpec quotes a SPEC for a shell.
func quotedSpec(spec string) string {
	if strings.ContainsAny(spec, "*!") {
		return "'" + strings.ReplaceAll(spec, "'", `'\''`) + "'"
	}
	return wording.Quoted(spec)
}

// completeSpecs completes the names of the first arguments: of as many as most states, or of all if it is 0.
func completeSpecs(most int) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if most > 0 && len(args) >= most {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return activations.Names(), cobra.ShellCompDirectiveNoFileComp
	}
}
