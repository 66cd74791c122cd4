package dataset

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"actfn/internal/dataset/augment"
	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
)

// viewed are the images of a view, (P, H, W) each, by their paths.
func viewed(t *testing.T, s *Set, v View) map[string][]float32 {
	t.Helper()
	images := map[string][]float32{}
	for b, err := range s.Batches(context.Background(), v) {
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range b.Index {
			var image []float32
			for at := k; at < len(b.X); at += len(b.Y) {
				image = append(image, b.X[at])
			}
			images[s.Path(i)] = image
		}
	}
	return images
}

func equal(a, b map[string][]float32) bool { return maps.EqualFunc(a, b, slices.Equal[[]float32]) }

// everything is all augmentations, fit for small images.
func everything(c *Config) {
	for _, name := range augment.Names() {
		c.Augment = append(c.Augment, cmp.Or(map[string]string{"crop": "crop=2", "erase": "erase=1"}[name], name))
	}
}

// What an augmentation draws for an image depends on nothing but the seed, the epoch and the image's content.
func TestAugmentedBatches(t *testing.T) {
	tr := sampleTree()
	root := tr.dir(t)
	set := func(root string, cache, workers int) *Data {
		cfg := config(root)
		cfg.CacheMiB, cfg.Normalize = cache, NormalizeTrain
		everything(&cfg)
		return mustLoad(t, cfg, Options{Workers: workers})
	}
	plain := config(root)
	plain.Normalize = NormalizeTrain
	d, asTheyAre := set(root, 4096, 1), viewed(t, mustLoad(t, plain, Options{}).Train, View{Size: 4, Columns: 4})
	draws := &Draws{Seed: 1, Epoch: 2}
	want := viewed(t, d.Train, View{Size: 4, Columns: 4, Augment: draws})
	if !equal(viewed(t, d.Train, View{Size: 4, Columns: 4}), asTheyAre) {
		t.Error("a view without draws changes images")
	}
	if equal(want, asTheyAre) {
		t.Error("no image is changed")
	}
	order := []int{23, 4, 5}
	for i := range d.Train.Len() {
		order = append(order, i*7%d.Train.Len())
	}
	for name, got := range map[string]map[string][]float32{
		"again":         viewed(t, d.Train, View{Size: 4, Columns: 4, Augment: draws}),
		"other batches": viewed(t, d.Train, View{Order: order, Size: 7, Columns: 16, Augment: draws}),
		"streamed":      viewed(t, set(root, 0, 3).Train, View{Size: 5, Columns: 5, Augment: draws}),
		"four workers":  viewed(t, set(tr.zip(t, ""), 4096, 4).Train, View{Size: 5, Columns: 5, Augment: draws}),
	} {
		if !equal(got, want) {
			t.Errorf("%s: images differ", name)
		}
	}
	for name, other := range map[string]Draws{"seed": {2, 2}, "epoch": {1, 3}} {
		if equal(viewed(t, d.Train, View{Size: 4, Columns: 4, Augment: &other}), want) {
			t.Errorf("another %s changes nothing", name)
		}
	}
	test := viewed(t, d.Test, View{Size: 4, Columns: 4})
	if !equal(viewed(t, d.Test, View{Size: 4, Columns: 4, Augment: draws}), test) {
		t.Error("test images are changed")
	}
}

// Validation images, held out or of a folder, come as they are whatever the view.
func TestValidationIsNotAugmented(t *testing.T) {
	tr := sampleTree()
	for name, c := range map[string]struct {
		root  string
		split float64
	}{
		"held out": {tr.zip(t, ""), 0.3},
		"folder":   {tr.with("val/ant/1.png", gradient(6, 5, 3)).with("val/cat/1.png", gradient(6, 5, 4)).zip(t, ""), 0},
	} {
		cfg := config(c.root)
		cfg.ValSplit = c.split
		everything(&cfg)
		val := mustLoad(t, cfg, Options{}).Val
		plain := View{Size: 4, Columns: 4}
		if v := (View{Size: 4, Columns: 4, Augment: &Draws{}}); !equal(viewed(t, val, v), viewed(t, val, plain)) {
			t.Errorf("%s: images are changed", name)
		}
	}
}

// An image keeps its draws by another name, and of two that are equal each has its own.
func TestAugmentedByContent(t *testing.T) {
	tr := sampleTree()
	draw := func(tr tree) map[string][]float32 {
		cfg := config(tr.zip(t, ""))
		everything(&cfg)
		return viewed(t, mustLoad(t, cfg, Options{}).Train, View{Size: 4, Columns: 4, Augment: &Draws{Epoch: 1}})
	}
	want := draw(tr)
	renamed := draw(tr.without("train/bee/03.png").with("train/bee/zz.png", tr["train/bee/03.png"]))
	if !slices.Equal(renamed["train/bee/zz.png"], want["train/bee/03.png"]) {
		t.Error("an image of another name has other draws")
	}
	twice := draw(tr.with("train/bee/zz.png", tr["train/bee/03.png"]))
	if !slices.Equal(twice["train/bee/03.png"], want["train/bee/03.png"]) {
		t.Error("of two equal images, the first has other draws than alone")
	}
	if slices.Equal(twice["train/bee/zz.png"], want["train/bee/03.png"]) {
		t.Error("of two equal images, the second has the draws of the first")
	}
}

// A rectangle is erased in what the pixels become by normalization, in every plane.
func TestErased(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.Normalize, cfg.Mean, cfg.Std = NormalizeFixed, []float64{2, 2, 2}, []float64{1, 2, 3} // no pixel becomes 0
	cfg.Augment = []string{"erase=1"}
	s := mustLoad(t, cfg, Options{}).Train
	before := viewed(t, s, View{Size: 24, Columns: 24})
	var m augment.Image
	for k, id := range s.IDs() {
		m.Begin(picture.Pixels{W: 6, H: 5, Data: s.items[k].data})
		s.augment.Apply(&m, id, 5, 6)
		if m.Erased.Empty() {
			t.Errorf("image %d has no rectangle", k)
		}
		want := before[s.Path(k)]
		for c := range 3 {
			for y := m.Erased.Min.Y; y < m.Erased.Max.Y; y++ {
				for x := m.Erased.Min.X; x < m.Erased.Max.X; x++ {
					want[(c*5+y)*6+x] = 0
				}
			}
		}
	}
	if !equal(viewed(t, s, View{Size: 5, Columns: 5, Augment: &Draws{5, 6}}), before) {
		t.Error("what is erased is not the rectangle")
	}
}

// Gray images stay one plane, and are changed as their three equal planes are.
func TestAugmentedGray(t *testing.T) {
	gray := tree{}
	for i, path := range []string{"train/a/1.png", "train/a/2.png", "train/b/1.png", "test/a/1.png", "test/b/1.png"} {
		gray[path] = grayGradient(7, 4, i)
	}
	draw := func(tr tree, planes int) map[string][]float32 {
		cfg := config(tr.zip(t, ""))
		everything(&cfg)
		s := mustLoad(t, cfg, Options{}).Train
		if s.Planes() != planes {
			t.Errorf("images have %d planes, want %d", s.Planes(), planes)
		}
		return viewed(t, s, View{Size: 4, Columns: 4, Augment: &Draws{Seed: 1, Epoch: 1}})
	}
	one, three := draw(gray, 1), draw(gray.with("test/b/2.png", gradient(7, 4, 3)), 3)
	for path, plane := range one {
		if want := slices.Concat(plane, plane, plane); !slices.Equal(three[path], want) {
			t.Errorf("%s as three planes is %v, want %v", path, three[path], want)
		}
	}
}

func TestAugmentationThatDoesNotFit(t *testing.T) {
	tr := sampleTree()
	const want = "data.augment: crop: value is 5 and the images are 6×5, want less than their shorter side"
	for name, tr := range map[string]tree{"sound": tr, "a file that is no image": tr.with("train/bee/04.png", []byte("no"))} {
		cfg := config(tr.zip(t, ""))
		cfg.Augment = []string{"flip", "crop=5"}
		if _, err := Load(context.Background(), cfg, 0, Options{}); err == nil || err.Error() != want || !fault.IsUsage(err) {
			t.Errorf("%s: error is %v, want %s", name, err, want)
		}
	}
	cfg := config(tree{"train/a/1.png": []byte("no"), "test/a/1.png": gradient(6, 5, 1)}.zip(t, ""))
	cfg.Augment = []string{"crop=5"}
	if _, err := Load(context.Background(), cfg, 0, Options{}); err == nil || fault.IsUsage(err) {
		t.Errorf("no image that decodes: error is %v, want that of the image", err)
	}
	cfg.Augment = []string{"flip", "flop"}
	if err := cfg.Validate(); err == nil || !strings.HasPrefix(err.Error(), `augment: name is "flop", want crop, flip`) {
		t.Errorf("error is %v, want that of flop", err)
	}
}
