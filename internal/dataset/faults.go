package dataset

import (
	"fmt"
	"slices"
	"strings"

	"actfn/internal/wording"
)

// OK reports whether training and testing can rely on the dataset: it has no faults.
func (r *Report) OK() bool { return len(r.Faults()) == 0 }

// Faults says, a line each, what keeps training and testing from relying on the dataset: a split
// that is not there, a file that cannot be read, a class without images, a class of val or test
// that train lacks, an image in two splits.
func (r *Report) Faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	for _, name := range []string{"train", "val", "test"} {
		s, there := r.split(name)
		switch {
		case !there && name != "val":
			fault("%s: folder is missing", name)
		case there && len(s.Classes) == 0:
			fault("%s: has no class folder", name)
		}
		if n := len(s.Bad); n > 0 {
			fault("%s: %s cannot be read", name, wording.Counted(n, "file"))
		}
		if empty := s.empty(); len(empty) > 0 {
			fault("%s: %s %s no image", name, classList(empty), several(len(empty), "has", "have"))
		}
		if strange := r.strange(name); len(strange) > 0 {
			fault("%s: %s %s not in train", name, classList(strange), several(len(strange), "is", "are"))
		}
	}
	if n := len(r.AcrossSplits); n > 0 {
		fault("%s %s in more than one split", wording.Counted(n, "image"), several(n, "is", "are"))
	}
	return faults
}

// remarks says what needs no change of the dataset but a flag.
func (r *Report) remarks() []string {
	sizes := map[[2]int]bool{}
	for _, s := range r.Splits {
		for _, size := range s.Sizes {
			sizes[[2]int{size.Width, size.Height}] = true
		}
	}
	if len(sizes) > 1 {
		return []string{"images of several sizes: train with --image-size N"}
	}
	return nil
}

func (r *Report) split(name string) (s SplitReport, there bool) {
	i := slices.IndexFunc(r.Splits, func(s SplitReport) bool { return s.Split == name })
	if i < 0 {
		return s, false
	}
	return r.Splits[i], true
}

// empty lists the classes without an image that can be read.
func (s SplitReport) empty() (classes []string) {
	for _, c := range s.Classes {
		if c.Images == 0 {
			classes = append(classes, c.Class)
		}
	}
	return classes
}

// strange lists the classes of a split that train lacks.
func (r *Report) strange(split string) (classes []string) {
	for _, d := range r.Differences {
		if slices.Contains(d.In, split) && slices.Contains(d.Missing, "train") {
			classes = append(classes, d.Class)
		}
	}
	return classes
}

// classList is some class names as they are shown in a sentence.
func classList(classes []string) string {
	quoted := make([]string, min(shown, len(classes)))
	for i := range quoted {
		quoted[i] = fmt.Sprintf("%q", classes[i])
	}
	text := several(len(classes), "class ", "classes ") + strings.Join(quoted, ", ")
	if more := len(classes) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}
