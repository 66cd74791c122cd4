package dataset

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"

	"actfn/internal/dataset/augment"
)

// Set is the images of one split, ready to be batched. It may be used concurrently.
type Set struct {
	classes   []string
	items     []item
	skipped   []BadFile
	transform Transform
	tables    []table      // one a plane of a batch
	augment   augment.List // of the images to train on
	workers   int
	source    *source
	folder    string // of the split
}

// item is one image that decodes.
type item struct {
	path    string
	label   int
	digest  [sha256.Size]byte
	moments moments
	gray    bool // one plane stands for all channels
	// data are the planes of the transformed image, 1 or Channels of Height·Width bytes; nil when
	// the image is over the memory budget and is decoded again each time.
	data []byte
}

// BadFile is a file that could not be read as an image, and why; Err does not repeat the path.
type BadFile struct {
	Path string
	Err  error
}

// Unlabelled is the label of an image that has none.
const Unlabelled = -1

// Len is the number of images.
func (s *Set) Len() int { return len(s.items) }

// Classes are the class names, by label; nil for unlabelled images.
func (s *Set) Classes() []string { return slices.Clone(s.classes) }

// Label is the class of image i, or Unlabelled.
func (s *Set) Label(i int) int { return s.items[i].label }

// Labels are the labels of all images.
func (s *Set) Labels() []int {
	labels := make([]int, len(s.items))
	for i := range labels {
		labels[i] = s.Label(i)
	}
	return labels
}

// IDs tell the images of the set apart, whatever their order and names: 64 bits of the hash of an image's pixels, and of
// equal images the second has the first's plus 1, the third plus 2.
func (s *Set) IDs() []uint64 {
	ids, seen := make([]uint64, len(s.items)), make(map[uint64]uint64, len(s.items))
	for i := range s.items {
		id := binary.LittleEndian.Uint64(s.items[i].digest[:])
		ids[i] = id + seen[id]
		seen[id]++
	}
	return ids
}

// Path is where image i was read: beneath the root with slashes, as train/class/name.png, or as
// it was given to LoadFiles.
func (s *Set) Path(i int) string { return s.items[i].path }

// Transform is what turns a file into this set's input.
func (s *Set) Transform() Transform {
	t := s.transform
	t.Mean, t.Std = slices.Clone(t.Mean), slices.Clone(t.Std)
	return t
}

// Skipped are the files that were left out because they could not be read.
func (s *Set) Skipped() []BadFile { return slices.Clone(s.skipped) }

// Streamed is the number of images that did not fit the memory budget and are decoded anew each
// time they are batched.
func (s *Set) Streamed() int {
	n := 0
	for i := range s.items {
		if s.items[i].data == nil {
			n++
		}
	}
	return n
}

// Bytes is the memory that the decoded images take.
func (s *Set) Bytes() int64 {
	n := int64(0)
	for i := range s.items {
		n += int64(len(s.items[i].data))
	}
	return n
}

// Hash is the SHA-256, in hex, of the class names and of each image's path, label and pixels
// after the transform's work on bytes. A folder and the .zip of it have the same.
func (s *Set) Hash() string {
	h := sha256.New()
	var number [8]byte
	text := func(t string) {
		binary.LittleEndian.PutUint64(number[:], uint64(len(t)))
		h.Write(number[:])
		h.Write([]byte(t))
	}
	for _, c := range s.classes {
		text(c)
	}
	for i := range s.items {
		item := &s.items[i]
		text(item.path)
		binary.LittleEndian.PutUint64(number[:], uint64(item.label))
		h.Write(number[:])
		h.Write(item.digest[:])
	}
	return hex.EncodeToString(h.Sum(nil))
}

// Close closes the root, after which images over the memory budget cannot be batched any more.
// Sets that were loaded together share it.
func (s *Set) Close() error {
	if s == nil {
		return nil
	}
	return s.source.close()
}

// part is a set of some of the images, sharing their memory.
func (s *Set) part(items []item) *Set {
	part := *s
	part.items = items
	return &part
}

// counts returns the number of images of each class.
func (s *Set) counts() []int {
	n := make([]int, len(s.classes))
	for i := range s.items {
		n[s.items[i].label]++
	}
	return n
}

// Planes is the number of planes that an image has in a batch: that of its channels, or 1 if the channels
// of every image are equal, of this set and of those that were loaded with it.
func (s *Set) Planes() int { return len(s.tables) }

// finish fixes the transform of sets that are loaded together.
func finish(t Transform, sets ...*Set) {
	tables := t.tables()
	coloured := func(s *Set) bool { return slices.ContainsFunc(s.items, func(i item) bool { return !i.gray }) }
	alike := !slices.ContainsFunc(tables, func(t table) bool { return t != tables[0] })
	if alike && !slices.ContainsFunc(sets, coloured) {
		tables = tables[:1]
	}
	for _, s := range sets {
		s.transform, s.tables = t, tables
	}
}
