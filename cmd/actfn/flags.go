package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/setting"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	choices []string
}

func (c choice) Set(text string) error {
	if slices.Contains(c.choices, text) {
		*c.value = text
		return nil
	}
	last := len(c.choices) - 1
	err := fmt.Errorf("value is %q, want %s or %s", text, strings.Join(c.choices[:last], ", "), c.choices[last])
	return fault.Suggest(err, strings.ToLower(text), c.choices)
}

func (c choice) String() string {
	if c.value == nil { // pflag asks a zero value
		return ""
	}
	return *c.value
}
func (c choice) Type() string { return strings.Join(c.choices, "|") }

// errNoValue is a path that is given and empty: "$RUN" without RUN, which must not count as unsaid.
var errNoValue = errors.New("has no value")

// pathFlag is a flag that names a file or a folder.
type pathFlag struct {
	value *string
	word  string // FILE, in the help
}

func (p pathFlag) Set(text string) error {
	if text == "" {
		return errNoValue
	}
	*p.value = text
	return nil
}
func (p pathFlag) String() string { return "" }
func (p pathFlag) Type() string   { return p.word }

// textFlag is a flag that hands its text on.
type textFlag struct {
	word, initial string // the value's name and the default, in the help
	set           func(text string) error
}

func (f textFlag) Set(text string) error { return f.set(text) }
func (f textFlag) String() string        { return f.initial }
func (f textFlag) Type() string          { return f.word }

// bindProgress gives cmd --progress.
func bindProgress(cmd *cobra.Command, u *ui) {
	cmd.Flags().Var(choice{&u.progress, progressModes}, "progress",
		"how to show progress: a moving bar, plain lines or nothing; auto is a bar on a terminal")
	complete(cmd, "progress", progressModes, cobra.ShellCompDirectiveDefault)
}

// bindWorkers gives cmd a --workers that sets no configuration.
func bindWorkers(cmd *cobra.Command, workers *int) {
	cmd.Flags().IntVarP(workers, "workers", "j", 0, "use at most `N` processors; 0 for all")
}

func checkWorkers(workers int) error {
	key, _ := config.KeyNamed("workers")
	key.Name, key.Value = "--workers", &workers
	return errors.Join(setting.Check([]setting.Key{key})...)
}

// complete tells the shell what a flag may be.
func complete(cmd *cobra.Command, flag string, values []string, directive cobra.ShellCompDirective) {
	values = slices.Clone(values)
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, directive|cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // there is no such flag
	}
}
