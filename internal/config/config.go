// Package config resolves what a run is to do: defaults, then files, then ACTFN_* variables,
// then flags, each overriding the one before. The packages own their part and its rules;
// this one composes them, knows every key by reflection over their tags, and remembers
// where each value came from.
package config

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"

	"go.yaml.in/yaml/v3"

	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/train"
)

// Config is everything that decides a run.
type Config struct {
	Data  dataset.Config `mapstructure:"data" yaml:"data" json:"data"`
	Model model.Config   `mapstructure:"model" yaml:"model" json:"model"`
	Train train.Config   `mapstructure:"train" yaml:"train" json:"train"`
	// Workers is the number of processors to use, 0 for all. It changes the time a run takes, never its result.
	Workers int `mapstructure:"workers" yaml:"workers" json:"workers"`
}

// MaxWorkers is more processors than a machine has, and few enough for each to have a goroutine.
const MaxWorkers = 1024

// Default is the packages' defaults together.
func Default() Config {
	return Config{Data: dataset.Default(), Model: model.Default(), Train: train.Default()}
}

// Validate returns every fault of every part, joined, each naming its dotted key.
func (c Config) Validate() error {
	var workers error
	if c.Workers < 0 || c.Workers > MaxWorkers {
		workers = fmt.Errorf("workers: value is %d, want 0 (one a processor) to %d", c.Workers, MaxWorkers)
	}
	return errors.Join(c.Data.Validate(), c.Model.Validate(), c.Train.Validate(), workers)
}

// Encode writes c as YAML in the order of its fields. [Load] reads it back to an equal Config.
func (c Config) Encode(w io.Writer) error { return encode(w, c, nil) }

// Resolved is a valid Config and the origin of each key: a flag ("--lr"), a variable
// ("ACTFN_TRAIN_LR"), a line ("configs/seed.yaml:12") or "default".
type Resolved struct {
	Config
	Origin map[string]string
}

// EncodeWithOrigin is Encode with each key's origin as a comment behind it.
func (r Resolved) EncodeWithOrigin(w io.Writer) error { return encode(w, r.Config, r.Origin) }

func encode(w io.Writer, c Config, comments map[string]string) error {
	var root yaml.Node
	if err := root.Encode(c); err != nil {
		return err
	}
	comment(&root, "", comments)
	enc := yaml.NewEncoder(w)
	enc.SetIndent(2)
	return errors.Join(enc.Encode(&root), enc.Close())
}

// comment puts comments[key] behind the value of each key of a mapping.
func comment(section *yaml.Node, prefix string, comments map[string]string) {
	for i := 0; i+1 < len(section.Content); i += 2 {
		name, value := prefix+section.Content[i].Value, section.Content[i+1]
		if value.Kind == yaml.MappingNode {
			comment(value, name+".", comments)
			continue
		}
		value.LineComment = comments[name]
	}
}

// Difference is a key whose value is A in one configuration and B in another.
type Difference struct {
	Key  string
	A, B any
}

func (d Difference) String() string {
	return fmt.Sprintf("%s: %s → %s", d.Key, Shown(d.A), Shown(d.B))
}

// Shown is a key's value as a message says it: no text is "".
func Shown(value any) string {
	if value == "" {
		return `""`
	}
	return fmt.Sprint(value)
}

// Values are the values of all keys but some, by their names.
func Values(c Config, without ...string) map[string]any {
	values := map[string]any{}
	for _, k := range keys {
		if !slices.Contains(without, k.Name) {
			values[k.Name] = k.value(c)
		}
	}
	return values
}

// Diff returns the keys in which a and b differ, in the order of the fields.
func Diff(a, b Config) []Difference {
	var differences []Difference
	for _, k := range keys {
		if va, vb := k.value(a), k.value(b); !reflect.DeepEqual(va, vb) {
			differences = append(differences, Difference{k.Name, va, vb})
		}
	}
	return differences
}
