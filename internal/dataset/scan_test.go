package dataset

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"actfn/internal/fault"
)

func scanned(t *testing.T, fsys fs.FS) listing {
	t.Helper()
	l, err := (&source{fsys: fsys}).scan(context.Background(), "train", "train", Config{}.wants)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// The order is what torchvision 0.14's ImageFolder gives for the same files.
func TestScanAsTorchvision(t *testing.T) {
	files := strings.Split("b/z.png b/a.PNG b/a/b/c.png b/a/z.jpg b/a-b/q.Jpeg b/a_b/q.tiff b/A.webp b/é.png b/10.bmp b/9.ppm "+
		"b/notes.txt b/x.png.bak b/y.gif B/1.pgm B/sub/0.tif _c/1.png a10/1.png a9/1.png é/1.png "+
		"z/deep/er/est/1.png z/deep/0.png z/deep-1.png z/deep.png", " ")
	tr := tree{}
	for _, f := range files {
		tr["train/"+strings.ReplaceAll(f, "a_b", "a b")] = nil
	}
	want := []string{
		"train/B/1.pgm", "train/B/sub/0.tif", "train/_c/1.png", "train/a10/1.png", "train/a9/1.png",
		"train/b/10.bmp", "train/b/9.ppm", "train/b/A.webp", "train/b/a.PNG", "train/b/z.png", "train/b/é.png",
		"train/b/a/z.jpg", "train/b/a b/q.tiff", "train/b/a-b/q.Jpeg", "train/b/a/b/c.png",
		"train/z/deep-1.png", "train/z/deep.png", "train/z/deep/0.png", "train/z/deep/er/est/1.png", "train/é/1.png",
	}
	labels := []int{0, 0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 5, 5, 5, 5, 6}
	fsys := fstest.MapFS{} // a file system of any kind will do, and this one folds no case
	for path := range tr {
		fsys[path] = &fstest.MapFile{}
	}
	l := scanned(t, fsys)
	if classes := []string{"B", "_c", "a10", "a9", "b", "z", "é"}; !slices.Equal(l.classes, classes) {
		t.Errorf("classes are %q, want %q", l.classes, classes)
	}
	var got []string
	var gotLabels []int
	for _, f := range l.files {
		got, gotLabels = append(got, f.path), append(gotLabels, f.label)
	}
	if !slices.Equal(got, want) {
		t.Errorf("files are\n%q, want\n%q", got, want)
	}
	if !slices.Equal(gotLabels, labels) {
		t.Errorf("labels are %v, want %v", gotLabels, labels)
	}
	if err := l.check(); err != nil {
		t.Error(err)
	}
}

func TestScanHidden(t *testing.T) {
	root := tree{
		"train/a/1.png": nil, "train/a/.2.png": nil, "train/a/._1.png": nil, "train/a/.git/3.png": nil,
		"train/.hidden/1.png": nil, "train/__MACOSX/a/1.png": nil, "train/a/__MACOSX/1.png": nil, "train/readme.png": nil,
	}.dir(t)
	l := scanned(t, os.DirFS(root))
	if len(l.classes) != 1 || len(l.files) != 1 || l.files[0].path != "train/a/1.png" {
		t.Errorf("classes %q, files %v, want a with 1.png", l.classes, l.files)
	}
}

func TestScanEmptyClasses(t *testing.T) {
	l := scanned(t, os.DirFS(tree{"train/a/1.png": nil, "train/b/notes.txt": nil, "train/c/.1.png": nil}.dir(t)))
	err := l.check()
	if err == nil || err.Error() != "train/b: no image in it, want at least one a class\ntrain/c: no image in it, want at least one a class" {
		t.Errorf("error is %v", err)
	}
	l = scanned(t, os.DirFS(tree{"train/1.png": nil}.dir(t)))
	if err := l.check(); err == nil || err.Error() != "train: has no class folder, want train/CLASS/IMAGE" {
		t.Errorf("error is %v", err)
	}
}

func symlink(t *testing.T, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
}

// Links to folders and files are followed, a link to a folder around it is not.
func TestScanLinks(t *testing.T) {
	elsewhere := tree{"9.png": nil, "deep/8.png": nil}.dir(t)
	root := tree{"train/a/1.png": nil, "train/b/2.png": nil}.dir(t)
	symlink(t, elsewhere, filepath.Join(root, "train", "linked"))
	symlink(t, filepath.Join(root, "train", "a"), filepath.Join(root, "train", "a", "self"))
	symlink(t, root, filepath.Join(root, "train", "b", "up"))
	symlink(t, filepath.Join(root, "train", "a", "1.png"), filepath.Join(root, "train", "b", "link.png"))
	symlink(t, filepath.Join(root, "nowhere"), filepath.Join(root, "train", "b", "broken.png"))
	symlink(t, "broken-loop.png", filepath.Join(root, "train", "b", "broken-loop.png"))
	var got []string
	for _, f := range scanned(t, os.DirFS(root)).files {
		got = append(got, f.path)
		if (f.err != nil) != strings.Contains(f.path, "broken") {
			t.Errorf("%s: error is %v", f.path, f.err)
		}
		if f.err != nil && f.err.Error() != "is a symbolic link that leads nowhere or to itself" {
			t.Errorf("%s: error is %v", f.path, f.err)
		}
	}
	want := []string{
		"train/a/1.png", "train/b/2.png", "train/b/broken-loop.png", "train/b/broken.png", "train/b/link.png",
		// b/up is the root, which is not around b by this path: it is followed once.
		"train/linked/9.png", "train/linked/deep/8.png",
	}
	got = slices.DeleteFunc(got, func(p string) bool { return strings.HasPrefix(p, "train/b/up/") })
	if !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
}

func TestBrokenLinks(t *testing.T) {
	root := sampleTree().dir(t)
	end, loop := filepath.Join(root, "end.png"), filepath.Join(root, "loop.png")
	symlink(t, "nowhere", end)
	symlink(t, "loop.png", loop)
	for _, path := range []string{end, loop} {
		_, err := LoadFiles(context.Background(), []string{path}, Transform{Channels: 3, Height: 1, Width: 1}, Options{})
		if want := path + ": is a symbolic link that leads nowhere or to itself"; err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	symlink(t, "nowhere", filepath.Join(root, "train", "dog"))
	want := filepath.Join(root, "train/dog") + ": is a symbolic link that leads nowhere or to itself"
	if _, err := Load(context.Background(), config(root), 1, Options{}); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestScanNamesThatAreNotUTF8(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the file system takes UTF-8 names only")
	}
	root := tree{"train/a/1.png": nil, "train/a/\xff.png": nil}.dir(t)
	l := scanned(t, os.DirFS(root))
	if len(l.files) != 2 || l.files[1].err == nil || !strings.Contains(l.files[1].err.Error(), "not UTF-8") {
		t.Errorf("files are %v", l.files)
	}
}

func TestRelabel(t *testing.T) {
	l := listing{source: &source{}, split: "test", folder: "test", classes: []string{"a", "c"},
		files: []file{{path: "test/a/1", label: 0}, {path: "test/c/1", label: 1}}}
	got, err := l.relabel([]string{"a", "b", "c"}, "the classes of train")
	if err != nil || got.files[0].label != 0 || got.files[1].label != 2 || len(got.classes) != 3 {
		t.Errorf("%v, %v", got, err)
	}
	_, err = l.relabel([]string{"a", "b"}, "the classes of train")
	if err == nil || err.Error() != `test: class "c" is not among the classes of train` {
		t.Errorf("error is %v", err)
	}
	_, err2 := l.relabel([]string{"b"}, "the model's classes")
	if err2 == nil || err2.Error() != `test: classes "a", "c" are not among the model's classes` {
		t.Errorf("error is %v", err2)
	}
	if h := fault.Hints(err); !slices.Equal(h, []string{"the classes of train: a, b", "--skip-classes c leaves it out"}) {
		t.Errorf("hints are %q", h)
	}
}

func TestScanCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (&source{fsys: os.DirFS(sampleTree().dir(t))}).scan(ctx, "train", "train", Config{}.wants); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
}

func TestOpen(t *testing.T) {
	small := tree{"train/a/1.png": grayGradient(2, 2, 1), "test/a/1.png": grayGradient(2, 2, 2)}
	junk := small.with("__MACOSX/train/a/._1.png", nil).with(".DS_Store", nil)
	for name, root := range map[string]string{
		"folder":                   small.dir(t),
		"zip":                      small.zip(t, ""),
		"zip with one folder":      small.zip(t, "data/"),
		"zip with junk":            junk.zip(t, ""),
		"zip with dots in its way": tree{"d/train/a/1.png": nil, "d/test/a/1.png": nil, "__MACOSX/d/._train": nil, ".x": nil}.zip(t, ""),
		"sample":                   "",
	} {
		fsys, closer, err := Open(root)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !isDir(fsys, "train") || !isDir(fsys, "test") {
			t.Errorf("%s: has no train and test", name)
		}
		if err := closer.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.zip")
	if err := os.WriteFile(text, []byte("no zip"), 0o666); err != nil {
		t.Fatal(err)
	}
	whole := readFile(t, sampleTree().zip(t, ""))
	cut := filepath.Join(dir, "cut.zip")
	for path, want := range map[string]string{
		filepath.Join(dir, "none"): "no such folder or .zip",
		text:                       "is a file but not a .zip, want a folder or a .zip",
		cut:                        "is damaged or cut short, want a whole .zip",
	} {
		for _, n := range []int{len(whole) - 1, len(whole) / 2, 4} {
			if err := os.WriteFile(cut, whole[:n], 0o666); err != nil {
				t.Fatal(err)
			}
			_, _, err := Open(path)
			if err == nil || err.Error() != path+": "+want {
				t.Errorf("Open(%s): %v, want %s", path, err, want)
			}
			if h := fault.Hints(err); len(h) != 1 || h[0] != layout {
				t.Errorf("Open(%s): hints are %q, want %q", path, h, layout)
			}
		}
	}
	if _, _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v, want fs.ErrNotExist", err)
	}
}
