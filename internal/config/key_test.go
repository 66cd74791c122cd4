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
