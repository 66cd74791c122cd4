package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"actfn/internal/fault"
)

func TestLoad(t *testing.T) {
	d := mustLoad(t, config(sampleTree().zip(t, "")), Options{})
	if d.Train.Len() != 24 || d.Test.Len() != 9 || d.Val != nil {
		t.Fatalf("%d training, %d test images, validation %v", d.Train.Len(), d.Test.Len(), d.Val)
	}
	want := Transform{Channels: 3, Height: 5, Width: 6}
	if got := d.Test.Transform(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("transform is %+v, want %+v", got, want)
	}
	if c := d.Test.Classes(); !slices.Equal(c, []string{"ant", "bee", "cat"}) {
		t.Errorf("classes are %q", c)
	}
	if p, l := d.Train.Path(10), d.Train.Label(10); p != "train/bee/00.png" || l != 1 {
		t.Errorf("image 10 is %s of class %d", p, l)
	}
	for i, item := range d.Train.items {
		planes := 3
		if strings.HasSuffix(item.path, "0.png") || strings.HasSuffix(item.path, "3.png") || strings.HasSuffix(item.path, "6.png") || strings.HasSuffix(item.path, "9.png") {
			planes = 1 // gray is kept in one plane
		}
		if len(item.data) != planes*30 {
			t.Errorf("image %d, %s: %d bytes, want %d", i, item.path, len(item.data), planes*30)
		}
	}
}

// A folder, the .zip of it, any number of workers and any memory budget give the same set.
func TestHashes(t *testing.T) {
	tr := sampleTree()
	root := tr.dir(t)
	for _, change := range []func(*Config){
		func(c *Config) {},
		func(c *Config) { c.ImageSize = 4 },
		func(c *Config) { c.Channels = 1 },
		func(c *Config) { c.ValSplit = 0.25 },
		func(c *Config) { c.Normalize = NormalizeTrain },
	} {
		cfg := config(root)
		change(&cfg)
		want := mustLoad(t, cfg, Options{Workers: 1})
		for name, other := range map[string]struct {
			root    string
			cache   int
			workers int
		}{
			"again": {root, 4096, 1}, "four workers": {root, 4096, 4}, "zip": {tr.zip(t, ""), 4096, 4},
			"zip in a folder": {tr.zip(t, "data/"), 4096, 2}, "streamed": {root, 0, 3}, "zip streamed": {tr.zip(t, ""), 0, 1},
		} {
			cfg := config(other.root)
			change(&cfg)
			cfg.CacheMiB = other.cache
			got := mustLoad(t, cfg, Options{Workers: other.workers})
			if got.Hash() != want.Hash() || got.Train.Hash() != want.Train.Hash() {
				t.Errorf("%s: hash differs", name)
			}
			if streamed := got.Train.Streamed(); (streamed > 0) != (other.cache == 0) {
				t.Errorf("%s: %d images are streamed", name, streamed)
			}
			if a, b := got.Test.Transform(), want.Test.Transform(); fmt.Sprint(a) != fmt.Sprint(b) {
				t.Errorf("%s: transform is %v, want %v", name, a, b)
			}
			order := []int{3, 1, 4, 1, 5, 9, 2, 6, 0}
			a, b := allBatches(t, got.Train, order, 4), allBatches(t, want.Train, order, 4)
			for i := range a {
				if !slices.Equal(a[i].X, b[i].X) || !slices.Equal(a[i].Y, b[i].Y) || !slices.Equal(a[i].Index, b[i].Index) {
					t.Errorf("%s: batch %d differs", name, i)
				}
			}
		}
	}
}

func TestHashTellsApart(t *testing.T) {
	tr := sampleTree()
	seen := map[string]string{}
	for name, other := range map[string]tree{
		"as it is":      tr,
		"pixels":        tr.with("train/ant/01.png", gradient(6, 5, 77)),
		"name":          tr.without("train/ant/01.png").with("train/ant/1.png", tr["train/ant/01.png"]),
		"label":         tr.without("train/ant/01.png").with("train/bee/z.png", tr["train/ant/01.png"]),
		"one less":      tr.without("train/ant/01.png"),
		"class renamed": tr.without("train/cat").without("test/cat").with("train/dog/1.png", tr["train/cat/01.png"]),
	} {
		h := mustLoad(t, config(other.dir(t)), Options{}).Train.Hash()
		if before, ok := seen[h]; ok {
			t.Errorf("%s and %s have the same hash", name, before)
		}
		seen[h] = name
	}
}

// Of several faults the same is reported for any number of workers.
func TestBadFiles(t *testing.T) {
	tr := sampleTree().
		with("train/bee/bad.png", []byte("no picture")).
		with("train/ant/05.png", gradient(6, 5, 1)[:30]).
		with("train/cat/x.jpg", nil)
	root := tr.dir(t)
	for _, workers := range []int{1, 2, 7} {
		_, err := Load(context.Background(), config(root), 1, Options{Workers: workers})
		want := filepath.Join(root, "train", "ant", "05.png") + ": png: file is cut short (and 2 more bad files)"
		if err == nil || err.Error() != want {
			t.Errorf("%d workers: %v, want %s", workers, err, want)
		}
		if h := fault.Hints(err); len(h) != 1 || !strings.Contains(h[0], "--skip-bad") {
			t.Errorf("hints are %q", h)
		}
	}
	cfg := config(root)
	cfg.SkipBad, cfg.ValSplit = true, 0.2
	d := mustLoad(t, cfg, Options{})
	var skipped []string
	for _, b := range d.Train.Skipped() {
		skipped = append(skipped, b.Path+" "+b.Err.Error())
	}
	want := []string{
		"train/ant/05.png png: file is cut short",
		"train/bee/bad.png content is unknown, want PNG, JPEG, BMP, TIFF, WebP, PBM, PGM or PPM",
		"train/cat/x.jpg file is empty, want an image",
	}
	if !slices.Equal(skipped, want) {
		t.Errorf("skipped are\n%q, want\n%q", skipped, want)
	}
	if n := d.Train.Len() + d.Val.Len(); n != 23 {
		t.Errorf("%d images are left, want 23", n)
	}
}

func TestSkipBadKeepsEveryClass(t *testing.T) {
	tr := sampleTree().without("train/bee").with("train/bee/1.png", []byte("bad"))
	cfg := config(tr.dir(t))
	cfg.SkipBad = true
	_, err := Load(context.Background(), cfg, 1, Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "train/bee: none of its images can be read, want at least one") {
		t.Errorf("error is %v", err)
	}
	cfg.Root = tree{"train/a/1.png": nil, "test/a/1.png": nil}.dir(t)
	_, err = Load(context.Background(), cfg, 1, Options{})
	if err == nil || !strings.HasSuffix(err.Error(), "train: of 1 file none is an image that can be read, the first because: file is empty, want an image") {
		t.Errorf("error is %v", err)
	}
}

func TestSizesDiffer(t *testing.T) {
	root := sampleTree().with("train/bee/03.png", gradient(9, 8, 1)).with("train/cat/01.png", gradient(5, 6, 1)).dir(t)
	for _, workers := range []int{1, 3} {
		_, err := Load(context.Background(), config(root), 1, Options{Workers: workers})
		want := fmt.Sprintf("%s: image is 9×8 but %s is 6×5, want one size",
			filepath.Join(root, "train", "bee", "03.png"), filepath.Join(root, "train", "ant", "00.png"))
		if err == nil || err.Error() != want {
			t.Errorf("%d workers: %v, want %s", workers, err, want)
		}
		if h := fault.Hints(err); len(h) != 1 || !strings.HasPrefix(h[0], "--image-size N") {
			t.Errorf("hints are %q", h)
		}
	}
	cfg := config(root)
	cfg.ImageSize = 4
	if tf := mustLoad(t, cfg, Options{}).Test.Transform(); tf.Height != 4 || tf.Width != 4 || tf.Resize != 4 {
		t.Errorf("transform is %+v", tf)
	}
	test := sampleTree().with("test/ant/00.png", gradient(7, 7, 1)).dir(t)
	if _, err := Load(context.Background(), config(test), 1, Options{}); err == nil || !strings.Contains(err.Error(), "image is 7×7 but") {
		t.Errorf("a test image of another size: %v", err)
	}
}

func TestLoadErrors(t *testing.T) {
	tr := sampleTree()
	split := func(c *Config) { c.ValSplit = 0.2 }
	none := func(*Config) {}
	for _, c := range []struct {
		name   string
		tree   tree
		change func(*Config)
		want   string
	}{
		{"no test", tr.without("test"), none, "has no test folder, want train and test"},
		{"no train", tr.without("train"), none, "has no train folder, want train and test"},
		{"new class in test", tr.with("test/dog/1.png", gradient(6, 5, 1)), none, `test: class "dog" is not among the classes of train`},
		{"new class in val", tr.with("val/dog/1.png", gradient(6, 5, 1)), none, `val: class "dog" is not among the classes of train`},
		{"empty class", tr.with("train/dog/notes.txt", nil), none, "train/dog: no image in it, want at least one a class"},
		{"val and split", tr.with("val/ant/1.png", gradient(6, 5, 1)), split, "has a val folder and data.val_split is 0.2, want one of them"},
		{"class too small", tr.with("train/dog/1.png", gradient(6, 5, 1)), split, "train/dog: has 1 image, of which the share 0.2 for val would take 1, want at least one left"},
		{"several new classes", tr.with("test/dog/1.png", gradient(6, 5, 1)).with("test/emu/1.png", gradient(6, 5, 1)), none, `test: classes "dog", "emu" are not among the classes of train`},
		{"bad config", tr, func(c *Config) { c.Channels = 2 }, "channels: value is 2, want 3 (RGB) or 1 (gray)"},
	} {
		cfg := config(c.tree.zip(t, ""))
		c.change(&cfg)
		_, err := Load(context.Background(), cfg, 1, Options{})
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s", c.name, err, c.want)
		}
	}
	if d := mustLoad(t, config(tr.without("test/bee").dir(t)), Options{}); len(d.Test.Classes()) != 3 || d.Test.Label(3) != 2 {
		t.Errorf("a class of train that test lacks moves the labels: %v of %q", d.Test.Labels(), d.Test.Classes())
	}
}

func TestValFolder(t *testing.T) {
	d := mustLoad(t, config(sampleTree().with("val/bee/1.png", gradient(6, 5, 1)).dir(t)), Options{})
	if d.Val == nil || d.Val.Len() != 1 || d.Val.Label(0) != 1 || d.Train.Len() != 24 {
		t.Errorf("validation is %v", d.Val)
	}
}

func TestLoadSplitMapsClassesByName(t *testing.T) {
	root := sampleTree().dir(t)
	tf := Transform{Channels: 3, Height: 5, Width: 6, Mean: []float64{0, 0, 0}, Std: []float64{1, 1, 1}}
	s, err := LoadSplit(context.Background(), config(root), "test", tf, []string{"zebra", "cat", "bee", "ant"}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if want := []int{3, 3, 3, 2, 2, 2, 1, 1, 1}; !slices.Equal(s.Labels(), want) {
		t.Errorf("labels are %v, want %v", s.Labels(), want)
	}
	for name, c := range map[string]struct {
		split   string
		tf      Transform
		classes []string
		want    string
	}{
		"unknown class": {"test", tf, []string{"ant", "cat"}, `test: class "bee" is not among the model's classes`},
		"no split":      {"val", tf, []string{"ant"}, "has no val folder"},
		"size":          {"test", Transform{Channels: 3, Height: 8, Width: 8}, []string{"ant", "bee", "cat"}, "image is 6×5, want 8×8 as the model's"},
		"transform":     {"test", Transform{Channels: 3}, []string{"ant", "bee", "cat"}, "height, width: values are 0, 0, want 1 to 65536 and at most 89478485 pixels"},
	} {
		_, err := LoadSplit(context.Background(), config(root), c.split, c.tf, c.classes, Options{})
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, want …%s", name, err, c.want)
		}
	}
}

// A file seen alone is what it is in the set.
func TestLoadFilesAsSplit(t *testing.T) {
	root := sampleTree().dir(t)
	cfg := config(root)
	cfg.ImageSize, cfg.Normalize = 4, NormalizeTrain
	d := mustLoad(t, cfg, Options{})
	var paths []string
	for i := range d.Test.Len() {
		paths = append(paths, filepath.Join(root, filepath.FromSlash(d.Test.Path(i))))
	}
	s, err := LoadFiles(context.Background(), paths, d.Test.Transform(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(allBatches(t, s, nil, 9)[0].X, allBatches(t, d.Test, nil, 9)[0].X) {
		t.Error("files alone differ from the test set")
	}
	if s.Label(0) != Unlabelled || s.Path(1) != paths[1] || s.Classes() != nil {
		t.Errorf("label %d, path %s, classes %v", s.Label(0), s.Path(1), s.Classes())
	}
	b := allBatches(t, s, nil, 2)[0]
	if b.Y[0] != -1 {
		t.Errorf("label of an unlabelled image is %v", b.Y[0])
	}
	missing, text := filepath.Join(root, "none.png"), filepath.Join(root, "notes.txt")
	tree{}.put(t, root, "notes.txt", []byte("no image"))
	for name, c := range map[string]struct {
		paths []string
		want  string
	}{
		"missing":     {[]string{paths[0], missing}, missing + ": no such file or folder"},
		"two missing": {[]string{missing, missing}, missing + ": no such file or folder (and 1 more bad file)"},
		"folder":      {[]string{root}, root + ": is a folder, want a regular file"},
		"in a file":   {[]string{filepath.Join(paths[0], "1.png")}, filepath.Join(paths[0], "1.png") + ": not a folder"},
		"no image":    {[]string{text}, text + ": content is unknown, want"},
		"none":        {nil, "no image file is given"},
	} {
		_, err := LoadFiles(context.Background(), c.paths, d.Test.Transform(), Options{})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s…", name, err, c.want)
		}
		if h := fault.Hints(err); len(h) > 0 {
			t.Errorf("%s: hints are %q, want none", name, h)
		}
	}
}

func TestProgress(t *testing.T) {
	var calls atomic.Int32
	last := map[string]int{}
	mustLoad(t, config(sampleTree().zip(t, "")), Options{Workers: 4, Progress: func(split string, done, total int) {
		calls.Add(1)
		if done != last[split]+1 || total != map[string]int{"train": 24, "test": 9}[split] {
			t.Errorf("%s: %d of %d after %d", split, done, total, last[split])
		}
		last[split] = done
	}})
	if calls.Load() != 33 {
		t.Errorf("%d calls, want 33", calls.Load())
	}
}

// settle waits for goroutines that are about to end.
func settle(t *testing.T, before int) {
	t.Helper()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines are left, %d were there before", runtime.NumGoroutine(), before)
}

func TestLoadCancelled(t *testing.T) {
	root := sampleTree().dir(t)
	before := runtime.NumGoroutine()
	for _, after := range []int{1, 7, 25} {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		_, err := Load(ctx, config(root), 1, Options{Workers: 3, Progress: func(string, int, int) {
			if n++; n == after {
				cancel()
			}
		}})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after %d images: %v", after, err)
		}
		cancel()
	}
	settle(t, before)
}

// A directory of a .zip that claims a giant is refused by name, without taking memory for it.
func TestZipBomb(t *testing.T) {
	name := tree{"train/a/1.png": bytes.Repeat([]byte{0}, 1000), "test/a/1.png": gradient(2, 2, 1)}.zip(t, "")
	data := readFile(t, name)
	at := bytes.LastIndex(data, []byte("train/a/1.png")) // in the directory
	copy(data[at-46+24:], []byte{0xff, 0xff, 0xff, 0x7f})
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	before := allocated()
	_, err := Load(context.Background(), config(name), 1, Options{})
	if err == nil || !strings.Contains(err.Error(), "1.png: is 2147483647 bytes, want at most 536870912") {
		t.Errorf("error is %v", err)
	}
	if taken := allocated() - before; taken > 8<<20 {
		t.Errorf("took %d bytes", taken)
	}
}

// Runs at several seeds share the images: each has the data that it would load alone.
func TestImagesServeEverySeed(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.ValSplit, cfg.Normalize = 0.2, NormalizeTrain
	images, err := LoadImages(context.Background(), cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer images.Close()
	seen := map[string]bool{}
	for seed := range uint64(3) {
		shared, err := images.Data(seed)
		if err != nil {
			t.Fatal(err)
		}
		alone, err := Load(context.Background(), cfg, seed, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if shared.Hash() != alone.Hash() || !reflect.DeepEqual(shared.Train.Transform(), alone.Train.Transform()) {
			t.Errorf("seed %d: data is %s, %v, want that of Load, %s, %v",
				seed, shared.Hash(), shared.Train.Transform(), alone.Hash(), alone.Train.Transform())
		}
		if shared.Test.Hash() != alone.Test.Hash() || shared.Train.Len() != 19 || shared.Val.Len() != 5 {
			t.Errorf("seed %d: sets of %d, %d images", seed, shared.Train.Len(), shared.Val.Len())
		}
		seen[shared.Hash()] = true
	}
	if len(seen) != 3 {
		t.Errorf("%d different splits at 3 seeds", len(seen))
	}
	cfg.ValSplit = 0
	whole, err := Load(context.Background(), cfg, 0, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if images.Hash() != whole.Hash() {
		t.Errorf("hash is %s, want that without a split, %s", images.Hash(), whole.Hash())
	}
}

// The content says what a file is, not its name.
func TestContentDecides(t *testing.T) {
	tr := tree{
		"train/a/1.jpg": readFile(t, "picture/testdata/images/rgb.png"),
		"train/a/2.png": readFile(t, "picture/testdata/images/rgb.bmp"),
		"test/a/1.webp": readFile(t, "picture/testdata/images/rgb.ppm"),
	}
	d := mustLoad(t, config(tr.dir(t)), Options{})
	if !bytes.Equal(d.Train.items[0].data, d.Train.items[1].data) || !bytes.Equal(d.Train.items[0].data, d.Test.items[0].data) {
		t.Error("the same picture in three formats gives different pixels")
	}
}
