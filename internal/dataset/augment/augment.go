// Package augment changes training images at random, by the definitions of torchvision's transforms on PIL images. An
// augmentation is one file and a name in kinds. What it draws is a function of the seed, its name, the epoch and the
// image alone.
package augment

import (
	"errors"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
	"actfn/internal/rng"
	"actfn/internal/setting"
)

// kind is an augmentation.
type kind struct {
	name    string
	initial float64      // its argument's default
	rule    setting.Rule // of its argument
	help    string       // what it does, where N is the argument
	// fits, where it is set, says whether images of a size can be changed so.
	fits func(argument float64, w, h int) error
	// apply changes an image by draws of its own.
	apply func(m *Image, argument float64, draw rng.Stream)
}

// kinds are all augmentations in the order in which they are applied: those of the pixels, then those of what they
// become by normalization.
var kinds = []kind{crop, flip, rotate, jitter, erase}

// probability is the rule of one.
var probability = setting.Number("above 0 to 1", func(v float64) bool { return v > 0 && v <= 1 })

// List are augmentations in the order in which they are applied.
type List []step

type step struct {
	kind
	argument float64
}

// Names are those of all augmentations.
func Names() []string {
	var names []string
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Help says what each augmentation does, with the default of its argument.
func Help() string {
	var all []string
	for _, k := range kinds {
		all = append(all, fmt.Sprintf("%s (%s)", step{k, k.initial}, k.help))
	}
	return strings.Join(all, ", ")
}

func (s step) String() string {
	return s.name + "=" + strconv.FormatFloat(s.argument, 'g', -1, 64)
}

// Words are the list as Parse reads it, in one spelling.
func (l List) Words() []string {
	words := []string{}
	for _, s := range l {
		words = append(words, s.String())
	}
	return words
}

// Parse reads names of augmentations, each alone or as name=argument, in any order. It returns every fault.
func Parse(words []string) (List, error) {
	var all List
	var faults []error
	for _, word := range words {
		name, text, given := strings.Cut(strings.TrimSpace(word), "=")
		i := slices.Index(Names(), name)
		if i < 0 {
			err := fmt.Errorf("name is %q, want %s", name, strings.Join(Names(), ", "))
			faults = append(faults, fault.Suggest(err, strings.ToLower(name), Names()))
			continue
		}
		s := step{kinds[i], kinds[i].initial}
		if slices.ContainsFunc(all, func(t step) bool { return t.name == name }) {
			faults = append(faults, fmt.Errorf("%s: is given twice, want it once", name))
			continue
		}
		var err error
		if given {
			s.argument, err = strconv.ParseFloat(text, 64)
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: value is %q, want %s", name, text, s.rule.Want))
		} else {
			faults = append(faults, setting.Check([]setting.Key{{Name: name, Value: &s.argument, Rule: s.rule}})...)
		}
		all = append(all, s)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	slices.SortFunc(all, func(a, b step) int { return slices.Index(Names(), a.name) - slices.Index(Names(), b.name) })
	return all, nil
}

// Fits returns every reason why images of a size cannot be changed so.
func (l List) Fits(w, h int) error {
	var faults []error
	for _, s := range l {
		if s.fits != nil {
			faults = append(faults, fault.At(s.name, s.fits(s.argument, w, h)))
		}
	}
	return errors.Join(faults...)
}

// Apply changes an image, which id tells from the others, as in one epoch of the run of a seed.
func (l List) Apply(m *Image, id, seed uint64, epoch int) {
	for _, s := range l {
		s.apply(m, s.argument, rng.New(seed, "augment "+s.name, epoch).Of(id))
	}
}

// Image is an image that is being changed. Its memory serves one after another.
type Image struct {
	picture.Pixels
	// Erased becomes 0 in all channels, after the normalization.
	Erased image.Rectangle
	spare  [2][]byte // of which Data may be the second
}

// Begin makes m the image p, whose bytes stay as they are.
func (m *Image) Begin(p picture.Pixels) { m.Pixels, m.Erased = p, image.Rectangle{} }

// redraw returns m's planes: dst is to be filled, from those that it had, src.
func (m *Image) redraw() (dst, src []byte) {
	src = m.Data
	if len(m.spare[0]) < len(src) {
		m.spare[0] = make([]byte, len(src))
	}
	m.Data = m.spare[0][:len(src)]
	m.spare[0], m.spare[1] = m.spare[1], m.spare[0]
	return m.Data, src
}
