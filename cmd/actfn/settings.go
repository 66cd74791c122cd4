package main

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/config"
	"actfn/internal/model"
	"actfn/internal/setting"
)

// settings collects what the flags of a command say about the configuration, in the order of the
// command line: the last word counts, also between --lr and --set train.lr.
type settings struct {
	plan  *config.Config // of the comparison whose work is shared: it comes before all that is said
	of    string         // the file of plan
	files []string
	flags []config.Flag
	// parameters are set in the activation, whatever that turns out to be.
	parameters []parameterSetting
}

// parameterSetting is a parameter of an activation, and the arguments of a spec that set it.
type parameterSetting struct{ origin, name, arguments string }

// bindTrain gives cmd every flag that decides a training run.
func (s *settings) bindTrain(cmd *cobra.Command) {
	s.bindRun(cmd, func(setting.Key) bool { return true })
	_ = cmd.MarkFlagFilename("init", "safetensors")
	complete(cmd, "activation", activations.Names(), cobra.ShellCompDirectiveDefault)
}

// bindRun gives cmd the flags of some keys; the other keys are set with --set and -c.
func (s *settings) bindRun(cmd *cobra.Command, some func(setting.Key) bool) {
	flags := cmd.Flags()
	flags.VarP(textFlag{"FILE", "", s.addFile}, "config", "c",
		"read settings from this YAML file; a later one overrides an earlier")
	flags.Var(textFlag{"KEY=VALUE", "", s.set}, "set", "set any key of the configuration, as in train.beta1=0.8")
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	var names []string
	for _, k := range config.Keys() {
		names = append(names, k.Name+"=")
		if k.Flag != "" && some(k) {
			s.bind(cmd, k.Name)
		}
	}
	complete(cmd, "set", names, cobra.ShellCompDirectiveNoSpace)
}

// bind gives cmd the flags of some keys.
func (s *settings) bind(cmd *cobra.Command, some ...string) {
	for _, name := range some {
		key, known := config.KeyNamed(name)
		if !known {
			panic("no configuration key " + name)
		}
		if cmd.Flags().Lookup(key.Flag) != nil {
			continue // the command's own comes first: --classes of model show is their number
		}
		word := cmp.Or(key.Arg, strings.Join(key.Rule.Choices, "|"), "bool")
		set := func(text string) error { return s.setKey(key, text) }
		flag := cmd.Flags().VarPF(textFlag{word, key.InitialText(), set}, key.Flag, key.Short, key.Help)
		if key.Type().Kind() == reflect.Bool {
			flag.NoOptDefVal = "true"
		}
		if key.Rule.Choices != nil {
			complete(cmd, key.Flag, key.Rule.Choices, cobra.ShellCompDirectiveDefault)
		}
		if key.Flag == "activation" {
			cmd.Flags().Var(textFlag{"F", "", s.setSlope}, "slope", "slope of an activation that has one, as leaky_relu")
			cmd.Flags().Var(textFlag{"NAME=VALUE", "", s.setParameter}, "activation-param",
				"set a parameter of the activation; VALUE! makes it learnable, VALUE!channel for each channel")
		}
	}
}

// addFile is -c.
func (s *settings) addFile(path string) error {
	if path == "" {
		return errNoValue
	}
	s.files = append(s.files, path)
	return nil
}

// set is --set.
func (s *settings) set(text string) error {
	flag, err := config.ParseSet(text)
	if err == nil {
		s.flags = append(s.flags, flag)
	}
	return err
}

// setKey is the flag of a key. The text is judged with all the others, by Load.
func (s *settings) setKey(key setting.Key, text string) error {
	if text == "" && (key.Arg == "ROOT" || key.Arg == "FILE") {
		return errNoValue
	}
	s.flags = append(s.flags, config.Flag{Key: key.Name, Text: text, Origin: "--" + key.Flag})
	return nil
}

// setSlope is --slope.
func (s *settings) setSlope(text string) error {
	if _, err := strconv.ParseFloat(text, 64); err != nil {
		return fmt.Errorf("value is %q, want a number", text)
	}
	s.parameters = append(s.parameters, parameterSetting{"--slope", "slope", "slope=" + text})
	return nil
}

var parameterArgument = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*[=!]`)

// setParameter is --activation-param.
func (s *settings) setParameter(text string) error {
	m := parameterArgument.FindStringSubmatch(text)
	if m == nil || strings.Contains(text, ",") {
		return fmt.Errorf("value is %q, want NAME=VALUE", text)
	}
	s.parameters = append(s.parameters, parameterSetting{"--activation-param", m[1], text})
	return nil
}

// load resolves the settings with the environment.
func (s *settings) load(env []string) (config.Resolved, error) {
	src := config.Sources{Base: s.plan, Of: s.of, Files: s.files, Env: env, Flags: s.flags}
	r, err := config.Load(src)
	if err != nil {
		return r, usage(err)
	}
	all, err := r.Model.Activations()
	for _, p := range s.parameters {
		if err == nil {
			all, err = p.in(all)
			r.Origin["model.activation"] = p.origin
		}
	}
	if err != nil {
		return r, usage(err)
	}
	r.Model.Activation = all.String() // one spelling, so that runs can be compared
	return r, nil
}

// in sets the parameter in the layers whose activation has it, or says which activations have it.
func (p parameterSetting) in(all model.Activations) (model.Activations, error) {
	changed, ok, err := all.Set(p.name, p.arguments)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p.origin, err)
	}
	if ok {
		return changed, nil
	}
	var have []string
	for _, name := range activations.Names() {
		if a, err := activations.Parse(name); err == nil && a.Has(p.name) {
			have = append(have, name)
		}
	}
	const enough = 8
	switch {
	case len(have) == 0:
		have = []string{"a parameter that it has"}
	case len(have) > enough:
		have = append(have[:enough], "…")
	}
	return nil, fmt.Errorf("%s: activation %s has no %s, want %s", p.origin, all, p.name, strings.Join(have, ", "))
}
