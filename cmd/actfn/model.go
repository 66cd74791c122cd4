package main

import "github.com/spf13/cobra"

func newModelCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:     "model",
		Short:   "Describe networks",
		Example: "  actfn model show --filters 32,64",
	}, newModelShowCmd(a))
}
