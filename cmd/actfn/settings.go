package main

import (
	"cmp"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/config"
	"actfn/internal/model"
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

// keyFlagSpec is a flag of a key, or of a part of it.
type keyFlagSpec struct{ key, name, short, value, usage string }

// keyFlags are the configuration keys that have a flag of their own; --set reaches the others.
var keyFlags = []keyFlagSpec{
	{"data.root", "data", "", "ROOT", "folder or .zip with train/ and test/ (default the built-in sample)"},
	{"data.image_size", "image-size", "", "N", "resize the shorter side to N and crop the centre; 0 wants one size"},
	{"data.normalize", "normalize", "", "", "scale the pixels by mean and deviation"},
	{"data.val_split", "val-split", "", "F", "share of each training class to hold out for validation"},
	{"data.skip_bad", "skip-bad", "", "", "leave out files that do not decode, and list them at the end"},
	{"model.activation", "activation", "", "SPEC", "a name, leaky_relu(slope=0.2), a formula, or some by layer: relu,fc1=tanh"},
	{ofActivation, "slope", "", "F", "slope of an activation that has one, as leaky_relu"},
	{ofActivation, "activation-param", "", "NAME=VALUE", "set a parameter of the activation; VALUE! learns it, VALUE!channel for each channel"},
	{"model.filters", "filters", "", "LIST", "filters of each block, as in 32,64"},
	{"model.hidden", "hidden", "", "LIST", "features of each hidden layer, as in 256,128; empty for none"},
	{"train.epochs", "epochs", "", "N", "passes over the training images"},
	{"train.batch_size", "batch-size", "b", "N", "images a step"},
	{"train.lr", "lr", "", "F", "learning rate"},
	{"train.optimizer", "optimizer", "", "", "by PyTorch's formulas"},
	{"train.momentum", "momentum", "", "F", "of sgd and rmsprop"},
	{"train.activation_lr_factor", "activation-lr", "", "F", "times the learning rate, for what activations learn"},
	{"train.weight_decay", "weight-decay", "", "F", "L2 penalty; adamw decays the weights themselves"},
	{"train.schedule", "schedule", "", "", "learning rate over the epochs"},
	{"train.warmup_epochs", "warmup-epochs", "", "N", "epochs of linear growth before the schedule"},
	{"train.label_smoothing", "label-smoothing", "", "F", "share of the target spread over all classes"},
	{"train.clip_grad", "clip-grad", "", "F", "largest norm of the gradient; 0 does not clip"},
	{"train.class_weights", "class-weights", "", "", "weights of the classes in the loss"},
	{"train.patience", "patience", "", "N", "stop after N epochs without a better validation loss; 0 never does"},
	{"train.shuffle", "shuffle", "", "", "new order every epoch; --shuffle=false keeps one"},
	{"train.seed", "seed", "", "N", "decides weights, orders and split"},
	{"train.init", "init", "", "FILE", "start from the weights in this safetensors file"},
	{"workers", "workers", "j", "N", "processors to use, 0 for all; the result does not depend on it"},
}

// ofActivation marks the flags that change a part of a key's value: of the activation's.
const ofActivation = ""

// bindTrain gives cmd every flag that decides a training run.
func (s *settings) bindTrain(cmd *cobra.Command) {
	s.bindRun(cmd)
	complete(cmd, "activation", activations.Names(), cobra.ShellCompDirectiveDefault)
}

// bindRun gives cmd the flags that decide training runs, without those of some keys.
func (s *settings) bindRun(cmd *cobra.Command, without ...string) {
	flags := cmd.Flags()
	flags.VarP(list{&s.files, "FILE"}, "config", "c", "read settings from this YAML file; a later one overrides an earlier")
	flags.Var(setFlag{s}, "set", "set any key of the configuration, as in train.beta1=0.8")
	for _, f := range keyFlags {
		if !slices.Contains(without, f.key) {
			s.bindOne(cmd, f)
		}
	}
	_ = cmd.MarkFlagFilename("config", "yaml", "yml")
	_ = cmd.MarkFlagFilename("init", "safetensors")
	complete(cmd, "set", keyNames(), cobra.ShellCompDirectiveNoSpace)
}

func keyNames() []string {
	var names []string
	for _, k := range config.Keys() {
		names = append(names, k.Name+"=")
	}
	return names
}

// bind gives cmd the flags of some keys.
func (s *settings) bind(cmd *cobra.Command, some ...string) {
	for _, f := range keyFlags {
		if slices.Contains(some, f.key) {
			s.bindOne(cmd, f)
		}
	}
}

func (s *settings) bindOne(cmd *cobra.Command, f keyFlagSpec) {
	if f.key == ofActivation {
		cmd.Flags().Var(parameterFlag{s, f.name, f.value}, f.name, f.usage)
		return
	}
	key, known := config.KeyNamed(f.key)
	if !known {
		panic("no configuration key " + f.key)
	}
	flag := cmd.Flags().VarPF(keyFlag{s, key, f.name, f.value}, f.name, f.short, f.usage)
	if key.Type.Kind() == reflect.Bool {
		flag.NoOptDefVal = "true"
	}
	if key.Choices != nil {
		complete(cmd, f.name, key.Choices, cobra.ShellCompDirectiveDefault)
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
	settings    *settings
	key         config.Key
	name, value string
}

func (f keyFlag) Set(text string) error {
	if text == "" && (f.value == "ROOT" || f.value == "FILE") {
		return errNoValue
	}
	f.settings.flags = append(f.settings.flags, config.Flag{Key: f.key.Name, Text: text, Origin: "--" + f.name})
	return nil
}

// String is the default, for the help.
func (f keyFlag) String() string {
	if f.settings == nil { // pflag asks a zero value
		return ""
	}
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(f.key.Default()), "[]"), " ", ",")
}

// Type is the word for the value in the help; pflag shows none for a bool.
func (f keyFlag) Type() string { return cmp.Or(f.value, strings.Join(f.key.Choices, "|"), "bool") }

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
