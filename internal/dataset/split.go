package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"

	"actfn/internal/fault"
	"actfn/internal/rng"
	"actfn/internal/wording"
)

// split holds out the share v of each class of s for validation: round(v·n) of its n images, at
// least one, and at least one stays. Of a class those images go whose draws are smallest. An
// image's draw depends on the seed and its path alone, so a file more or less elsewhere moves no
// other file across.
func split(s *Set, v float64, seed uint64) (train, val *Set, err error) {
	stream := rng.New(seed, "val_split", 0)
	byClass := make([][]int, len(s.classes))
	draw := make([]uint64, s.Len())
	for i, item := range s.items {
		byClass[item.label] = append(byClass[item.label], i)
		draw[i] = stream.Uint64(pathNumber(item.path))
	}
	held := make([]bool, s.Len())
	var errs []error
	for label, members := range byClass {
		n := len(members)
		k := max(1, int(math.Floor(v*float64(n)+0.5)))
		if k >= n {
			errs = append(errs, fmt.Errorf("%s: has %s, of which val_split %v would hold out %d, want at least one left",
				s.source.name("train/"+s.classes[label]), wording.Counted(n, "image"), v, k))
			continue
		}
		slices.SortFunc(members, func(a, b int) int { return cmp.Or(cmp.Compare(draw[a], draw[b]), cmp.Compare(a, b)) })
		for _, i := range members[:k] {
			held[i] = true
		}
	}
	if len(errs) > 0 {
		return nil, nil, fault.Hint(errors.Join(errs...), "a smaller --val-split or more images of the class")
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
