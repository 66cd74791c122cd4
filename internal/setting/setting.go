// Package setting is the rows of the configuration. A key stands once, with its name, flag, default, rule, scope and
// help, and is bound to the field that holds its value, as package flag binds a flag to a variable. Flags, validation,
// completion, configs/seed.yaml, docs/reference.md and the identity of a cell are made of the rows.
package setting

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// Key is one setting.
type Key struct {
	Name    string // seed, and train.seed with its section
	Value   any    // the field: *string, *bool, *int, *uint64, *float64, *[]int, *[]float64 or *[]string
	Default any    // nil: the zero value, or the empty list
	Rule    Rule
	Scope   Scope
	// MayChange: a resumed run may have another value than when it began.
	MayChange bool

	Flag, Short string // "" for a key that has no flag of its own
	Arg         string // the flag's value in its help: N; "" for a switch or a choice
	Lists       string // of a Cell key: the flag of compare that lists the values of the cells

	Help string // what it does, in one line
	More string // further sentences, for configs/seed.yaml and docs/reference.md
}

// Scope says what a key decides.
type Scope int

const (
	Result  Scope = iota // the result of a run; the same in all cells of a comparison
	Cell                 // the result; a comparison gives each cell its own value
	Runtime              // no bit of the result: memory, processors, and where the images are, which count by their hash
)

func (s Scope) String() string { return [...]string{"result", "cell", "runtime"}[s] }

// Of are the keys of a scope.
func (s Scope) Of(keys []Key) []Key {
	return slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return k.Scope != s })
}

// In puts a section before the names of keys: train.seed.
func In(section string, keys []Key) []Key {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i].Name = section + "." + keys[i].Name
	}
	return keys
}

// Section are the keys of a section, without its name.
func Section(section string, keys []Key) []Key {
	var own []Key
	for _, k := range keys {
		if name, ok := strings.CutPrefix(k.Name, section+"."); ok {
			k.Name = name
			own = append(own, k)
		}
	}
	return own
}

// Named returns the key of that name.
func Named(name string, keys []Key) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// Default is a configuration whose keys are at their defaults.
func Default[C any](keys func(*C) []Key) C {
	var c C
	Reset(keys(&c))
	return c
}

// Reset gives every key its default.
func Reset(keys []Key) {
	for _, k := range keys {
		k.Set(k.Initial())
	}
}

// Split cuts the name into the section, "" for a key that has none, and the word.
func (k Key) Split() (section, word string) {
	i := strings.LastIndexByte(k.Name, '.')
	return k.Name[:max(i, 0)], k.Name[i+1:]
}

// Type is the type of the value.
func (k Key) Type() reflect.Type { return reflect.TypeOf(k.Value).Elem() }

// Get returns the value.
func (k Key) Get() any { return reflect.ValueOf(k.Value).Elem().Interface() }

// Set sets the value, which has the key's type.
func (k Key) Set(value any) { reflect.ValueOf(k.Value).Elem().Set(reflect.ValueOf(value)) }

// Initial is the default, in the key's type.
func (k Key) Initial() any {
	switch t := k.Type(); {
	case k.Default != nil:
		return reflect.ValueOf(k.Default).Convert(t).Interface()
	case t.Kind() == reflect.Slice:
		return reflect.MakeSlice(t, 0, 0).Interface()
	default:
		return reflect.Zero(t).Interface()
	}
}

// InitialText is the default as a flag takes it: 64 or 32,64 for a list.
func (k Key) InitialText() string {
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(k.Initial()), "[]"), " ", ",")
}

// Changed reports that the value is not the default.
func (k Key) Changed() bool { return fmt.Sprint(k.Get()) != fmt.Sprint(k.Initial()) }

// Env is the environment variable that sets the key: ACTFN_TRAIN_LR.
func (k Key) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// EnvPrefix begins every environment variable that sets a key.
const EnvPrefix = "ACTFN_"

// Identity is what decides a result: name=value of the keys that decide it and are not at their defaults, sorted. A key
// that is added changes no identity of before.
func Identity(keys []Key) []string {
	var lines []string
	for _, k := range keys {
		if k.Scope == Runtime || !k.Changed() {
			continue
		}
		value, err := json.Marshal(k.Get())
		if err != nil {
			panic(err) // a valid configuration has finite numbers
		}
		lines = append(lines, fmt.Sprintf("%s=%s", k.Name, value))
	}
	slices.Sort(lines)
	return lines
}

// Marshal writes the keys as a JSON object in their order, each section as an object in it.
func Marshal(keys []Key) ([]byte, error) {
	var fields []string
	for i := 0; i < len(keys); {
		name, n, v := keys[i].Name, 1, keys[i].Get()
		if section, _ := keys[i].Split(); section != "" {
			own := Section(section, keys)
			name, n, v = section, len(own), object(own)
		}
		value, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		fields = append(fields, fmt.Sprintf("%q:%s", name, value))
		i += n
	}
	return []byte("{" + strings.Join(fields, ",") + "}"), nil
}

type object []Key

func (o object) MarshalJSON() ([]byte, error) { return Marshal(o) }

// Unmarshal reads what Marshal writes. A key that is not there gets its default: an older program wrote the object. An
// unknown key is an error.
func Unmarshal(b []byte, keys []Key) error {
	Reset(keys)
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(b, &fields); err != nil {
		return err
	}
	if fields == nil {
		return errors.New("value is null, want an object")
	}
	for _, name := range slices.Sorted(maps.Keys(fields)) {
		err := errors.New("unknown key")
		if k, known := Named(name, keys); known {
			err = json.Unmarshal(fields[name], k.Value)
		} else if section := Section(name, keys); len(section) > 0 {
			err = Unmarshal(fields[name], section)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}
