package config

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"actfn/internal/fault"
)

// maxFile bounds what is read: a configuration is a page, and a mistaken -c may name a disk image.
const maxFile = 1 << 20

// setting is one value that somebody gave for a key, already of the key's type.
type setting struct {
	key    Key
	value  any
	origin string
}

// file collects the settings of one YAML file and a fault, with its line, for all that is none.
type file struct {
	path     string
	settings []setting
	faults   []error
}

func readFile(path string) file {
	f := file{path: path}
	text, err := readAtMost(path, maxFile)
	if err != nil {
		f.faults = append(f.faults, err)
		return f
	}
	f.parse(text)
	return f
}

func readAtMost(path string, limit int64) (string, error) {
	r, err := os.Open(path)
	if err != nil {
		return "", fault.At(path, err)
	}
	defer r.Close()
	var text strings.Builder
	n, err := io.Copy(&text, io.LimitReader(r, limit+1))
	if err != nil {
		return "", fault.At(path, err)
	}
	if n > limit {
		return "", fmt.Errorf("%s: is over %d KiB, want a configuration in YAML", path, limit>>10)
	}
	return text.String(), nil
}

func (f *file) parse(text string) {
	dec := yaml.NewDecoder(strings.NewReader(text))
	var document, more yaml.Node
	switch err := dec.Decode(&document); {
	case err == io.EOF: // nothing but comments
		return
	case err != nil:
		f.syntax(err)
		return
	}
	if err := dec.Decode(&more); err == nil {
		f.fault(&more, "is a second document, want one")
	} else if err != io.EOF {
		f.syntax(err)
	}
	f.section(document.Content[0], "")
}

var yamlPlace = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax puts the file before the line that yaml names.
func (f *file) syntax(err error) {
	place := f.path
	match := yamlPlace.FindStringSubmatch(err.Error())
	message := err.Error()
	if match != nil {
		message = message[len(match[0]):]
		if match[1] != "" {
			place += ":" + match[1]
		}
	}
	f.faults = append(f.faults, fmt.Errorf("%s: not YAML: %s", place, message))
}

func (f *file) origin(n *yaml.Node) string { return fmt.Sprintf("%s:%d", f.path, n.Line) }

func (f *file) fault(n *yaml.Node, format string, args ...any) {
	f.faults = append(f.faults, fmt.Errorf("%s: %s", f.origin(n), fmt.Sprintf(format, args...)))
}

// section reads the keys below prefix ("" or "train.").
func (f *file) section(n *yaml.Node, prefix string) {
	n = target(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null": // every line of it is a comment
		return
	case n.Kind != yaml.MappingNode:
		place := ""
		if prefix != "" {
			place = strings.TrimSuffix(prefix, ".") + ": "
		}
		f.fault(n, "%svalue is %s, want a section of keys", place, shown(n))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode {
			f.fault(name, "%s is no key", shown(name))
			continue
		}
		full := prefix + name.Value
		if line, twice := first[full]; twice {
			f.fault(name, "%s: key is set twice, first on line %d", full, line)
			continue
		}
		first[full] = name.Line
		f.entry(name, value, full)
	}
}

func (f *file) entry(name, value *yaml.Node, full string) {
	key, known := KeyNamed(full)
	switch {
	case slices.Contains(sections(), full):
		f.section(value, full+".")
	case !known:
		f.faults = append(f.faults, unknownKey(f.origin(name), full))
	default:
		v, err := f.value(value, key)
		if err != nil {
			f.fault(name, "%s: %v", full, err)
			return
		}
		f.settings = append(f.settings, setting{key, v, f.origin(name)})
	}
}

func (f *file) value(n *yaml.Node, key Key) (any, error) {
	if n = target(n); key.Name == activationKey && n.Kind == yaml.MappingNode {
		return activationText(n)
	}
	return fromNode(n, key.Type)
}

func unknownKey(place, name string) error {
	if near := nearestKey(name); near != "" {
		return fmt.Errorf("%s: unknown key %.60q, did you mean %s?", place, name, near)
	}
	return fault.Hint(fmt.Errorf("%s: unknown key %.60q", place, name), "actfn config show lists every key")
}
