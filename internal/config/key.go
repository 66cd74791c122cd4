package config

import (
	"reflect"
	"slices"
	"strings"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/optim"
	"actfn/internal/train"
)

// EnvPrefix begins every environment variable that sets a key.
const EnvPrefix = "ACTFN_"

// Key is one setting: a leaf of [Config], named by the tags on the way to it.
type Key struct {
	Name    string // train.lr
	Type    reflect.Type
	Choices []string // the words that it may be; nil: any value of the type
	index   []int
}

// keys are spelled once, in the tags of the structs.
var keys = keysOf(reflect.TypeFor[Config](), "", nil)

// choices are the keys that choose one of some words.
var choices = map[string][]string{
	"data.normalize":      {dataset.NormalizeNone, dataset.NormalizeTrain, dataset.NormalizeFixed},
	"train.optimizer":     optim.Names(),
	"train.schedule":      train.Schedules,
	"train.class_weights": train.ClassWeights,
}

// Keys returns every key, in the order of the fields.
func Keys() []Key { return keys }

// KeyNamed returns the key of that name.
func KeyNamed(name string) (Key, bool) {
	for _, k := range keys {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

// Env is the environment variable that sets the key: ACTFN_TRAIN_LR.
func (k Key) Env() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Default is the key's value when nobody sets it.
func (k Key) Default() any { return k.value(Default()) }

func (k Key) value(c Config) any { return reflect.ValueOf(c).FieldByIndex(k.index).Interface() }

func keysOf(t reflect.Type, prefix string, index []int) []Key {
	var list []Key
	for i := range t.NumField() {
		field := t.Field(i)
		name := prefix + field.Tag.Get("mapstructure")
		at := append(index[:len(index):len(index)], i)
		if field.Anonymous { // its keys are the section's own
			list = append(list, keysOf(field.Type, prefix, at)...)
			continue
		}
		if field.Type.Kind() == reflect.Struct {
			list = append(list, keysOf(field.Type, name+".", at)...)
			continue
		}
		list = append(list, Key{name, field.Type, choices[name], at})
	}
	return list
}

// KeysOf returns the keys whose last word is word: of lr, train.lr.
func KeysOf(word string) []Key {
	var list []Key
	for _, k := range keys {
		if lastWord(k.Name) == word {
			list = append(list, k)
		}
	}
	return list
}

// nearestKey returns what was probably meant, or "": the same word in another section, or a word
// spelled nearly so in the same one.
func nearestKey(name string) string {
	name = strings.ToLower(strings.ReplaceAll(name, "-", "_"))
	section, word := name[:strings.LastIndexByte(name, '.')+1], lastWord(name)
	if same := KeysOf(word); len(same) > 0 {
		return same[0].Name
	}
	var words []string
	if section == "" {
		words = sections()
	}
	for _, k := range keys {
		if rest, ok := strings.CutPrefix(k.Name, section); ok && !strings.Contains(rest, ".") {
			words = append(words, rest)
		}
	}
	if near := fault.Nearest(word, words); near != "" {
		return section + near
	}
	return ""
}

// sections returns the first words of the keys that have more than one.
func sections() []string {
	var list []string
	for _, k := range keys {
		if s, _, nested := strings.Cut(k.Name, "."); nested && !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

func lastWord(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
