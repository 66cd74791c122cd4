package main

import "github.com/spf13/cobra"

func newConfigCmd(a *app) *cobra.Command {
	return group(&cobra.Command{
		Use:     "config",
		Short:   "Show the configuration",
		Example: "  actfn config show --origin",
	}, newConfigShowCmd(a))
}

func newConfigShowCmd(a *app) *cobra.Command {
	var s settings
	var origin bool
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration that train would use",
		Long: `show prints, as YAML, every setting with the value that train would use for the same flags, files and
variables. A flag overrides a variable (ACTFN_TRAIN_LR sets train.lr), a variable overrides the file,
and the file overrides the default. The output is a file for -c.`,
		Example: `  actfn config show > my.yaml
  actfn config show -c configs/deep.yaml --lr 0.01 --origin
  ACTFN_TRAIN_EPOCHS=3 actfn config show --origin`,
		Args: arguments(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			r, err := s.load(a.env)
			if err != nil {
				return err
			}
			if origin {
				return r.EncodeWithOrigin(a.out)
			}
			return r.Encode(a.out)
		},
	}
	s.bindTrain(cmd)
	cmd.Flags().BoolVar(&origin, "origin", false, "print behind each value where it comes from")
	cmd.Flags().SortFlags = false
	return cmd
}
