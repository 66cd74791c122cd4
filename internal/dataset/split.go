package dataset

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/rng"
	"actfn/internal/wording"
)

// hold tells which files of a listing are held out: of the n of a class round(v·n), at least one, and at least one
// stays. Those go whose draws are smallest, so that the order of the files and their number in other classes move
// none. Files of equal draws stay together, those of other classes too: what does not fit into the share stays, and
// "at least one" is the smallest such group. Files that cannot be opened stay, and do not count.
func (l listing) hold(split string, v float64) ([]bool, error) {
	byClass, byName := make([][]int, len(l.classes)), make([]int, len(l.classes))
	for i, f := range l.files {
		if f.err == nil {
			byClass[f.label] = append(byClass[f.label], i)
		}
	}
	for label := range byName {
		byName[label] = label
	}
	slices.SortFunc(byName, func(a, b int) int { return cmp.Compare(l.classes[a], l.classes[b]) })
	held, goes := make([]bool, len(l.files)), map[uint64]bool{}
	var errs []error
	for _, label := range byName {
		members := byClass[label]
		slices.SortFunc(members, func(a, b int) int {
			return cmp.Or(cmp.Compare(l.files[a].draw, l.files[b].draw), cmp.Compare(a, b))
		})
		var groups [][]int // that no class before has decided on
		gone, least := 0, len(members)
		for i, j := 0, 0; i < len(members); i = j {
			draw := l.files[members[i]].draw
			for j = i; j < len(members) && l.files[members[j]].draw == draw; j++ {
				held[members[j]] = goes[draw]
			}
			if there, decided := goes[draw]; !decided {
				groups, least = append(groups, members[i:j]), min(least, j-i)
			} else if there {
				gone += j - i
			}
		}
		share := int(math.Floor(v*float64(len(members)) + 0.5))
		if gone == 0 {
			share = max(share, least)
		}
		for _, group := range groups {
			fits := gone+len(group) <= share
			goes[l.files[group[0]].draw] = fits
			for _, i := range group {
				held[i] = fits
			}
			if fits {
				gone += len(group)
			}
		}
		if gone == len(members) && gone > 0 {
			errs = append(errs, fmt.Errorf("%s: has %s, of which the share %v for %s would take %d, want at least one left",
				l.name(l.classes[label]), wording.Counted(gone, "image"), v, split, gone))
		}
	}
	return held, errors.Join(errs...)
}

// split holds out the share v of each class of s for validation, by the seed and the images' paths.
func split(s *Set, v float64, seed uint64) (train, val *Set, err error) {
	stream := rng.New(seed, "val_split", 0)
	l := listing{source: s.source, folder: s.folder, classes: s.classes, files: make([]file, s.Len())}
	for i, item := range s.items {
		// In a folder of any name, the draws are as in train.
		path := "train/" + strings.TrimPrefix(item.path, s.folder+"/")
		l.files[i] = file{label: item.label, draw: stream.Uint64(pathNumber(path))}
	}
	held, err := l.hold("val", v)
	if err != nil {
		return nil, nil, fault.Hint(err, "a smaller --val-split or more images of the class")
	}
	train, val = s.part(nil), s.part(nil)
	for i, item := range s.items {
		if held[i] {
			val.items = append(val.items, item)
		} else {
			train.items = append(train.items, item)
		}
	}
	val.skipped = nil // told once
	return train, val, nil
}

// pathNumber is the FNV-1a hash of a path (Fowler, Noll and Vo), the index of its draw.
func pathNumber(path string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(path))
	return h.Sum64()
}

// divide holds out the share v of a listing by the contents of its files alone: the same ones at every seed, in any
// order and anywhere. A file's draw is the first 64 bits of its SHA-256, so those go that sha256sum sorts first.
func (l listing) divide(ctx context.Context, split string, v float64, opts Options) (rest, part listing, err error) {
	count := counter(len(l.files), opts.progress("files"))
	err = each(ctx, len(l.files), opts.Workers, func(i int) error {
		defer count()
		f := &l.files[i]
		if f.err == nil && f.draw == 0 {
			f.draw, f.err = l.source.content(f.path)
		}
		if system(f.err) {
			return fault.At(l.source.name(f.path), f.err)
		}
		return nil
	})
	if err != nil {
		return l, l, err
	}
	held, err := l.hold(split, v)
	if err != nil {
		return l, l, fault.Hint(err, "a smaller share or more images of the class, of which equal ones stay together")
	}
	rest, part = l, l
	rest.files, part.files, part.split = nil, nil, split
	for i, f := range l.files {
		if held[i] {
			part.files = append(part.files, f)
		} else {
			rest.files = append(rest.files, f)
		}
	}
	return rest, part, nil
}

// content is the beginning of the SHA-256 of a file. Errors do not name it.
func (s *source) content(path string) (uint64, error) {
	file, err := s.fsys.Open(path)
	if err != nil {
		return 0, cause(err)
	}
	defer file.Close()
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return 0, cause(err)
	}
	return binary.BigEndian.Uint64(h.Sum(nil)), nil
}
