package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// choice is a flag that takes one of a few words.
type choice struct {
	value   *string
	choices []string
}

func (c choice) Set(text string) error {
	if !slices.Contains(c.choices, text) {
		last := len(c.choices) - 1
		return fmt.Errorf("is %q, want %s or %s", text, strings.Join(c.choices[:last], ", "), c.choices[last])
	}
	*c.value = text
	return nil
}

func (c choice) String() string {
	if c.value == nil { // pflag asks a zero value
		return ""
	}
	return *c.value
}
func (c choice) Type() string { return strings.Join(c.choices, "|") }

// list is a flag that may be given several times.
type list struct {
	values *[]string
	value  string
}

func (l list) Set(text string) error { *l.values = append(*l.values, text); return nil }
func (l list) String() string        { return "" }
func (l list) Type() string          { return l.value }

// bindProgress gives cmd --progress.
func bindProgress(cmd *cobra.Command, u *ui) {
	cmd.Flags().Var(choice{&u.progress, progressModes}, "progress", "a moving bar, plain lines, or none; auto is a bar on a terminal")
	complete(cmd, "progress", progressModes, cobra.ShellCompDirectiveDefault)
}

// complete tells the shell what a flag may be.
func complete(cmd *cobra.Command, flag string, values []string, directive cobra.ShellCompDirective) {
	values = slices.Clone(values)
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, directive|cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // there is no such flag
	}
}
