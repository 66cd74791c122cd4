package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"actfn/internal/fault"
	"actfn/internal/setting"
)

// Sources are the places a configuration may come from, weakest first.
type Sources struct {
	// Base, where it is set, comes from the file Of and stands in place of the defaults, but for what each cell of a
	// comparison has of its own, and for the number of workers, which is a machine's.
	Base  *Config
	Of    string
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
	return Flag{strings.TrimSpace(key), text, OfSet}, nil
}

// OfSet is the origin of what --set sets.
const OfSet = "--set"

// OtherVariables are the names with our prefix that set no key but are known.
var OtherVariables = []string{setting.EnvPrefix + "KERNEL", setting.EnvPrefix + "FUSE"}

// Load resolves the sources over the defaults and validates the result. The error joins every
// fault of every source and of every package, each with the place to mend it.
func Load(src Sources) (Resolved, error) {
	// With this delimiter a dotted name is one word for viper, as it is here.
	l := loader{viper: viper.NewWithOptions(viper.KeyDelimiter("\x00")), origin: map[string]string{}}
	keys := l.config.Keys()
	for _, k := range keys {
		l.viper.SetDefault(k.Name, k.Initial())
		l.origin[k.Name] = "default"
	}
	if src.Base != nil {
		l.base(*src.Base, src.Of)
	}
	for _, path := range src.Files {
		l.file(path)
	}
	l.env(src.Env)
	l.flags(src.Flags)
	for _, k := range keys {
		k.Set(l.viper.Get(k.Name))
	}
	for _, k := range l.config.Keys() { // now with the defaults that depend on other keys
		if l.origin[k.Name] == "default" {
			k.Set(k.Initial())
		}
	}
	for _, err := range fault.Each(l.config.Validate()) {
		l.fault(l.located(err))
	}
	if err := errors.Join(l.faults...); err != nil {
		return Resolved{}, err
	}
	if all, err := l.config.Data.Augmentations(); err == nil {
		l.config.Data.Augment = all.Words() // one spelling, so that runs can be compared
	}
	return Resolved{l.config, l.origin}, nil
}

// loader fills viper's layers: defaults below the merged files and variables below the flags.
type loader struct {
	viper  *viper.Viper
	config Config
	origin map[string]string
	faults []error
}

func (l *loader) fault(err error) { l.faults = append(l.faults, err) }

// merge lays a value over those merged before.
func (l *loader) merge(k setting.Key, value any, origin string) {
	if err := l.viper.MergeConfigMap(map[string]any{k.Name: value}); err != nil {
		l.fault(fault.At(origin, err))
	}
	l.origin[k.Name] = origin
}

// base merges the values of a whole configuration.
func (l *loader) base(c Config, origin string) {
	for _, k := range c.Keys() {
		if k.Scope != setting.Cell && k.Name != "workers" {
			l.merge(k, k.Get(), origin)
		}
	}
}

// text merges what a variable or a flag says.
func (l *loader) text(k setting.Key, text, origin string) {
	value, err := fromText(text, k.Type())
	if err != nil {
		l.fault(fmt.Errorf("%s: %s: %w", origin, k.Name, err))
		return
	}
	l.merge(k, value, origin)
}

// env reads the ACTFN_* variables. An empty one counts as unset, as in a shell's ${NAME:-default}.
func (l *loader) env(environ []string) {
	for _, pair := range slices.Sorted(slices.Values(environ)) {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, setting.EnvPrefix) || slices.Contains(OtherVariables, name) {
			continue
		}
		keys := Keys()
		i := slices.IndexFunc(keys, func(k setting.Key) bool { return k.Env() == name })
		switch {
		case i < 0:
			l.fault(unknownVariable(name))
		case text != "":
			l.text(keys[i], text, name)
		}
	}
}

func unknownVariable(name string) error {
	word := strings.TrimPrefix(name, setting.EnvPrefix)
	var words []string
	for _, k := range Keys() {
		words = append(words, strings.TrimPrefix(k.Env(), setting.EnvPrefix))
	}
	for _, other := range OtherVariables {
		words = append(words, strings.TrimPrefix(other, setting.EnvPrefix))
	}
	near := fault.Nearest(word, words)
	if same := KeysOf(strings.ToLower(word)); len(same) > 0 { // ACTFN_LR
		near = strings.TrimPrefix(same[0].Env(), setting.EnvPrefix)
	}
	if near != "" {
		return fmt.Errorf("environment: unknown variable %s, did you mean %s?", name, setting.EnvPrefix+near)
	}
	return fault.Hint(fmt.Errorf("environment: unknown variable %s", name),
		"%s* are settings, train.lr is ACTFN_TRAIN_LR; actfn config show lists the keys", setting.EnvPrefix)
}

func (l *loader) flags(flags []Flag) {
	for _, f := range flags {
		key, known := KeyNamed(f.Key)
		switch {
		case known:
			l.text(key, f.Text, f.Origin)
		case isSection(f.Key):
			l.fault(fmt.Errorf("%s: %s: key is a section, want one of its keys", f.Origin, f.Key))
		default:
			l.fault(unknownKey(f.Origin, f.Key))
		}
	}
}

// located puts the origin of the key that a fault begins with before it, and hints at the nearest
// of the words that the key may be.
func (l *loader) located(err error) error {
	name, _, _ := strings.Cut(err.Error(), ":")
	key, _ := KeyNamed(name)
	if word := l.viper.GetString(name); !slices.Contains(key.Rule.Choices, word) {
		err = fault.Suggest(err, strings.ToLower(word), key.Rule.Choices)
	}
	if origin := cmp.Or(l.origin[name], "default"); origin != "default" {
		return fmt.Errorf("%s: %w", origin, err)
	}
	return err
}
