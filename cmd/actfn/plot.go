package main

import "github.com/spf13/cobra"

func newPlotCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:   "plot",
		Short: "Draw pictures",
		Example: `  actfn plot activation relu gelu
  actfn plot activation relu gelu -o activations.svg`,
	}, newPlotActivationCmd(a))
}
