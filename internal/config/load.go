package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"actfn/internal/fault"
)

// Sources are the places a configuration may come from, weakest first.
type Sources struct {
	Files []string // YAML; a later file overrides an earlier
	Env   []string // NAME=value, as os.Environ gives them
	Flags []Flag   // in the order of the command line; a later one overrides an earlier
}

// Flag is a value from the command line: the key it sets, the text, and the flag to name in a message.
type Flag struct{ Key, Text, Origin string }

// ParseSet reads the key=value of a --set. A value in quotes is the text between them.
func ParseSet(arg string) (Flag, error) {
	key, text, ok := strings.Cut(arg, "=")
	if !ok {
		return Flag{}, fmt.Errorf("value is %q, want key=value", arg)
	}
	if strings.HasPrefix(text, `"`) || strings.HasPrefix(text, `'`) {
		var quoted string
		if yaml.Unmarshal([]byte(text), &quoted) == nil {
			text = quoted
		}
	}
	return Flag{strings.TrimSpace(key), text, "--set"}, nil
}

// OtherVariables are the names with our prefix that set no key but are known.
var OtherVariables = []string{EnvPrefix + "KERNEL", EnvPrefix + "FUSE"}

// Load resolves the sources over the defaults and validates the result. The error joins every
// fault of every source and of every package, each with the place to mend it.
func Load(src Sources) (Resolved, error) {
	l := newLoader()
	for _, path := range src.Files {
		l.file(path)
	}
	l.env(src.Env)
	l.flags(src.Flags)
	config, err := l.config()
	if err != nil {
		return Resolved{}, err
	}
	for _, err := range fault.Each(config.Validate()) {
		l.fault(l.located(err))
	}
	if err := errors.Join(l.faults...); err != nil {
		return Resolved{}, err
	}
	return Resolved{config, l.origin}, nil
}

// loader fills viper's layers: defaults below the merged files and variables below the flags.
type loader struct {
	viper  *viper.Viper
	origin map[string]string
	faults []error
}

func newLoader() *loader {
	l := &loader{viper.New(), map[string]string{}, nil}
	for _, k := range keys {
		l.viper.SetDefault(k.Name, k.Default())
		l.origin[k.Name] = "default"
	}
	return l
}

func (l *loader) fault(err error) { l.faults = append(l.faults, err) }

func (l *loader) file(path string) {
	f := readFile(path)
	l.faults = append(l.faults, f.faults...)
	l.merge(f.settings)
}

// merge lays settings over those merged before.
func (l *loader) merge(settings []setting) {
	layer := map[string]any{}
	for _, s := range settings {
		at, words := layer, strings.Split(s.key.Name, ".")
		for _, word := range words[:len(words)-1] {
			if at[word] == nil {
				at[word] = map[string]any{}
			}
			at = at[word].(map[string]any)
		}
		at[words[len(words)-1]] = s.value
		l.origin[s.key.Name] = s.origin
	}
	if err := l.viper.MergeConfigMap(layer); err != nil {
		l.fault(err)
	}
}

// env reads the ACTFN_* variables. An empty one counts as unset, as in a shell's ${NAME:-default}.
func (l *loader) env(environ []string) {
	var settings []setting
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(OtherVariables, name) {
			continue
		}
		key, known := keyOfVariable(name)
		if !known {
			l.fault(unknownVariable(name))
			continue
		}
		if text == "" {
			continue
		}
		value, err := fromText(text, key.Type)
		if err != nil {
			l.fault(fmt.Errorf("%s: %s: %w", name, key.Name, err))
			continue
		}
		settings = append(settings, setting{key, value, name})
	}
	l.merge(settings)
}

func keyOfVariable(name string) (Key, bool) {
	for _, k := range keys {
		if k.Env() == name {
			return k, true
		}
	}
	return Key{}, false
}

func unknownVariable(name string) error {
	word := strings.TrimPrefix(name, EnvPrefix)
	var words []string
	for _, k := range keys {
		if strings.EqualFold(word, lastWord(k.Name)) { // ACTFN_LR
			return fmt.Errorf("environment: unknown variable %s, did you mean %s?", name, k.Env())
		}
		words = append(words, strings.TrimPrefix(k.Env(), EnvPrefix))
	}
	for _, other := range OtherVariables {
		words = append(words, strings.TrimPrefix(other, EnvPrefix))
	}
	if near := fault.Nearest(word, words); near != "" {
		return fmt.Errorf("environment: unknown variable %s, did you mean %s?", name, EnvPrefix+near)
	}
	return fault.Hint(fmt.Errorf("environment: unknown variable %s", name),
		"%s* are settings, train.lr is ACTFN_TRAIN_LR; actfn config show lists the keys", EnvPrefix)
}

func (l *loader) flags(flags []Flag) {
	for _, f := range flags {
		key, known := KeyNamed(f.Key)
		if slices.Contains(sections(), f.Key) {
			l.fault(fmt.Errorf("%s: %s: key is a section, want one of its keys", f.Origin, f.Key))
			continue
		}
		if !known {
			l.fault(unknownKey(f.Origin, f.Key))
			continue
		}
		value, err := fromText(f.Text, key.Type)
		if err != nil {
			l.fault(fmt.Errorf("%s: %s: %w", f.Origin, key.Name, err))
			continue
		}
		l.viper.Set(key.Name, value)
		l.origin[key.Name] = f.Origin
	}
}

func (l *loader) config() (Config, error) {
	var c Config
	err := l.viper.UnmarshalExact(&c, func(d *mapstructure.DecoderConfig) {
		d.WeaklyTypedInput = false // every value has its type already
		d.DecodeHook = nil
	})
	return c, err
}

// located puts the origin of the key that a fault begins with before it, and hints at the nearest
// of the words that the key may be.
func (l *loader) located(err error) error {
	name, _, _ := strings.Cut(err.Error(), ":")
	key, _ := KeyNamed(name)
	err = fault.Suggest(err, strings.ToLower(l.viper.GetString(name)), key.Choices)
	if origin := cmp.Or(l.origin[name], "default"); origin != "default" {
		return fmt.Errorf("%s: %w", origin, err)
	}
	return err
}
