package config

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"

	"actfn/internal/fault"
)

// maxFile bounds what is read: a configuration is a page, and a mistaken -c may name a disk image.
const maxFile = 1 << 20

// file reads one YAML file into the loader, which gets a fault, with its line, for all that is no setting.
type file struct {
	*loader
	path string
}

func (l *loader) file(path string) {
	text, err := readAtMost(path, maxFile)
	if err != nil {
		l.fault(fault.At(path, err))
		return
	}
	file{l, path}.parse(text)
}

func readAtMost(path string, limit int64) ([]byte, error) {
	r, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = fmt.Errorf("is over %d KiB, want a configuration in YAML", limit>>10)
	}
	return text, err
}

func (f file) parse(text []byte) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var document, more yaml.Node
	switch err := dec.Decode(&document); {
	case err == io.EOF: // nothing but comments
		return
	case err != nil:
		f.syntax(err)
		return
	}
	if err := dec.Decode(&more); err == nil {
		f.faultAt(&more, "is a second document, want one")
	} else if err != io.EOF {
		f.syntax(err)
	}
	f.section(document.Content[0], "")
}

var yamlPlace = regexp.MustCompile(`^yaml: (?:line (\d+): )?`)

// syntax puts the file before the line that yaml names.
func (f file) syntax(err error) {
	place, message := f.path, err.Error()
	if match := yamlPlace.FindStringSubmatch(message); match != nil {
		message = message[len(match[0]):]
		if match[1] != "" {
			place += ":" + match[1]
		}
	}
	f.fault(fmt.Errorf("%s: not YAML: %s", place, message))
}

func (f file) line(n *yaml.Node) string { return fmt.Sprintf("%s:%d", f.path, n.Line) }

func (f file) faultAt(n *yaml.Node, format string, args ...any) {
	f.fault(fmt.Errorf("%s: %s", f.line(n), fmt.Sprintf(format, args...)))
}

// section reads the keys below prefix ("" or "train.").
func (f file) section(n *yaml.Node, prefix string) {
	n = target(n)
	switch {
	case n.Kind == yaml.ScalarNode && n.Tag == "!!null": // every line of it is a comment
		return
	case n.Kind != yaml.MappingNode:
		place := ""
		if prefix != "" {
			place = strings.TrimSuffix(prefix, ".") + ": "
		}
		f.faultAt(n, "%svalue is %s, want a section of keys", place, shown(n))
		return
	}
	first := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name, value := n.Content[i], n.Content[i+1]
		if name.Kind != yaml.ScalarNode {
			f.faultAt(name, "%s is no key", shown(name))
			continue
		}
		full := prefix + name.Value
		if line, twice := first[full]; twice {
			f.faultAt(name, "%s: key is set twice, first on line %d", full, line)
			continue
		}
		first[full] = name.Line
		f.entry(name, value, full)
	}
}

func (f file) entry(name, value *yaml.Node, full string) {
	key, known := KeyNamed(full)
	switch {
	case !known && isSection(full):
		f.section(value, full+".")
	case !known:
		f.fault(unknownKey(f.line(name), full))
	default:
		v, err := fromNode(value, key.Type())
		if n := target(value); key.Name == activationKey && n.Kind == yaml.MappingNode {
			v, err = activationText(n)
		}
		if err != nil {
			f.faultAt(name, "%s: %v", full, err)
			return
		}
		f.merge(key, v, f.line(name))
	}
}

func unknownKey(place, name string) error {
	if near := nearestKey(name); near != "" {
		return fmt.Errorf("%s: unknown key %.60q, did you mean %s?", place, name, near)
	}
	return fault.Hint(fmt.Errorf("%s: unknown key %.60q", place, name), "actfn config show lists every key")
}
