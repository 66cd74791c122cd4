package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	"actfn/internal/fault"
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

// SplitReport is what Check finds in train, val or test.
type SplitReport struct {
	Split   string       `json:"split"`
	Images  int          `json:"images"` // that can be read
	Classes []ClassCount `json:"classes"`
	Sizes   []SizeCount  `json:"sizes"` // the commonest first
	Bad     []BadReport  `json:"bad"`
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
	path   string
	label  int
	w, h   int
	digest [sha256.Size]byte
	err    error
}

// Check reads every image of a dataset and reports on it. A bad file, an empty class or a missing
// split is a finding, not an error; that the system cannot go on is an error.
func Check(ctx context.Context, root string, opts Options) (*Report, error) {
	src, err := openSource(root)
	if err != nil {
		return nil, err
	}
	defer src.close()
	report := &Report{Root: cmp.Or(root, "sample")}
	same := newSameness()
	var lists []listing
	for _, split := range []string{"train", "val", "test"} {
		if !isDir(src.fsys, split) {
			continue
		}
		list, err := scan(ctx, src.fsys, split)
		if err != nil {
			return nil, src.within(err)
		}
		found, err := inspect(ctx, src, list, opts)
		if err != nil {
			return nil, err
		}
		report.Splits = append(report.Splits, summarize(list, found))
		same.add(list, found)
		lists = append(lists, list)
	}
	if len(lists) == 0 {
		return nil, fault.Hint(fmt.Errorf("%s: has neither a train nor a test folder", src.label()), layout)
	}
	report.Differences = differences(lists)
	report.AcrossSplits = same.across()
	for i := range report.Splits {
		name := report.Splits[i].Split
		report.Splits[i].Duplicates = same.within(name)
	}
	return report, nil
}

// inspect decodes every file of a listing.
func inspect(ctx context.Context, src *source, list listing, opts Options) ([]finding, error) {
	found := make([]finding, len(list.files))
	count := newCounter(len(found), nil)
	if opts.Progress != nil {
		count.report = func(done, total int) { opts.Progress(list.split, done, total) }
	}
	err := each(ctx, len(found), workerCount(opts.Workers), func(i int) bool {
		f := list.files[i]
		found[i] = finding{path: f.path, label: f.label}
		p, err := src.read(f)
		if found[i].err = err; err == nil {
			found[i].w, found[i].h, found[i].digest = p.w, p.h, p.digest()
		}
		count.add()
		return !system(err)
	})
	for _, f := range found {
		if err == nil && system(f.err) {
			err = fmt.Errorf("%s: %w", src.name(f.path), f.err)
		}
	}
	return found, err
}

// summarize counts one split.
func summarize(list listing, found []finding) SplitReport {
	r := SplitReport{Split: list.split, Classes: make([]ClassCount, len(list.classes)), Sizes: []SizeCount{}, Bad: []BadReport{}}
	for label, class := range list.classes {
		r.Classes[label].Class = class
	}
	sizes := map[[2]int]int{}
	for _, f := range found {
		if f.err != nil {
			r.Bad = append(r.Bad, BadReport{f.path, f.err.Error()})
			continue
		}
		r.Images++
		r.Classes[f.label].Images++
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

// differences lists the classes that are not in every split.
func differences(lists []listing) []ClassDifference {
	in := map[string][]string{}
	for _, l := range lists {
		for _, class := range l.classes {
			in[class] = append(in[class], l.split)
		}
	}
	all := []ClassDifference{}
	for _, class := range slices.Sorted(maps.Keys(in)) {
		d := ClassDifference{Class: class, In: in[class], Missing: []string{}}
		for _, l := range lists {
			if !slices.Contains(d.In, l.split) {
				d.Missing = append(d.Missing, l.split)
			}
		}
		if len(d.Missing) > 0 {
			all = append(all, d)
		}
	}
	return all
}

// sameness groups images by their pixels, in the order they are added.
type sameness struct {
	order [][sha256.Size]byte
	group map[[sha256.Size]byte][]seen
}

type seen struct{ split, class, path string }

func newSameness() *sameness { return &sameness{group: map[[sha256.Size]byte][]seen{}} }

func (s *sameness) add(list listing, found []finding) {
	for _, f := range found {
		if f.err != nil {
			continue
		}
		if len(s.group[f.digest]) == 0 {
			s.order = append(s.order, f.digest)
		}
		s.group[f.digest] = append(s.group[f.digest], seen{list.split, list.classes[f.label], f.path})
	}
}

// across returns the groups whose images lie in more than one split.
func (s *sameness) across() []Identical {
	return s.collect(func(all []seen) []seen {
		if len(distinct(all, func(x seen) string { return x.split })) < 2 {
			return nil
		}
		return all
	})
}

// within returns the groups of two or more images of one split.
func (s *sameness) within(split string) []Identical {
	return s.collect(func(all []seen) []seen {
		return slices.DeleteFunc(slices.Clone(all), func(x seen) bool { return x.split != split })
	})
}

func (s *sameness) collect(choose func([]seen) []seen) []Identical {
	groups := []Identical{}
	for _, digest := range s.order {
		if len(s.group[digest]) < 2 {
			continue
		}
		members := choose(s.group[digest])
		if len(members) < 2 {
			continue
		}
		groups = append(groups, Identical{
			Paths:   paths(members),
			Classes: distinct(members, func(x seen) string { return x.class }),
		})
	}
	return groups
}

func paths(members []seen) []string {
	all := make([]string, len(members))
	for i, x := range members {
		all[i] = x.path
	}
	return all
}

// distinct returns the values of key, each once, in the order they first occur.
func distinct(all []seen, key func(seen) string) []string {
	var values []string
	for _, x := range all {
		if v := key(x); !slices.Contains(values, v) {
			values = append(values, v)
		}
	}
	return values
}
