package dataset

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

func mustCheck(t *testing.T, root string) *Report {
	t.Helper()
	r, err := Check(context.Background(), root, Options{Workers: 3})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestCheck(t *testing.T) {
	tr := sampleTree()
	if r := mustCheck(t, tr.dir(t)); !r.OK() || r.Faults() != nil || len(r.Splits) != 2 || len(r.Differences) != 0 {
		t.Errorf("a good dataset is reported as %+v", r)
	}
	root := tr.
		with("train/bee/bad.png", []byte("no picture")).
		with("train/dog/notes.txt", nil).
		with("test/emu/1.png", gradient(9, 4, 1)).
		with("test/cat/copy.bmp", tr["train/ant/02.png"]). // another name, the same pixels
		with("train/cat/twin.png", tr["train/ant/02.png"]).
		with("train/bee/twin.png", tr["train/bee/04.png"]).
		dir(t)
	r := mustCheck(t, root)
	if r.OK() {
		t.Error("a bad dataset is reported as good")
	}
	train, test := r.Splits[0], r.Splits[1]
	if train.Split != "train" || train.Images != 26 || len(train.Bad) != 1 || train.Bad[0] != (BadReport{"train/bee/bad.png", "content is unknown, want PNG, JPEG, BMP, TIFF, WebP, PBM, PGM or PPM"}) {
		t.Errorf("train is %+v", train)
	}
	if want := []ClassCount{{"ant", 10}, {"bee", 9}, {"cat", 7}, {"dog", 0}}; !slices.Equal(train.Classes, want) {
		t.Errorf("classes are %v, want %v", train.Classes, want)
	}
	if want := []SizeCount{{6, 5, 10}, {9, 4, 1}}; !slices.Equal(test.Sizes, want) {
		t.Errorf("sizes are %v, want %v", test.Sizes, want)
	}
	if len(r.Differences) != 2 || r.Differences[0].Class != "dog" || r.Differences[1].Class != "emu" || r.Differences[1].Missing[0] != "train" {
		t.Errorf("differences are %v", r.Differences)
	}
	if len(r.AcrossSplits) != 1 || r.AcrossSplits[0].String() != "train/ant/02.png = train/cat/twin.png = test/cat/copy.bmp (in different classes)" {
		t.Errorf("identical across splits are %v", r.AcrossSplits)
	}
	if len(train.Duplicates) != 2 || train.Duplicates[1].String() != "train/bee/04.png = train/bee/twin.png" || len(test.Duplicates) != 0 {
		t.Errorf("duplicates are %v and %v", train.Duplicates, test.Duplicates)
	}
	var text strings.Builder
	if err := r.WriteText(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"split  images  classes  bad  sizes\ntrain      26        4    1  6×5 (26)\ntest       11        4    0  6×5 (10), 9×4 (1)\n",
		"\nclass  train  test\n", "\ndog        0     -\nemu        -     1\n",
		"bad files in train: 1\n  train/bee/bad.png: content is unknown", "empty classes in train: 1\n  dog\n",
		"\n\nfault: train: 1 file cannot be read\nfault: train: class \"dog\" has no image\nfault: test: class \"emu\" is not in train\n" +
			"fault: 1 image is in more than one split\n" +
			"remark: train: files that are not read: 1 .txt\nremark: images of several sizes: train with --image-size N\n",
		"  emu: in test, not in train\n", "identical images across splits: 1\n", "identical images within train: 2\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("the text has no %q:\n%s", want, &text)
		}
	}
	data, err := json.Marshal(r)
	if others := `"folder":"train","images":26,`; err == nil && (!strings.Contains(string(data), others) ||
		!strings.Contains(string(data), `"other_files":[{"extension":".txt","files":1}]`)) {
		t.Errorf("%s", data)
	}
	if err != nil || !strings.Contains(string(data), `"identical_across_splits":[{"paths":["train/ant/02.png",`) {
		t.Errorf("%s, %v", data, err)
	}
}

// A picture is the same whatever it is stored as, and gray is gray in one channel or three.
func TestCheckComparesPixels(t *testing.T) {
	r := mustCheck(t, tree{
		"train/a/1.png": readFile(t, "picture/testdata/images/rgb.png"),
		"test/a/1.ppm":  readFile(t, "picture/testdata/images/rgb.ppm"),
	}.dir(t))
	if len(r.AcrossSplits) != 1 {
		t.Errorf("a PNG and a PPM of one picture are not the same: %v", r.AcrossSplits)
	}
}

func TestCheckErrors(t *testing.T) {
	if _, err := Check(context.Background(), tree{"1.png": nil}.dir(t), Options{}); err == nil || !strings.HasSuffix(err.Error(), "has neither a train nor a test folder") {
		t.Errorf("error is %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Check(ctx, "", Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

func TestFaults(t *testing.T) {
	tr := sampleTree()
	twin := func(path string) []byte { return tr[path] }
	for name, c := range map[string]struct {
		tree tree
		want []string
	}{
		"none":           {tr, nil},
		"several sizes":  {tr.with("train/ant/z.png", gradient(9, 4, 1)), nil},
		"class in train": {tr.with("train/dog/1.png", gradient(6, 5, 9)), nil},
		"no test":        {tr.without("test"), []string{"test: folder is missing"}},
		"no train":       {tr.without("train"), []string{"train: folder is missing"}},
		"no classes":     {tr.without("test").with("test/1.png", nil), []string{"test: has no class folder"}},
		"bad files":      {tr.with("test/ant/x.png", nil).with("test/bee/x.png", nil), []string{"test: 2 files cannot be read"}},
		"empty classes":  {tr.with("train/dog/x", nil).with("train/emu/x", nil), []string{`train: classes "dog", "emu" have no image`}},
		"strange":        {tr.with("val/dog/1.png", gradient(6, 5, 9)).with("val/emu/1.png", gradient(6, 5, 8)), []string{`val: classes "dog", "emu" are not in train`}},
		"twins": {tr.with("test/ant/x.png", twin("train/ant/01.png")).with("test/ant/y.png", twin("train/ant/02.png")),
			[]string{"2 images are in more than one split"}},
	} {
		r := mustCheck(t, c.tree.zip(t, ""))
		if got := r.Faults(); !slices.Equal(got, c.want) || r.OK() != (len(c.want) == 0) {
			t.Errorf("%s: faults are %q, ok %v, want %q", name, got, r.OK(), c.want)
		}
		var text strings.Builder
		if err := r.WriteText(&text); err != nil {
			t.Fatal(err)
		}
		for _, line := range c.want {
			if !strings.Contains(text.String(), "\nfault: "+line+"\n") {
				t.Errorf("%s: the text has no line for %q:\n%s", name, line, &text)
			}
		}
		if remark := strings.Contains(text.String(), "\nremark: images of several sizes"); remark != (name == "several sizes") {
			t.Errorf("%s: the text has a remark: %v", name, remark)
		}
	}
}
