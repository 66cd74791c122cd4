package config_test

import (
	"reflect"
	"strings"
	"testing"

	"actfn/internal/config"
)

// Every field needs the three tags, spelled alike and lower snake_case; otherwise a key could be
// written that is not read back.
func TestTagsAgree(t *testing.T) {
	var visit func(reflect.Type)
	visit = func(typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			if f.Anonymous {
				if f.Tag != `mapstructure:",squash" yaml:",inline"` { // as JSON has it without a word
					t.Errorf("%s.%s has tags %s", typ, f.Name, f.Tag)
				}
				visit(f.Type)
				continue
			}
			name := f.Tag.Get("mapstructure")
			yamlName, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
			if name == "" || name != strings.ToLower(name) || yamlName != name || f.Tag.Get("json") != name {
				t.Errorf("%s.%s has tags %s", typ, f.Name, f.Tag)
			}
			if f.Type.Kind() == reflect.Struct {
				visit(f.Type)
			}
		}
	}
	visit(reflect.TypeFor[config.Config]())
}

func TestKeysAndVariablesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range config.Keys() {
		if seen[k.Name] || seen[k.Env()] {
			t.Errorf("%s or %s twice", k.Name, k.Env())
		}
		seen[k.Name], seen[k.Env()] = true, true
	}
	if !seen["train.lr"] || !seen["ACTFN_DATA_VAL_SPLIT"] || !seen["workers"] {
		t.Errorf("keys are %v", seen)
	}
}

// A choice that is listed for a key is one that its package accepts.
func TestChoicesAreAccepted(t *testing.T) {
	chosen := 0
	for _, k := range config.Keys() {
		for _, choice := range k.Choices {
			chosen++
			flags := []config.Flag{{Key: k.Name, Text: choice}, {Key: "data.mean", Text: "0,0,0"}, {Key: "data.std", Text: "1,1,1"}}
			if choice != "fixed" {
				flags = flags[:1]
			}
			if _, err := config.Load(config.Sources{Flags: flags}); err != nil {
				t.Error(err)
			}
		}
	}
	if chosen < 12 {
		t.Errorf("number of choices is %d, want those of four keys", chosen)
	}
}

func TestKeysOf(t *testing.T) {
	if got := config.KeysOf("nesterov"); len(got) != 1 || got[0].Name != "train.nesterov" {
		t.Errorf("keys are %v", got)
	}
	if got := config.KeysOf("train"); got != nil {
		t.Errorf("keys of a section's name are %v", got)
	}
}
