// Package config resolves what a run is to do: defaults, then files, then ACTFN_* variables,
// then flags, each overriding the one before. The packages own their keys and rules;
// this one composes them and remembers where each value came from.
package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"

	"go.yaml.in/yaml/v3"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/setting"
	"actfn/internal/train"
)

// Config is everything that decides a run.
type Config struct {
	Data    dataset.Config
	Model   model.Config
	Train   train.Config
	Workers int
}

// maxWorkers is more processors than a machine has, and few enough for each to have a goroutine.
const maxWorkers = 1024

// section is a part of the configuration that a package owns.
type section struct {
	name string
	part interface {
		Keys() []setting.Key
		Validate() error
	}
}

func (c *Config) sections() []section {
	return []section{{"data", &c.Data}, {"model", &c.Model}, {"train", &c.Train}}
}

// Keys are all settings, bound to the fields of c.
func (c *Config) Keys() []setting.Key {
	var keys []setting.Key
	for _, s := range c.sections() {
		keys = append(keys, setting.In(s.name, s.part.Keys())...)
	}
	return append(keys, setting.Key{
		Name: "workers", Value: &c.Workers, Flag: "workers", Short: "j", Arg: "N", Scope: setting.Runtime, MayChange: true,
		Rule: setting.Whole(0, maxWorkers).Saying("0 (one per processor) to %d", maxWorkers),
		Help: "processors to use, 0 for all; the result does not depend on it",
	})
}

// Default is every key at its default.
func Default() Config { return setting.Default((*Config).Keys) }

// Validate returns every fault of every part, joined, each led by its key.
func (c Config) Validate() error {
	var faults []error
	for _, s := range c.sections() {
		for _, err := range fault.Each(s.part.Validate()) {
			faults = append(faults, fmt.Errorf("%s.%w", s.name, err))
		}
	}
	if drawn := c.Model.Initialization; c.Train.Init != "" && drawn != model.Uniform {
		faults = append(faults, fmt.Errorf("train.init: value is %s, want none with model.initialization %s, which draws the weights",
			c.Train.Init, drawn))
	}
	workers, _ := setting.Named("workers", c.Keys())
	return errors.Join(append(faults, setting.Check([]setting.Key{workers})...)...)
}

// MarshalJSON writes the keys in their order.
func (c Config) MarshalJSON() ([]byte, error) { return setting.Marshal(c.Keys()) }

// UnmarshalJSON reads what MarshalJSON writes. A key that is not there gets its default; an unknown key is an error.
func (c *Config) UnmarshalJSON(b []byte) error { return setting.Unmarshal(b, c.Keys()) }

// Encode writes c as YAML, the keys in their order. [Load] reads it back to an equal Config.
func (c Config) Encode(w io.Writer) error { return Resolved{Config: c}.EncodeWithOrigin(w) }

// Resolved is a valid Config and the origin of each key: a flag ("--lr"), a variable
// ("ACTFN_TRAIN_LR"), a line ("configs/seed.yaml:12") or "default".
type Resolved struct {
	Config
	Origin map[string]string
}

// EncodeWithOrigin is Encode with each key's origin as a comment behind it.
func (r Resolved) EncodeWithOrigin(w io.Writer) error {
	root := &yaml.Node{Kind: yaml.MappingNode}
	sections := map[string]*yaml.Node{"": root}
	for _, k := range r.Keys() {
		value := &yaml.Node{}
		if err := value.Encode(k.Get()); err != nil {
			return fmt.Errorf("%s: %w", k.Name, err)
		}
		if value.Kind == yaml.SequenceNode {
			value.Style = yaml.FlowStyle
		}
		value.LineComment = r.Origin[k.Name]
		section, word := k.Split()
		if sections[section] == nil {
			sections[section] = &yaml.Node{Kind: yaml.MappingNode}
			put(root, section, sections[section])
		}
		put(sections[section], word, value)
	}
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	return errors.Join(enc.Encode(root), enc.Close())
}

func put(mapping *yaml.Node, name string, value *yaml.Node) {
	mapping.Content = append(mapping.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: name}, value)
}

// Difference is a key whose value is A in one configuration and B in another.
type Difference struct {
	Key  string
	A, B any
}

// Shown is a key's value as a message says it: no text is "".
func Shown(value any) string {
	if value == "" {
		return `""`
	}
	return fmt.Sprint(value)
}

// Diff returns the keys for which is holds and in which a and b differ, in their order.
func Diff(a, b Config, is func(setting.Key) bool) []Difference {
	var differences []Difference
	other := b.Keys()
	for i, k := range a.Keys() {
		if va, vb := k.Get(), other[i].Get(); is(k) && !reflect.DeepEqual(va, vb) {
			differences = append(differences, Difference{k.Name, va, vb})
		}
	}
	return differences
}

// Values are the values of the keys that decide the result and are the same in all cells of a comparison, by name.
func (c Config) Values() map[string]any {
	values := map[string]any{}
	for _, k := range setting.Result.Of(c.Keys()) {
		values[k.Name] = k.Get()
	}
	return values
}
