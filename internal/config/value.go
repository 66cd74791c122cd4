package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"actfn/internal/setting"
)

// fromText reads what a flag or a variable says. Text is taken as it stands; everything else is
// YAML, so that 1e-3, true and [32, 64] mean the same here and in a file.
func fromText(text string, t reflect.Type) (any, error) {
	if t.Kind() == reflect.String {
		return text, nil
	}
	if t.Kind() == reflect.Slice && strings.TrimSpace(text) == "" {
		return reflect.MakeSlice(t, 0, 0).Interface(), nil
	}
	var document yaml.Node
	if err := yaml.Unmarshal([]byte(text), &document); err != nil || len(document.Content) != 1 {
		return nil, wrongType(fmt.Sprintf("%q", text), t)
	}
	return fromNode(document.Content[0], t)
}

// octal is what YAML 1.1 takes for an octal number, and we, as YAML 1.2 and all other flags, for a decimal one: 010 is 10.
var octal = regexp.MustCompile(`^([-+]?)0+([0-9])`)

// fromNode converts a YAML value to the type of its key. Nothing is rounded or guessed: 3.5 and
// "3" are no whole numbers. A list may be written [32, 64], 32, 64 or, of one entry, 32.
func fromNode(n *yaml.Node, t reflect.Type) (any, error) {
	switch n = target(n); {
	case t.Kind() == reflect.Slice:
		return listFromNode(n, t)
	case n.Style == 0 && t.Kind() != reflect.String && octal.MatchString(n.Value):
		return fromText(octal.ReplaceAllString(n.Value, "$1$2"), t)
	case n.Kind == yaml.ScalarNode && fits(n, t):
		value := reflect.New(t)
		if scalar(n, value) {
			return value.Elem().Interface(), nil
		}
	}
	return nil, wrongType(shown(n), t)
}

func listFromNode(n *yaml.Node, t reflect.Type) (any, error) {
	items := n.Content
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!str" && strings.Contains(n.Value, ","):
		return fromText("["+n.Value+"]", t)
	case n.Kind == yaml.ScalarNode:
		items = []*yaml.Node{n}
	case n.Kind != yaml.SequenceNode:
		return nil, wrongType(shown(n), t)
	}
	list := reflect.MakeSlice(t, 0, len(items))
	for i, item := range items {
		value, err := fromNode(item, t.Elem())
		switch {
		case err != nil && len(items) > 1:
			return nil, fmt.Errorf("entry %d is %s, want %s", i+1, shown(target(item)), typeName(t))
		case err != nil:
			return nil, wrongType(shown(target(item)), t)
		}
		list = reflect.Append(list, reflect.ValueOf(value))
	}
	return list.Interface(), nil
}

// fits says whether a scalar's YAML type can be the wanted one at all; yaml itself would cut 3.7 to 3.
func fits(n *yaml.Node, t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Uint64:
		return n.Tag == "!!int"
	case reflect.Float64:
		return n.Tag == "!!int" || n.Tag == "!!float"
	}
	return n.Tag != "!!null"
}

// scalar sets *value to n: text as it is written, 0 and 1 as the switches that they are in a shell.
func scalar(n *yaml.Node, value reflect.Value) bool {
	switch to := value.Interface().(type) {
	case *string:
		if n.Tag != "!!binary" { // yaml's own form of text that is not UTF-8
			*to = n.Value
			return true
		}
	case *bool:
		if b, err := strconv.ParseBool(n.Value); err == nil {
			*to = b
			return true
		}
	}
	return n.Decode(value.Interface()) == nil
}

// target follows an alias to what it stands for.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func wrongType(shown string, t reflect.Type) error {
	return fmt.Errorf("value is %s, want %s", shown, typeName(t))
}

func typeName(t reflect.Type) string {
	if t.Kind() == reflect.Slice {
		return "a list of " + strings.TrimPrefix(typeName(t.Elem()), "a ") + "s"
	}
	return setting.TypeWords[t.String()]
}

// shown is a value as a message quotes it.
func shown(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.Kind != yaml.ScalarNode:
		return "a section"
	case n.Tag == "!!null":
		return "empty"
	case n.Tag == "!!str" || len(n.Value) > 60:
		return fmt.Sprintf("%.60q", n.Value)
	}
	return n.Value
}
