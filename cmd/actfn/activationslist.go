package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

func newActivationsListCmd(a *app) *cobra.Command {
	var filter activations.Filter
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "List the activation functions that have a name",
		Long: `list prints name, parameters and formula of the functions in the catalogue. With a TEXT, it prints
those that contain it in their name, aliases, formula or source. Filters can be combined: a function
has to pass all of them. Lines are cut to the width of a terminal, but not in a file or a pipe.`,
		Example: `  actfn activations list
  actfn activations list swish
  actfn activations list --found-in pytorch --monotone
  actfn activations list --learnable --json`,
		Args: arguments(0, 1, "0, or 1: a text to look for"),
		RunE: func(cmd *cobra.Command, args []string) error {
			filter.Text = strings.Join(args, "")
			return runActivationsList(a, filter, asJSON)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&filter.Learnable, "learnable", false, "only functions with a learnable parameter")
	flags.BoolVar(&filter.Monotone, "monotone", false,
		"only functions that never fall, whatever training does to their parameters")
	flags.StringVar(&filter.Framework, "found-in", "", "only functions that a `FRAMEWORK` ships, such as pytorch")
	flags.BoolVar(&asJSON, "json", false, "print one JSON array")
	flags.SortFlags = false
	complete(cmd, "found-in", activations.Frameworks(), cobra.ShellCompDirectiveDefault)
	return cmd
}

func runActivationsList(a *app, filter activations.Filter, asJSON bool) error {
	if known := activations.Frameworks(); filter.Framework != "" && !slices.Contains(known, filter.Framework) {
		err := fmt.Errorf("--found-in: value is %q, which ships nothing here", filter.Framework)
		near := fault.Nearest(strings.ToLower(filter.Framework), known)
		return usage(suggest(err, near, "known are "+strings.Join(known, ", ")))
	}
	rows := filter.Rows()
	switch {
	case asJSON:
		return a.out.json(rows)
	case len(rows) == 0:
		return fault.Hint(fmt.Errorf("activations: none of %d has all that was asked for", len(activations.Catalogue())),
			"actfn activations list shows all of them")
	}
	var table wording.Table
	table.Row("NAME", "PARAMETERS", "FORMULA")
	for _, r := range rows {
		var parameters []string
		for _, p := range r.Parameters {
			parameters = append(parameters, p.Short())
		}
		table.Row(r.Name, cut(strings.Join(parameters, ", "), 40), r.Formula)
	}
	for _, line := range table.Lines() {
		if columns, ok := a.out.columns(); ok {
			line = cut(line, columns)
		}
		fmt.Fprintln(a.out, line)
	}
	return nil
}

// cut shortens a text to n characters, the last of which is then ….
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}
