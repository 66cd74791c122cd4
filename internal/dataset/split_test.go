package dataset

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

func TestSplit(t *testing.T) {
	root := sampleTree().zip(t, "")
	parts := func(v float64, seed uint64, root string) (train, val []string) {
		cfg := config(root)
		cfg.ValSplit = v
		d, err := Load(context.Background(), cfg, seed, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i := range d.Train.Len() {
			train = append(train, d.Train.Path(i))
		}
		for i := range d.Val.Len() {
			val = append(val, d.Val.Path(i))
		}
		return train, val
	}
	train, val := parts(0.25, 1, root)
	perClass := map[string]int{}
	for _, p := range val {
		perClass[strings.Split(p, "/")[1]]++
		if slices.Contains(train, p) {
			t.Errorf("%s is in both", p)
		}
	}
	// round(0.25·10), round(0.25·8), round(0.25·6), half up
	if want := map[string]int{"ant": 3, "bee": 2, "cat": 2}; fmt.Sprint(perClass) != fmt.Sprint(want) {
		t.Errorf("held out %v, want %v", perClass, want)
	}
	if len(train)+len(val) != 24 || !slices.IsSorted(val) {
		t.Errorf("%d and %d images, in the order %q", len(train), len(val), val)
	}
	if _, again := parts(0.25, 1, root); !slices.Equal(again, val) {
		t.Error("the same seed splits differently")
	}
	if _, other := parts(0.25, 2, root); slices.Equal(other, val) {
		t.Error("another seed splits the same")
	}
	if _, tiny := parts(0.001, 1, root); len(tiny) != 3 {
		t.Errorf("a tiny share holds out %q, want one of each class", tiny)
	}
	// A new file elsewhere moves no file across, as long as the numbers stay.
	_, more := parts(0.25, 1, sampleTree().with("train/cat/99.png", gradient(6, 5, 3)).zip(t, ""))
	inAnt := func(p string) bool { return !strings.Contains(p, "/ant/") }
	if a, b := slices.DeleteFunc(slices.Clone(val), inAnt), slices.DeleteFunc(more, inAnt); !slices.Equal(a, b) {
		t.Errorf("a new cat moves ants: %q, then %q", a, b)
	}
}

// Each line of several faults begins with the root.
func TestSplitErrorNamesTheRoot(t *testing.T) {
	root := tree{"train/a/1.png": gradient(2, 2, 1), "train/b/1.png": gradient(2, 2, 2), "test/a/1.png": gradient(2, 2, 3)}.dir(t)
	cfg := config(root)
	cfg.ValSplit = 0.5
	_, err := Load(context.Background(), cfg, 1, Options{})
	const rest = ": has 1 image, of which the share 0.5 for val would take 1, want at least one left"
	want := filepath.Join(root, "train/a") + rest + "\n" + filepath.Join(root, "train/b") + rest
	if err == nil || filepath.ToSlash(err.Error()) != filepath.ToSlash(want) {
		t.Errorf("error is\n%v, want\n%s", err, want)
	}
	if h := fault.Hints(err); len(h) != 1 || !strings.Contains(h[0], "--val-split") {
		t.Errorf("hints are %q", h)
	}
}

// Every image is held out equally often over many seeds.
func TestSplitIsFair(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	d := mustLoad(t, cfg, Options{})
	const seeds = 2000
	held := map[string]int{}
	for seed := range uint64(seeds) {
		_, val, err := split(d.Train, 0.5, seed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range val.Len() {
			held[val.Path(i)]++
		}
	}
	for path, n := range held {
		// 5 standard deviations of a binomial(2000, ½)
		if math.Abs(float64(n)-seeds/2) > 5*math.Sqrt(seeds)/2 {
			t.Errorf("%s: held out by %d of %d seeds", path, n, seeds)
		}
	}
	if len(held) != 24 {
		t.Errorf("%d images were ever held out, want 24", len(held))
	}
}
