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
	flags.VarP(list{&s.files, "FILE"}, "config", "c", "read settings from this YAML file; a later one overrides an earlier")
	flags.Var(setFlag{s}, "set", "set any key of the configuration, as in train.beta1=0.8")
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
		flag := cmd.Flags().VarPF(keyFlag{s, key}, key.Flag, key.Short, key.Help)
		if key.Type().Kind() == reflect.Bool {
			flag.NoOptDefVal = "true"
		}
		if key.Rule.Choices != nil {
			complete(cmd, key.Flag, key.Rule.Choices, cobra.ShellCompDirectiveDefault)
		}
		if key.Flag == "activation" {
			cmd.Flags().Var(parameterFlag{s, "slope", "F"}, "slope", "slope of an activation that has one, as leaky_relu")
			cmd.Flags().Var(parameterFlag{s, "activation-param", "NAME=VALUE"}, "activation-param",
				"set a parameter of the activation; VALUE! learns it, VALUE!channel for each channel")
		}
	}
}

// load resolves the settings with the environment.
func (s *settings) load(env []string) (config.Resolved, error) {
	src := config.Sources{Files: s.files, Env: env, Flags: s.flags}
	r, err := config.Load(src)
	if err != nil {
		return r, usage(err)
	}
	all, err := r.Model.Activations()
	for _, p := range s.parameters {
		if err == nil {
			all, err = setParameter(all, p)
			r.Origin["model.activation"] = p.origin
		}
	}
	if err != nil {
		return r, usage(err)
	}
	r.Model.Activation = all.String() // one spelling, so that runs can be compared
	return r, nil
}

// setParameter changes the layers whose activation has the parameter, or says which activations have it.
func setParameter(all model.Activations, p parameterSetting) (model.Activations, error) {
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

// keyFlag is a flag that sets a configuration key. Its text is judged with all the others, by Load.
type keyFlag struct {
	settings *settings
	key      setting.Key
}

func (f keyFlag) Set(text string) error {
	if text == "" && (f.key.Arg == "ROOT" || f.key.Arg == "FILE") {
		return errNoValue
	}
	f.settings.flags = append(f.settings.flags, config.Flag{Key: f.key.Name, Text: text, Origin: "--" + f.key.Flag})
	return nil
}

// String is the default, for the help.
func (f keyFlag) String() string {
	if f.settings == nil { // pflag asks a zero value
		return ""
	}
	return f.key.InitialText()
}

// Type is the word for the value in the help; pflag shows none for a bool.
func (f keyFlag) Type() string {
	return cmp.Or(f.key.Arg, strings.Join(f.key.Rule.Choices, "|"), "bool")
}

// setFlag is --set.
type setFlag struct{ settings *settings }

func (f setFlag) Set(text string) error {
	flag, err := config.ParseSet(text)
	if err == nil {
		f.settings.flags = append(f.settings.flags, flag)
	}
	return err
}
func (f setFlag) String() string { return "" }
func (f setFlag) Type() string   { return "KEY=VALUE" }

// parameterFlag is --slope or --activation-param.
type parameterFlag struct {
	settings    *settings
	name, value string
}

var parameterArgument = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_]*)\s*[=!]`)

func (f parameterFlag) Set(text string) error {
	p := parameterSetting{"--" + f.name, f.name, text}
	if f.value == "F" {
		if _, err := strconv.ParseFloat(text, 64); err != nil {
			return fmt.Errorf("value is %q, want a number", text)
		}
		p.arguments = f.name + "=" + text
	} else {
		m := parameterArgument.FindStringSubmatch(text)
		if m == nil || strings.Contains(text, ",") {
			return fmt.Errorf("value is %q, want NAME=VALUE", text)
		}
		p.name = m[1]
	}
	f.settings.parameters = append(f.settings.parameters, p)
	return nil
}
func (f parameterFlag) String() string { return "" }
func (f parameterFlag) Type() string   { return f.value }
