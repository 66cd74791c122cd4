package config_test

import (
	"reflect"
	"regexp"
	"strings"
	"testing"

	"actfn/internal/config"
	"actfn/internal/setting"
)

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
	with := map[string][]config.Flag{ // what a choice cannot be without
		"fixed": {{Key: "data.mean", Text: "0,0,0"}, {Key: "data.std", Text: "1,1,1"}},
		"after": {{Key: "model.norm", Text: "batch"}},
	}
	chosen := 0
	for _, k := range config.Keys() {
		for _, choice := range k.Rule.Choices {
			chosen++
			flags := append([]config.Flag{{Key: k.Name, Text: choice}}, with[choice]...)
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
	if got := config.KeysOf("train"); len(got) != 0 {
		t.Errorf("keys of a section's name are %v", got)
	}
}

// Every field has a row, every name is lower snake_case, and every row says what it does.
func TestEveryFieldIsAKey(t *testing.T) {
	var fields int
	var count func(reflect.Type)
	count = func(typ reflect.Type) {
		for i := range typ.NumField() {
			if f := typ.Field(i).Type; f.Kind() == reflect.Struct {
				count(f)
			} else {
				fields++
			}
		}
	}
	count(reflect.TypeFor[config.Config]())
	word := regexp.MustCompile(`^[a-z0-9_.]+$`)
	bound, flags := map[any]bool{}, map[string]bool{}
	var c config.Config
	for _, k := range c.Keys() {
		bound[k.Value] = true
		switch {
		case !word.MatchString(k.Name):
			t.Errorf("name is %q, want lower snake_case", k.Name)
		case k.Help == "" || strings.HasSuffix(k.Help, "."):
			t.Errorf("%s: help is %q, want a line without a full stop", k.Name, k.Help)
		case k.More != "" && !strings.HasSuffix(k.More, "."):
			t.Errorf("%s: more is %q, want sentences", k.Name, k.More)
		case flags[k.Flag]:
			t.Errorf("%s: flag --%s is another key's", k.Name, k.Flag)
		case (k.Scope == setting.Cell) != (k.Lists != ""):
			t.Errorf("%s: scope is %s, and the flag of compare %q", k.Name, k.Scope, k.Lists)
		}
		flags[k.Flag] = k.Flag != ""
	}
	if len(bound) != fields {
		t.Errorf("keys are bound to %d fields, want %d", len(bound), fields)
	}
}
