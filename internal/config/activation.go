package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"actfn/internal/model"
)

// activationKey may also be a mapping in a file: of layers to specs, with default for the layers that it does
// not name, or of one spec in parts:
//
//	{default: relu, fc1: x*sigmoid(b*x); b=1!}   {name: leaky_relu, slope: 0.2}   {formula: x*sigmoid(b*x), b: 1!}
const activationKey = "model.activation"

// activationText is the text that says the same as a mapping.
func activationText(n *yaml.Node) (string, error) {
	names, values, err := entries(n)
	if err != nil {
		return "", err
	}
	if slices.Contains(names, "name") || slices.Contains(names, "formula") {
		return specText(names, values)
	}
	var first, rest []string
	for i, name := range names {
		spec := values[i].Value
		if values[i].Kind == yaml.MappingNode {
			names, values, err := entries(values[i])
			if err == nil {
				spec, err = specText(names, values)
			}
			if err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
		} else if !isText(values[i]) {
			return "", fmt.Errorf("%s is %s, want an activation", name, shown(values[i]))
		}
		switch {
		case name == "default":
			first = append(first, spec)
		case model.IsLayer(name):
			rest = append(rest, name+"="+spec)
		default:
			return "", fmt.Errorf("layer is %q, want default, a layer as conv1 or layer1.0, a kind of layer as conv, "+
				"or name or formula with parameters", name)
		}
	}
	return strings.Join(append(first, rest...), ", "), nil
}

// specText is one spec: a name or a formula, and its parameters.
func specText(names []string, values []*yaml.Node) (string, error) {
	var body, format string
	var settings []string
	for i, name := range names {
		if !isText(values[i]) {
			return "", fmt.Errorf("%s is %s, want a number or text", name, shown(values[i]))
		}
		switch text := values[i].Value; {
		case body == "" && name == "name":
			body, format = text, "%s(%s)"
		case body == "" && name == "formula":
			body, format = text, "%s; %s"
		default:
			settings = append(settings, name+"="+text)
		}
	}
	if body == "" {
		return "", fmt.Errorf("activation has no name, want name or formula")
	}
	if len(settings) == 0 {
		return body, nil
	}
	return fmt.Sprintf(format, body, strings.Join(settings, ", ")), nil
}

// entries are the keys and values of a mapping.
func entries(n *yaml.Node) (names []string, values []*yaml.Node, err error) {
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i].Value
		if slices.Contains(names, name) {
			return nil, nil, fmt.Errorf("%s is given twice", name)
		}
		names, values = append(names, name), append(values, target(n.Content[i+1]))
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("mapping is empty, want an activation")
	}
	return names, values, nil
}

func isText(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag != "!!null" }
