package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"slices"

	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// Report is what Check finds in a dataset.
type Report struct {
	Root   string        `json:"root"`
	Splits []SplitReport `json:"splits"`
	// Differences are the classes that are not in every split.
	Differences []ClassDifference `json:"class_differences"`
	// AcrossSplits are the groups of images with the same pixels in more than one split: what is
	// in train and in test makes the test worth less.
	AcrossSplits []Identical `json:"identical_across_splits"`
}

// SplitReport is what Check finds in train, val or test, or in "all" of a root that holds the classes themselves.
type SplitReport struct {
	Split   string       `json:"split"`
	Folder  string       `json:"folder"` // beneath the root
	Images  int          `json:"images"` // that can be read
	Classes []ClassCount `json:"classes"`
	Sizes   []SizeCount  `json:"sizes"` // the commonest first
	Bad     []BadReport  `json:"bad"`
	Others  []OtherFiles `json:"other_files"` // that are not read
	// Duplicates are the groups of images with the same pixels within the split.
	Duplicates []Identical `json:"duplicates"`
}

// SizeCount is the number of images of a size.
type SizeCount struct {
	Width  int `json:"width"`
	Height int `json:"height"`
	Images int `json:"images"`
}

// BadReport is a file that cannot be read, and why.
type BadReport struct {
	Path   string `json:"path"`
	Reason string `json:"reason"`
}

// ClassDifference is a class that some splits have and others lack.
type ClassDifference struct {
	Class   string   `json:"class"`
	In      []string `json:"in"`
	Missing []string `json:"missing"`
}

// Identical are images with the same pixels.
type Identical struct {
	Paths []string `json:"paths"`
	// Classes are those the images are in; with more than one, at least one image is mislabelled.
	Classes []string `json:"classes"`
}

// finding is what Check learns of one file.
type finding struct {
	split, class, path string
	w, h               int
	digest             [sha256.Size]byte
	err                error
}

// Check reads every image of a dataset and reports on it. A bad file, an empty class or a missing
// split is a finding, not an error; that the system cannot go on is an error.
func Check(ctx context.Context, root string, opts Options) (*Report, error) {
	src, err := openSource(root)
	if err != nil {
		return nil, err
	}
	defer src.close()
	report := &Report{Root: cmp.Or(root, "sample"), Differences: []ClassDifference{}}
	var all []finding
	at, err := src.folders()
	if err != nil {
		return nil, err
	}
	at.testOnVal()
	for _, split := range []string{flat, "train", "val", "test"} {
		if at[split] == "" {
			continue
		}
		list, err := src.scan(ctx, split, at[split], Config{}.wants)
		if err != nil {
			return nil, err
		}
		found, err := src.inspect(ctx, list, opts)
		if err != nil {
			return nil, err
		}
		report.Splits = append(report.Splits, summarize(list, found))
		all = append(all, found...)
	}
	if len(report.Splits) == 0 {
		return nil, fault.Hint(fmt.Errorf("%s: has neither a train nor a test folder", src.label()), layout)
	}
	report.compareClasses()
	report.compareImages(all)
	return report, nil
}

// inspect decodes every file of a listing.
func (s *source) inspect(ctx context.Context, list listing, opts Options) ([]finding, error) {
	found := make([]finding, len(list.files))
	err := s.decodeAll(ctx, list, picture.Form{}, opts, func(i int, p picture.Pixels, err error) error {
		f := list.files[i]
		found[i] = finding{list.split, list.classes[f.label], f.path, p.W, p.H, p.Digest(), err}
		return nil
	})
	return found, err
}

// summarize counts one split.
func summarize(list listing, found []finding) SplitReport {
	r := SplitReport{
		Split: list.split, Folder: list.folder, Classes: make([]ClassCount, len(list.classes)),
		Sizes: []SizeCount{}, Bad: []BadReport{}, Others: others(list),
	}
	for label, class := range list.classes {
		r.Classes[label].Class = class
	}
	sizes := map[[2]int]int{}
	for i, f := range found {
		if f.err != nil {
			r.Bad = append(r.Bad, BadReport{f.path, f.err.Error()})
			continue
		}
		r.Images++
		r.Classes[list.files[i].label].Images++
		sizes[[2]int{f.w, f.h}]++
	}
	for size, n := range sizes {
		r.Sizes = append(r.Sizes, SizeCount{size[0], size[1], n})
	}
	slices.SortFunc(r.Sizes, func(a, b SizeCount) int {
		return cmp.Or(cmp.Compare(b.Images, a.Images), cmp.Compare(a.Width, b.Width), cmp.Compare(a.Height, b.Height))
	})
	return r
}

// classes are those of all splits, sorted by name.
func (r *Report) classes() []string {
	var all []string
	for _, s := range r.Splits {
		for _, c := range s.Classes {
			all = append(all, c.Class)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// images is the number of images of a class, and whether the split has the class.
func (s SplitReport) images(class string) (n int, there bool) {
	i, there := slices.BinarySearchFunc(s.Classes, class, func(c ClassCount, class string) int { return cmp.Compare(c.Class, class) })
	if !there {
		return 0, false
	}
	return s.Classes[i].Images, true
}

// compareClasses lists the classes that are not in every split.
func (r *Report) compareClasses() {
	for _, class := range r.classes() {
		d := ClassDifference{Class: class}
		for _, s := range r.Splits {
			if _, there := s.images(class); there {
				d.In = append(d.In, s.Split)
			} else {
				d.Missing = append(d.Missing, s.Split)
			}
		}
		if len(d.Missing) > 0 {
			r.Differences = append(r.Differences, d)
		}
	}
}

// compareImages lists the images with the same pixels, in the order in which they were found.
func (r *Report) compareImages(all []finding) {
	number := map[[sha256.Size]byte]int{}
	var groups [][]finding
	for _, f := range all {
		if f.err != nil {
			continue
		}
		i, there := number[f.digest]
		if !there {
			i, number[f.digest] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], f)
	}
	r.AcrossSplits = []Identical{}
	for i := range r.Splits {
		r.Splits[i].Duplicates = []Identical{}
	}
	for _, group := range groups {
		if group[0].split != group[len(group)-1].split {
			r.AcrossSplits = append(r.AcrossSplits, newIdentical(group))
		}
		for i := range r.Splits {
			s := &r.Splits[i]
			within := slices.DeleteFunc(slices.Clone(group), func(f finding) bool { return f.split != s.Split })
			if len(within) > 1 {
				s.Duplicates = append(s.Duplicates, newIdentical(within))
			}
		}
	}
}

func newIdentical(group []finding) (same Identical) {
	for _, f := range group {
		same.Paths = append(same.Paths, f.path)
		if !slices.Contains(same.Classes, f.class) {
			same.Classes = append(same.Classes, f.class)
		}
	}
	return same
}

// flat tells a root that holds the classes themselves.
func (r *Report) flat() bool { return r.Splits[0].Split == flat }

// OK reports whether training and testing can rely on the dataset: it has no faults.
func (r *Report) OK() bool { return len(r.Faults()) == 0 }

// Faults says, a line each, what keeps training and testing from relying on the dataset: a split
// that is not there, a file that cannot be read, a class without images, a class of val or test
// that train lacks, an image in two splits.
func (r *Report) Faults() []string {
	var faults []string
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	names := []string{"train", "val", "test"}
	if r.flat() {
		names = []string{flat}
	}
	for _, name := range names {
		i := slices.IndexFunc(r.Splits, func(s SplitReport) bool { return s.Split == name })
		if i < 0 {
			if name != "val" {
				fault("%s: folder is missing", name)
			}
			continue
		}
		s := r.Splits[i]
		if len(s.Classes) == 0 {
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
