package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/fault"
)

// activationsListOptions are what `actfn activations list` was asked.
type activationsListOptions struct {
	text      string
	learnable bool
	monotone  bool
	foundIn   string
	json      bool
}

func newActivationsListCmd(a *app) *cobra.Command {
	var o activationsListOptions
	cmd := &cobra.Command{
		Use:   "list [TEXT]",
		Short: "List the activation functions that have a name",
		Long: `list prints name, formula and parameters of every function of the catalogue; with a TEXT those that
have it in their name, aliases, formula or source. Several filters must all hold. Lines are cut to
the terminal's width; a pipe gets them whole.`,
		Example: `  actfn activations list
  actfn activations list swish
  actfn activations list --found-in pytorch --monotone
  actfn activations list --learnable --json`,
		Args: arguments(0, 1, "0, or 1: a text to look for"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				o.text = args[0]
			}
			return runActivationsList(cmd.Context(), a, o)
		},
		ValidArgsFunction: completeSpecs(1),
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.learnable, "learnable", false, "those with a parameter that is learnt")
	flags.BoolVar(&o.monotone, "monotone", false, "those that never fall, whatever training makes of their parameters")
	flags.StringVar(&o.foundIn, "found-in", "", "those that a `FRAMEWORK` ships, as pytorch")
	flags.BoolVar(&o.json, "json", false, "print one JSON array")
	flags.SortFlags = false
	complete(cmd, "found-in", frameworks(), cobra.ShellCompDirectiveDefault)
	return cmd
}

// frameworks are the libraries that the catalogue knows to ship a function, those with most first.
func frameworks() []string {
	count := map[string]int{}
	var names []string
	for _, r := range activations.Catalogue() {
		for _, f := range r.FoundIn {
			f = framework(f)
			if count[f]++; count[f] == 1 {
				names = append(names, f)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int { return count[b] - count[a] })
	return names
}

// framework is the one of an entry such as keras(2), without the remark.
func framework(found string) string {
	name, _, _ := strings.Cut(found, "(")
	return name
}

func runActivationsList(_ context.Context, a *app, o activationsListOptions) error {
	if known := frameworks(); o.foundIn != "" && !slices.Contains(known, o.foundIn) {
		err := fmt.Errorf("--found-in: value is %q, which ships nothing here", o.foundIn)
		return usage(suggest(err, fault.Nearest(strings.ToLower(o.foundIn), known), "known are "+strings.Join(known, ", ")))
	}
	rows := []listedActivation{}
	for i := range activations.Catalogue() {
		r := &activations.Catalogue()[i]
		f, err := activations.Parse(r.Name)
		if err != nil {
			return err
		}
		if o.matches(r, f) {
			rows = append(rows, listed(r))
		}
	}
	switch {
	case o.json:
		return a.out.json(rows)
	case len(rows) == 0:
		return fault.Hint(fmt.Errorf("activations: none of %d has all that was asked for", len(activations.Catalogue())),
			"actfn activations list shows all of them")
	}
	return writeList(a.out, rows)
}

func (o activationsListOptions) matches(r *activations.Row, f activations.Activation) bool {
	learnt := func(p activations.Parameter) bool { return p.Learn != activations.Fixed }
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(o.text)) }
	return (!o.learnable || slices.ContainsFunc(r.Parameters, learnt)) &&
		(o.foundIn == "" || slices.ContainsFunc(r.FoundIn, func(f string) bool { return framework(f) == o.foundIn })) &&
		(has(r.Name) || has(r.Formula) || has(r.Source) || slices.ContainsFunc(r.Aliases, has)) &&
		(!o.monotone || f.NonDecreasing())
}

// listedActivation is a row of the list.
type listedActivation struct {
	Name       string           `json:"name"`
	Aliases    []string         `json:"aliases"`
	Formula    string           `json:"formula"`
	Parameters []shownParameter `json:"parameters"`
	Source     string           `json:"source"`
	FoundIn    []string         `json:"found_in"`
}

func listed(r *activations.Row) listedActivation {
	return listedActivation{r.Name, notNil(r.Aliases), r.Formula, showParameters(r.Parameters), r.Source, notNil(r.FoundIn)}
}

// notNil makes JSON's [] of a list that is empty.
func notNil[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func writeList(out *output, rows []listedActivation) error {
	var text strings.Builder
	tw := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "NAME\tPARAMETERS\tFORMULA")
	for _, r := range rows {
		var parameters []string
		for _, p := range r.Parameters {
			parameters = append(parameters, p.short())
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\n", r.Name, cut(strings.Join(parameters, ", "), 40), r.Formula)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		line = strings.TrimRight(line, " \n")
		if columns, ok := out.columns(); ok {
			line = cut(line, columns)
		}
		fmt.Fprintln(out, line)
	}
	return nil
}

// cut is a text of at most n characters, with … for what is left out.
func cut(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	return string([]rune(text)[:n-1]) + "…"
}

// shownParameter is a parameter as JSON has it.
type shownParameter struct {
	Name       string  `json:"name"`
	Value      float64 `json:"value"`
	Learn      string  `json:"learn"` // fixed, layer or channel
	Derivative string  `json:"derivative,omitempty"`
}

var learnWords = map[activations.Learn]string{activations.Fixed: "fixed", activations.PerLayer: "layer", activations.PerChannel: "channel"}

func showParameters(parameters []activations.Parameter) []shownParameter {
	shown := []shownParameter{}
	for _, p := range parameters {
		shown = append(shown, shownParameter{Name: p.Name, Value: p.Value, Learn: learnWords[p.Learn]})
	}
	return shown
}

// short is the parameter with a value that fits a table, as slope=0.01 or beta=1!.
func (p shownParameter) short() string {
	mark := map[string]string{"fixed": "", "layer": "!", "channel": "!channel"}[p.Learn]
	return p.Name + "=" + strconv.FormatFloat(p.Value, 'g', 4, 64) + mark
}
