package study

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/setting"
)

// Shared is what all cells of a comparison have in common, or those of one of its settings.
type Shared struct {
	// Setting is its name: norm=batch,network=resnet; "" where there are no others, without --across.
	Setting string `json:"setting,omitempty"`
	// Config is the configuration that the cells share; each cell sets the keys of scope Cell.
	Config  config.Config `json:"config"`
	Init    string        `json:"init,omitempty"` // hash of the file of initial weights
	Data    string        `json:"data"`           // hash of the images
	Images  int           `json:"images"`
	Classes int           `json:"classes"`
}

// named is an activation in the setting, for people.
func (s Shared) named(activation string) string {
	if s.Setting == "" {
		return activation
	}
	return activation + ", " + s.Setting
}

// own are the cells of the setting.
func (s Shared) own(cells []compare.Cell) []compare.Cell {
	return slices.DeleteFunc(slices.Clone(cells), func(c compare.Cell) bool { return c.Setting != s.Setting })
}

// differences are those that make cells of two settings of one name incomparable.
func (s Shared) differences(of Shared) []config.Difference {
	s.Config.Train.Init, of.Config.Train.Init = s.Init, of.Init
	all := config.Diff(s.Config, of.Config, func(k setting.Key) bool { return k.Scope == setting.Result })
	if s.Data != of.Data {
		all = slices.Insert(all, 0, config.Difference{Key: "data", A: s.Data, B: of.Data})
	}
	for i := range all {
		if s.Setting != "" {
			all[i].Key += " in " + s.Setting
		}
	}
	return all
}

// at puts the name of the setting before an error.
func (s Shared) at(err error) error {
	if s.Setting == "" {
		return err
	}
	return fault.At("setting "+s.Setting, err)
}

// Settings are the plan in each of its settings.
func (p Plan) Settings() []Plan {
	if p.Across == nil {
		return []Plan{p}
	}
	plans := make([]Plan, len(p.Across))
	for i, s := range p.Across {
		plans[i] = p
		plans[i].Shared, plans[i].Across = s, nil
	}
	return plans
}

// each calls f with each setting, which it may complete.
func (p *Plan) each(f func(*Shared) error) error {
	if p.Across == nil {
		return f(&p.Shared)
	}
	for i := range p.Across {
		if err := f(&p.Across[i]); err != nil {
			return p.Across[i].at(err)
		}
	}
	p.Shared = p.Across[0]
	return nil
}

// wantDistinct refuses two settings in which all runs would be the same: none counts twice.
func (p Plan) wantDistinct() error {
	plans := p.Settings()
	for i, q := range plans {
		for _, other := range plans[:i] {
			if q.Setting == other.Setting || q.Name() == other.Name() {
				return fmt.Errorf("settings %s and %s are the same, want each once", other.Setting, q.Setting)
			}
		}
	}
	return nil
}

// settingNames are those of the plan in words.
func (p Plan) settingNames() string {
	var names []string
	for _, s := range p.Across {
		names = append(names, s.Setting)
	}
	return cmp.Or(strings.Join(names, ", "), "none")
}

// withSettings is the plan with those of q beside its own.
func (p Plan) withSettings(q Plan) Plan {
	for _, s := range q.Across {
		if !slices.ContainsFunc(p.Across, func(own Shared) bool { return own.Setting == s.Setting }) {
			p.Across = append(slices.Clip(p.Across), s)
		}
	}
	return p
}

// errStaged refuses a plan in stages in several settings.
var errStaged = errors.New("--across: is given, want none with --looks, --budget or --confirm, which are for one setting")

// Axis is a key of the configuration and the values that it has in the settings of a comparison.
type Axis struct {
	word  string
	flags []config.Flag
}

// ParseAxis reads key=value,value,…. The key is a flag or a key that decides results, or data. Commas in parentheses or
// brackets do not part values.
func ParseAxis(text string) (Axis, error) {
	word, list, ok := strings.Cut(text, "=")
	if !ok || list == "" {
		return Axis{}, fmt.Errorf("value is %q, want key=value,value", text)
	}
	axis := Axis{word: strings.TrimSpace(word)}
	key, err := axisKey(axis.word)
	if err != nil {
		return Axis{}, err
	}
	for _, value := range values(list) {
		flag, err := config.ParseSet(key.Name + "=" + value)
		if err != nil {
			return Axis{}, err
		}
		flag.Origin = "--across"
		axis.flags = append(axis.flags, flag)
	}
	return axis, nil
}

// axisKey is the key of a word.
func axisKey(word string) (setting.Key, error) {
	keys := config.Keys()
	at := slices.IndexFunc(keys, func(k setting.Key) bool { return word != "" && (k.Name == word || k.Flag == word) })
	var words []string
	for _, k := range keys {
		words = append(words, k.Name, k.Flag)
	}
	switch {
	case at < 0:
		return setting.Key{}, fault.Suggest(fmt.Errorf("key is %q, want a flag or a key of the configuration", word), word, words)
	case keys[at].Scope == setting.Cell:
		err := fmt.Errorf("%s: each model of a comparison has its own, want a key that they share", word)
		if keys[at].Lists != "" {
			err = fault.Hint(err, "--%s lists the values to compare", keys[at].Lists)
		}
		return setting.Key{}, err
	case keys[at].Scope == setting.Runtime && keys[at].Flag != "data":
		return setting.Key{}, fmt.Errorf("%s: key decides no result, want one that does, or data", word)
	}
	return keys[at], nil
}

// values parts a list at the commas that stand in no parentheses or brackets.
func values(list string) []string {
	var all []string
	depth, from := 0, 0
	for i, r := range list {
		switch {
		case strings.ContainsRune("([", r):
			depth++
		case strings.ContainsRune(")]", r):
			depth--
		case r == ',' && depth <= 0:
			all, from = append(all, list[from:i]), i+1
		}
	}
	return append(all, list[from:])
}

// Grid are the settings of axes, the last of which changes first, with the configurations that load makes of their flags;
// without axes, the one that load makes of none. The error is that of the first setting that has one.
func Grid(axes []Axis, load func([]config.Flag) (config.Config, error)) ([]Shared, error) {
	type point struct {
		names []string
		flags []config.Flag
	}
	grid, keys := []point{{}}, map[string]bool{}
	for _, axis := range axes {
		if key := axis.flags[0].Key; keys[key] {
			return nil, fault.Usage(fmt.Errorf("--across: %s is there twice, want all its values in one", key))
		} else {
			keys[key] = true
		}
		var next []point
		for _, at := range grid {
			for _, flag := range axis.flags {
				name := axis.word + "=" + flag.Text
				next = append(next, point{append(slices.Clip(at.names), name), append(slices.Clip(at.flags), flag)})
			}
		}
		grid = next
	}
	var settings []Shared
	for _, at := range grid {
		s := Shared{Setting: strings.Join(at.names, ",")}
		c, err := load(at.flags)
		if err != nil {
			return nil, s.at(err)
		}
		s.Config = c
		settings = append(settings, s)
	}
	return settings, nil
}

// Across compares the finished cells of a plan in each of its settings. The intervals of all hold at once.
func (c Claim) Across(p Plan, cells []compare.Cell) (compare.Across, error) {
	if p.Across != nil {
		c.Family = compare.Family(len(p.Activations), len(p.Across))
	}
	var settings []compare.Setting
	for _, q := range p.Settings() {
		r, err := c.Compare(q, q.own(cells))
		if err != nil {
			return compare.Across{}, q.at(err)
		}
		settings = append(settings, compare.Setting{Name: q.Setting, Result: r})
	}
	return compare.NewAcross(settings), nil
}
