package dataset

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

// pile is a flat tree of classes with so many different images.
func pile(n map[string]int) tree {
	tr, k := tree{}, 0
	for _, class := range slices.Sorted(maps.Keys(n)) {
		for i := range n[class] {
			tr[fmt.Sprintf("%s/%03d.png", class, i)] = gradient(3, 2, k)
			k++
		}
	}
	return tr
}

// contentsOf are the files of a set, or of a folder of a tree, by class and content, sorted.
func contentsOf(tr tree, paths []string) []string {
	var all []string
	for _, p := range paths {
		class := strings.Split(p, "/")
		all = append(all, class[len(class)-2]+string(tr[p]))
	}
	slices.Sort(all)
	return all
}

func pathsOf(s *Set) []string {
	var all []string
	for i := range s.Len() {
		all = append(all, s.Path(i))
	}
	return all
}

// testOf are the test images of a flat root, by class and content.
func testOf(t *testing.T, tr tree, root string, share float64, seed uint64) []string {
	t.Helper()
	cfg := config(root)
	cfg.TestSplit = share
	d, err := Load(context.Background(), cfg, seed, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	train, test := pathsOf(d.Train), pathsOf(d.Test)
	if len(train)+len(test) != len(tr) {
		t.Errorf("%d and %d images of %d", len(train), len(test), len(tr))
	}
	for _, p := range test {
		if slices.Contains(train, p) {
			t.Errorf("%s is in both", p)
		}
	}
	return contentsOf(tr, test)
}

// Other names, another order, a .zip, another seed: the same images are held out. dataset split makes the same.
func TestTestSplit(t *testing.T) {
	tr := pile(map[string]int{"ant": 10, "bee": 7, "cat": 31})
	root := tr.dir(t)
	want := testOf(t, tr, root, 0.2, 1)
	perClass := map[string]int{}
	for _, c := range want {
		perClass[c[:3]]++
	}
	if fmt.Sprint(perClass) != "map[ant:2 bee:1 cat:6]" { // round(0.2·n)
		t.Errorf("held out %v", perClass)
	}
	renamed := tree{}
	for i, p := range rand.New(rand.NewPCG(1, 2)).Perm(len(tr)) {
		from := slices.Sorted(maps.Keys(tr))[p]
		renamed[fmt.Sprintf("%s/%c/x%02d.PNG", path.Dir(from), 'a'+i%3, i)] = tr[from]
	}
	classes := tree{}
	for p, data := range renamed { // the class is two folders up
		parts := strings.Split(p, "/")
		classes[parts[0]+"/"+parts[1]+"-"+parts[2]] = data
	}
	for name, got := range map[string][]string{
		"another seed":       testOf(t, tr, root, 0.2, 7),
		"zip":                testOf(t, tr, tr.zip(t, ""), 0.2, 1),
		"zip with a folder":  testOf(t, tr, tr.zip(t, "photos/"), 0.2, 1),
		"other names":        testOf(t, classes, classes.dir(t), 0.2, 1),
		"other names, a zip": testOf(t, classes, classes.zip(t, ""), 0.2, 1),
	} {
		if !slices.Equal(got, want) {
			t.Errorf("%s: holds out other images", name)
		}
	}
	if slices.Equal(testOf(t, tr, root, 0.3, 1), want) {
		t.Error("another share holds out the same")
	}

	for name, root := range map[string]string{"folder": root, "zip": tr.zip(t, ""), "other names": classes.dir(t)} {
		out := filepath.Join(t.TempDir(), "new", "out")
		made, err := SplitFolder(context.Background(), Splitting{Root: root, Out: out, Test: 0.2, Val: 0.1})
		if err != nil {
			t.Fatal(err)
		}
		copied := tree{}
		var test []string
		for _, p := range filesIn(t, out) {
			copied[p] = readFile(t, filepath.Join(out, p))
			if strings.HasPrefix(p, "test/") {
				test = append(test, p)
			}
		}
		if len(copied) != len(tr) || !slices.Equal(contentsOf(copied, test), want) {
			t.Errorf("%s: dataset split makes other test images", name)
		}
		var counts []string
		for _, s := range made.Splits {
			counts = append(counts, fmt.Sprintf("%s %d %v", s.Split, s.Images, s.Classes))
		}
		if fmt.Sprint(counts) != "[train 34 [{ant 7} {bee 5} {cat 22}] val 5 [{ant 1} {bee 1} {cat 3}] test 9 [{ant 2} {bee 1} {cat 6}]]" {
			t.Errorf("%s: made %s", name, counts)
		}
		// What is made is a dataset without faults or leaks.
		if faults := mustCheck(t, out).Faults(); faults != nil {
			t.Errorf("%s: faults are %q", name, faults)
		}
	}
}

// The images of a flat folder and of the split one come in the same order, and for validation the same are held out.
func TestTestSplitAndValSplit(t *testing.T) {
	tr := pile(map[string]int{"ant": 10, "bee": 8})
	root, out := tr.dir(t), filepath.Join(t.TempDir(), "out")
	if _, err := SplitFolder(context.Background(), Splitting{Root: root, Out: out, Test: 0.2}); err != nil {
		t.Fatal(err)
	}
	cfg := config(root)
	cfg.TestSplit, cfg.ValSplit = 0.2, 0.25
	a := mustLoad(t, cfg, Options{})
	cfg = config(out)
	cfg.ValSplit = 0.25
	b := mustLoad(t, cfg, Options{})
	for i, s := range a.sets() {
		if !slices.Equal(s.IDs(), b.sets()[i].IDs()) || !slices.Equal(s.Labels(), b.sets()[i].Labels()) {
			t.Errorf("set %d differs", i)
		}
	}
	// What was held out for the test is found again, also from another place.
	s, err := LoadSplit(context.Background(), Config{Root: tr.zip(t, "x/"), TestSplit: 0.2, CacheMiB: 1}, "test", a.Test.Transform(), []string{"bee", "ant"}, Options{})
	if err != nil || !slices.Equal(s.IDs(), a.Test.IDs()) {
		t.Errorf("%v, or other images", err)
	}
	if s, err = LoadSplit(context.Background(), Config{Root: root, TestSplit: 0.2, CacheMiB: 1}, "train", a.Test.Transform(), []string{"ant", "bee"}, Options{}); err != nil || s.Len() != 14 {
		t.Errorf("train has %d images, %v, want 14", s.Len(), err)
	}
}

// Equal files are never on both sides, whatever their classes and number, and every class has both.
func TestTestSplitKeepsCopiesTogether(t *testing.T) {
	draw := rand.New(rand.NewPCG(3, 4))
	for range 200 {
		l := listing{source: &source{}, folder: ".", classes: []string{"b", "a", "c"}}
		different := make([]map[uint64]bool, 3)
		for label := range l.classes {
			different[label] = map[uint64]bool{}
			for range 2 + draw.IntN(40) {
				content := draw.Uint64N(12 + 1000*draw.Uint64N(2))
				different[label][content] = true
				l.files = append(l.files, file{label: label, draw: content})
			}
		}
		held, err := l.hold("test", 0.25)
		side := map[uint64]bool{}
		counts := [3][2]int{}
		for i, f := range l.files {
			if before, there := side[f.draw]; there && before != held[i] {
				t.Fatalf("copies of %d are on both sides", f.draw)
			}
			side[f.draw] = held[i]
			if held[i] {
				counts[f.label][1]++
			} else {
				counts[f.label][0]++
			}
		}
		for label, n := range counts {
			if (n[0] == 0) != (err != nil && strings.Contains(err.Error(), l.classes[label]+": has")) {
				t.Errorf("class %s is divided into %v, error is %v", l.classes[label], n, err)
			}
			if label == 1 && n[1] == 0 { // a is the first by name
				t.Errorf("class a has no test image of %d", n[0])
			}
		}
		// Another order of files and classes moves none.
		other := l
		other.files = slices.Clone(l.files)
		draw.Shuffle(len(other.files), func(i, j int) { other.files[i], other.files[j] = other.files[j], other.files[i] })
		again, _ := other.hold("test", 0.25)
		for i, f := range other.files {
			if again[i] != side[f.draw] {
				t.Fatal("another order moves an image")
			}
		}
	}
}

func TestTestSplitErrors(t *testing.T) {
	flatTree := pile(map[string]int{"ant": 4, "bee": 4})
	twins := tree{"a/1.png": gradient(2, 2, 1), "a/2.png": gradient(2, 2, 1), "b/1.png": gradient(2, 2, 2), "b/2.png": gradient(2, 2, 3)}
	for name, c := range map[string]struct {
		tree tree
		test float64
		want string
		hint string
		code bool // of usage
	}{
		"flat":       {flatTree, 0, ": has no train folder with classes in it, want train and test", "--test-split 0.2 takes a fifth", false},
		"train only": {sampleTree().without("test"), 0, ": has no test folder, want train and test", "--test-split 0.2 takes a fifth", false},
		"test only":  {sampleTree().without("train"), 0, ": has no train folder, want train and test", "a dataset is", false},
		"beside test": {sampleTree(), 0.2, ": has a test folder and data.test_split is 0.2, want one of them",
			"--test-split 0 tests on the test folder", true},
		"too much": {flatTree, 0.9, "/ant: has 4 images, of which the share 0.9 for test would take 4, want at least one left", "a smaller share", false},
		"copies":   {twins, 0.5, "/a: has 2 images, of which the share 0.5 for test would take 2, want at least one left", "equal ones stay together", false},
		"both":     {sampleTree().with("Train/ant/1.png", nil), 0, ": has the folders Train and train, want one of them for train", "", false},
	} {
		if name == "both" && len(filesIn(t, c.tree.dir(t))) != len(c.tree) {
			continue // upper and lower case are the same here
		}
		cfg := config(c.tree.dir(t))
		cfg.TestSplit = c.test
		_, err := Load(context.Background(), cfg, 1, Options{})
		if err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), filepath.ToSlash(cfg.Root)+c.want) || fault.IsUsage(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if h := strings.Join(fault.Hints(err), "\n"); !strings.Contains(h, c.hint) {
			t.Errorf("%s: hints are %q, want %s", name, h, c.hint)
		}
	}
}

// A file that cannot be read stays, and is not counted.
func TestTestSplitOfBadFiles(t *testing.T) {
	tr := pile(map[string]int{"ant": 10, "bee": 10}).with("ant/bad.png", []byte("no image"))
	root := tr.dir(t)
	symlink(t, "nowhere", filepath.Join(root, "bee", "link.png"))
	cfg := config(root)
	cfg.TestSplit, cfg.SkipBad = 0.2, true
	d := mustLoad(t, cfg, Options{})
	if skipped := len(d.Train.Skipped()) + len(d.Test.Skipped()); skipped != 2 || d.Train.Len()+d.Test.Len() != 20 {
		t.Errorf("skipped %d, %d and %d are left", skipped, d.Train.Len(), d.Test.Len())
	}
	_, err := SplitFolder(context.Background(), Splitting{Root: root, Out: filepath.Join(t.TempDir(), "out"), Test: 0.2})
	if want := filepath.Join(root, "bee", "link.png") + ": is a symbolic link that leads nowhere or to itself"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestFolders(t *testing.T) {
	train, other := sampleTree().without("test"), map[string][]byte{}
	for p, data := range sampleTree() {
		if rest, ok := strings.CutPrefix(p, "test/"); ok {
			other[rest] = data
		}
	}
	under := func(folder string) tree {
		tr := train
		for p, data := range other {
			tr = tr.with(folder+"/"+p, data)
		}
		return tr
	}
	for folder, want := range map[string]string{
		"test": "", "Test": "", "TESTING": "",
		"val": "val is the test set: there is no test folder", "Valid": "Valid is the test set: there is no test folder",
		"validation": "validation is the test set: there is no test folder",
	} {
		root := under(folder).zip(t, "")
		d := mustLoad(t, config(root), Options{})
		if d.Val != nil || d.Test.Len() != 9 || strings.Join(d.Remarks, "\n") != want {
			t.Errorf("%s: validation is %v, %d images to test, remarks are %q, want %q", folder, d.Val, d.Test.Len(), d.Remarks, want)
		}
		r := mustCheck(t, root)
		var text strings.Builder
		if err := r.WriteText(&text); err != nil || !r.OK() || r.Splits[1].Split != "test" || r.Splits[1].Folder != folder ||
			(want != "") != strings.Contains(text.String(), "remark: "+folder+" is the test set") {
			t.Errorf("%s: %v, report is %+v\n%s", folder, err, r, &text)
		}
		s, err := LoadSplit(context.Background(), config(root), "test", d.Test.Transform(), d.Test.Classes(), Options{})
		if err != nil || !slices.Equal(s.IDs(), d.Test.IDs()) {
			t.Errorf("%s: %v, or other images", folder, err)
		}
	}
	// With a share to test on, val is for validation.
	cfg := config(under("Valid").dir(t))
	cfg.TestSplit = 0.25
	if d := mustLoad(t, cfg, Options{}); d.Val.Len() != 9 || d.Test.Len() != 7 || d.Train.Len() != 17 {
		t.Errorf("%d, %d, %d images", d.Train.Len(), d.Val.Len(), d.Test.Len())
	}
	// A class may have the name of a split.
	vehicles := pile(map[string]int{"car": 5, "plane": 5, "train": 5})
	cfg = config(vehicles.zip(t, ""))
	cfg.TestSplit = 0.2
	if d := mustLoad(t, cfg, Options{}); fmt.Sprint(d.Train.Classes()) != "[car plane train]" {
		t.Errorf("classes are %v", d.Train.Classes())
	}
	r := mustCheck(t, cfg.Root)
	if !r.OK() || len(r.Splits) != 1 || r.Splits[0].Split != "all" || r.Splits[0].Images != 15 {
		t.Errorf("report is %+v", r)
	}
}

func TestClasses(t *testing.T) {
	tr := sampleTree().with("test/fox/1.png", gradient(6, 5, 9)).with("train/empty/notes.txt", nil)
	root := tr.dir(t)
	load := func(classes, skip []string) (*Data, error) {
		cfg := config(root)
		cfg.Classes, cfg.SkipClasses = classes, skip
		return Load(context.Background(), cfg, 1, Options{})
	}
	_, err := load(nil, nil)
	if h := strings.Join(fault.Hints(err), "\n"); err == nil || !strings.Contains(h, "--skip-classes empty leaves it out") {
		t.Errorf("%v, hints are %q", err, h)
	}
	if _, err = load(nil, []string{"empty"}); err == nil || !slices.Contains(fault.Hints(err), "--skip-classes fox leaves it out") {
		t.Errorf("%v, hints are %q", err, fault.Hints(err))
	}
	d, err := load(nil, []string{"fox", "empty"})
	if err != nil || fmt.Sprint(d.Train.Classes()) != "[ant bee cat]" || d.Train.Len() != 24 || d.Test.Len() != 9 {
		t.Errorf("%v, %+v", err, d)
	}
	d, err = load([]string{"cat", "ant"}, nil)
	if err != nil || fmt.Sprint(d.Train.Classes(), d.Test.Classes()) != "[cat ant] [cat ant]" || d.Train.Len() != 16 || d.Test.Len() != 6 {
		t.Fatalf("%v, %+v", err, d)
	}
	for _, s := range d.sets() {
		for i := range s.Len() {
			if want := map[bool]int{true: 1, false: 0}[strings.Contains(s.Path(i), "/ant/")]; s.Label(i) != want {
				t.Errorf("label of %s is %d", s.Path(i), s.Label(i))
			}
		}
	}
	for name, c := range map[string]struct {
		classes, skip []string
		want, hint    string
	}{
		"unknown":         {[]string{"ant", "bea"}, nil, `data.classes: class is "bea", want one of ant, bee, cat, empty, fox`, "did you mean bee?"},
		"unknown to skip": {nil, []string{"focks", "ants"}, `data.skip_classes: class is "focks", want one of ant, bee, cat, empty, fox` + "\n" + `data.skip_classes: class is "ants"`, "did you mean ant?"},
		"both":            {[]string{"ant"}, []string{"fox"}, "skip_classes: value is fox with classes ant, want one of them", ""},
		"twice":           {[]string{"ant", "ant"}, nil, "classes: ant is given twice, want it once", ""},
		"not in train":    {[]string{"ant", "fox"}, nil, filepath.Join(root, "train", "fox") + ": no image in it, want at least one a class", ""},
		"none left":       {nil, []string{"ant", "bee", "cat", "empty", "fox"}, filepath.Join(root, "train") + `: no class is left of classes "ant"`, ""},
	} {
		_, err := load(c.classes, c.skip)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || !strings.Contains(strings.Join(fault.Hints(err), "\n"), c.hint) {
			t.Errorf("%s: %v, hints are %q, want %s and %s", name, err, fault.Hints(err), c.want, c.hint)
		}
		if strings.HasPrefix(name, "unknown") != fault.IsUsage(err) {
			t.Errorf("%s: a fault of usage is %v", name, fault.IsUsage(err))
		}
	}
}

func TestRemarksAndLeaks(t *testing.T) {
	tr := sampleTree()
	d := mustLoad(t, config(tr.dir(t)), Options{})
	if len(d.Remarks) > 0 || len(d.Leaks()) > 0 {
		t.Errorf("remarks are %q, leaks %q", d.Remarks, d.Leaks())
	}
	tr = tr.with("train/ant/a.GIF", nil).with("train/ant/b.gif", nil).with("test/bee/notes", nil).with("test/bee/c.heic", nil).
		with("test/cat/x.png", tr["train/ant/01.png"]).with("test/cat/y.png", tr["train/bee/02.png"]).
		with("val/ant/z.png", tr["train/cat/02.png"])
	d = mustLoad(t, config(tr.zip(t, "")), Options{})
	if want := []string{"files that are not read: 2 .gif, 1 without extension, 1 .heic"}; !slices.Equal(d.Remarks, want) {
		t.Errorf("remarks are %q, want %q", d.Remarks, want)
	}
	want := []string{
		"1 of 1 images to validate are also among those to train on, as val/ant/z.png = train/cat/02.png",
		"2 of 11 images to test are also among those to train on, as test/cat/x.png = train/ant/01.png",
	}
	if got := d.Leaks(); !slices.Equal(got, want) {
		t.Errorf("leaks are %q, want %q", got, want)
	}
}

func TestSplitFolder(t *testing.T) {
	tr := pile(map[string]int{"ant": 5, "bee": 5}).with("ant/deep/er/x.jpg", gradient(3, 2, 99)).with("ant/a.gif", nil).with("bee/readme", nil)
	root := tr.dir(t)
	ctx := context.Background()
	dir := t.TempDir()
	split := func(o Splitting) (Made, error) { return SplitFolder(ctx, o) }
	for name, c := range map[string]struct {
		o    Splitting
		want string
		code bool
	}{
		"no share":    {Splitting{Root: root, Out: "x"}, "shares are 0 for test and 0 for val, want a test share above 0 and a sum below 1", true},
		"too much":    {Splitting{Root: root, Out: "x", Test: 0.5, Val: 0.5}, "shares are 0.5 for test and 0.5 for val", true},
		"within":      {Splitting{Root: root, Out: filepath.Join(root, "out"), Test: 0.2}, filepath.Join(root, "out") + ": lies in " + root, false},
		"full":        {Splitting{Root: root, Out: filepath.Dir(dir), Test: 0.2}, filepath.Dir(dir) + ": already holds ", false},
		"no root":     {Splitting{Root: root + "x", Out: "x", Test: 0.2}, root + "x: no such folder or .zip", false},
		"split":       {Splitting{Root: sampleTree().zip(t, ""), Out: filepath.Join(dir, "x"), Test: 0.2}, "data.zip: has a test folder, want no split but train", true},
		"skip":        {Splitting{Root: root, Out: filepath.Join(dir, "x"), Test: 0.2, SkipClasses: []string{"be"}}, `data.skip_classes: class is "be"`, true},
		"share of a1": {Splitting{Root: root, Out: filepath.Join(dir, "x"), Test: 0.95}, filepath.Join(root, "ant") + ": has 6 images, of which the share 0.95 for test would take 6", false},
	} {
		if _, err := split(c.o); err == nil || !strings.Contains(err.Error(), c.want) || fault.IsUsage(err) != c.code {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	if left := filesIn(t, dir); len(left) > 0 {
		t.Errorf("left behind %q", left)
	}

	// One that is stopped leaves nothing, and can be repeated.
	out := filepath.Join(dir, "out")
	stopped, stop := context.WithCancel(ctx)
	o := Splitting{Root: root, Out: out, Test: 0.2, Options: Options{Workers: 1, Progress: func(split string, done, _ int) {
		if split == "test" && done == 1 {
			stop()
		}
	}}}
	if _, err := SplitFolder(stopped, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind %q", left)
	}
	made, err := split(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := filesIn(t, out); len(got) != 11 || !slices.ContainsFunc(got, func(p string) bool { return strings.HasSuffix(p, "/ant/deep/er/x.jpg") }) {
		t.Errorf("files are %q", got)
	}
	var text bytes.Buffer
	want := "class  train  test\nant        5     1\nbee        4     1\nall        9     2\n\nwritten to " + out +
		"\nfiles that are not read: 1 without extension, 1 .gif\n"
	if err := made.WriteText(&text); err != nil || text.String() != want {
		t.Errorf("text is\n%s, want\n%s", &text, want)
	}
	data, err := json.Marshal(made)
	if want := `"splits":[{"split":"train","images":9,"classes":[{"class":"ant","images":5},{"class":"bee","images":4}]},`; err != nil || !strings.Contains(string(data), want) {
		t.Errorf("%s, want %s", data, want)
	}
}
