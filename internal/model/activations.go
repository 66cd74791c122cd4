package model

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"actfn/internal/activations"
	"actfn/internal/fault"
)

// Assigned is the activation of one layer.
type Assigned struct {
	Layer      string
	Activation activations.Activation
}

// Activations are those of a network's layers, in order.
type Activations []Assigned

// Activations reads the activation of each layer. Config.Activation is one spec for all of them, or a list of specs for
// some: relu,fc1=tanh, conv=relu,fc1=x*sigmoid(b*x); b=1!, or layer1=relu,layer1.0=silu,layer=tanh. A spec for a layer by
// its name comes before one for what it is a part of, that before one for its kind, and that before the one for all
// others. An entry ends where the next begins, so that specs may have commas.
func (c Config) Activations() (Activations, error) {
	specs, err := splitEntries(c.Activation)
	if err != nil {
		return nil, err
	}
	names := c.network().activated(c)
	if err := checkEntries(specs, names); err != nil {
		return nil, err
	}
	parsed := map[string]activations.Activation{}
	for _, key := range slices.Sorted(maps.Keys(specs)) {
		if parsed[key], err = activations.Parse(specs[key]); err != nil {
			return nil, err
		}
	}
	var all Activations
	for _, name := range names {
		keys := keysOf(name)
		i := slices.IndexFunc(keys, func(key string) bool { _, ok := parsed[key]; return ok })
		if i < 0 {
			return nil, fault.Hint(fmt.Errorf("layer %s has no activation, want one", name),
				"a spec before the others is for the layers that have none, as in relu,%s", c.Activation)
		}
		a := parsed[keys[i]]
		all = append(all, Assigned{name, a})
	}
	return all, nil
}

// splitEntries are the specs by the layers that they are for; "" is for all others.
func splitEntries(text string) (map[string]string, error) {
	starts := entryStart.FindAllStringSubmatchIndex(text, -1)
	if len(starts) == 0 {
		return map[string]string{"": text}, nil
	}
	specs := map[string]string{}
	if first := strings.TrimSpace(text[:starts[0][0]]); first != "" {
		specs[""] = first
	}
	for i, at := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		key := text[at[2]:at[3]]
		if _, twice := specs[key]; twice {
			return nil, fmt.Errorf("layer %s is given twice", key)
		}
		specs[key] = strings.TrimSpace(text[at[1]:end])
	}
	return specs, nil
}

// checkEntries refuses specs for layers that do not exist.
func checkEntries(specs map[string]string, names []string) error {
	var layers, kinds, parts []string // conv1, layer1; conv, layer; layer1.0, layer1.0.conv1
	for _, name := range names {
		keys := keysOf(name)
		layers, kinds = append(layers, keys[len(keys)-3]), append(kinds, keys[len(keys)-2])
		parts = append(parts, keys[:len(keys)-3]...)
	}
	known := slices.Concat(layers, kinds, parts)
	for _, key := range slices.Sorted(maps.Keys(specs)) {
		if key == "" || slices.Contains(known, key) {
			continue
		}
		want := strings.Join(slices.Compact(append(layers, kinds...)), ", ")
		if len(parts) > 0 {
			want += " or a part of one, as " + parts[0]
		}
		return fmt.Errorf("layer is %s, which has no activation or does not exist, want %s", key, want)
	}
	return nil
}

// keysOf are the keys of a spec that are for a layer, the nearest first: of layer1.0.conv1 they are itself, layer1.0,
// layer1, layer and "".
func keysOf(layer string) []string {
	keys := []string{layer}
	for i := len(layer) - 1; i >= 0; i-- {
		if layer[i] == '.' {
			keys = append(keys, layer[:i])
		}
	}
	return append(keys, strings.TrimRight(keys[len(keys)-1], "0123456789"), "")
}

// layerKey is the name of a layer, or of what it is a part of, or its kind.
const layerKey = `(?:conv|fc|layer)[0-9]*(?:\.[a-z0-9]+)*`

var (
	// entryStart is where an entry for some layers begins: conv1=, or fc= for all of a kind.
	entryStart = regexp.MustCompile(`(?:^|,)\s*(` + layerKey + `)\s*=`)
	wholeKey   = regexp.MustCompile(`^` + layerKey + `$`)
)

// IsLayer reports that a key has the form of a layer's name, as conv1 or layer1.0, or of a kind's, as fc, whether or not
// there is one.
func IsLayer(key string) bool { return wholeKey.MatchString(key) }

// String is the canonical form: one spec where the layers agree, else one for each.
func (a Activations) String() string {
	var specs, entries []string
	for _, one := range a {
		spec := one.Activation.String()
		specs, entries = append(specs, spec), append(entries, one.Layer+"="+spec)
	}
	if specs = slices.Compact(specs); len(specs) == 1 {
		return specs[0]
	}
	return strings.Join(entries, ", ")
}

// Set changes a parameter, as activations.Activation.Set has it, in every layer whose activation has it; ok reports that
// there is one.
func (a Activations) Set(parameter, arguments string) (changed Activations, ok bool, err error) {
	changed = slices.Clone(a)
	for i, one := range a {
		if !one.Activation.Has(parameter) {
			continue
		}
		ok = true
		if changed[i].Activation, err = one.Activation.Set(arguments); err != nil {
			return a, ok, err
		}
	}
	return changed, ok, nil
}
