package dataset

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unicode"

	"actfn/internal/fault"
)

// failing is a file system of which one file, or with every each .png, cannot be opened or read.
type failing struct {
	fs.FS
	path       string
	every      bool
	open, read error
}

// err is the error that it gives.
func (f failing) err() error { return cmp.Or(f.open, f.read) }

type failingFile struct {
	fs.File
	err error
}

func (f failingFile) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: "x", Err: f.err}
}

func (f failing) Open(name string) (fs.File, error) {
	hit := name == f.path || f.every && strings.HasSuffix(name, ".png")
	if hit && f.open != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: f.open}
	}
	file, err := f.FS.Open(name)
	if hit && err == nil && f.read != nil {
		return failingFile{file, f.read}, nil
	}
	return file, err
}

// That the system cannot go on is no fault of a file: --skip-bad does not skip it, no hint says
// it would, and a check of the dataset does not list it.
func TestSystemErrorsStop(t *testing.T) {
	const path = "train/bee/02.png"
	root := os.DirFS(sampleTree().dir(t))
	for _, f := range []failing{
		{open: syscall.EMFILE}, {open: syscall.ENFILE}, {open: syscall.ENOMEM}, {open: syscall.EIO}, {read: syscall.EIO},
		{open: syscall.EMFILE, every: true},
	} {
		f.FS, f.path = root, path
		want := f.err().Error()
		first := path
		if f.every {
			first = "train/ant/00.png"
		}
		for _, workers := range []int{1, 5} {
			cfg := config("data")
			cfg.SkipBad = true
			src := &source{fsys: f, closer: io.NopCloser(nil), root: "data"}
			_, err := load(context.Background(), src, cfg, Options{Workers: workers})
			if err == nil || err.Error() != filepath.FromSlash("data/"+first)+": "+want {
				t.Errorf("%d workers: %v, want %s: %s", workers, err, first, want)
			}
			if h := fault.Hints(err); len(h) > 0 {
				t.Errorf("%s: hints are %q, want none", want, h)
			}
			list, err := src.scan(context.Background(), "train", "train", Config{}.wants)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := src.inspect(context.Background(), list, Options{Workers: workers}); err == nil || !strings.HasSuffix(err.Error(), first+": "+want) {
				t.Errorf("checking: %v, want %s: %s", err, first, want)
			}
		}
	}
}

// What is wrong with one file alone is left out and told.
func TestFileErrorsAreSkipped(t *testing.T) {
	root := os.DirFS(sampleTree().dir(t))
	for _, f := range []failing{
		{open: syscall.EACCES}, {open: syscall.ENOENT}, {open: syscall.ELOOP}, {read: io.ErrUnexpectedEOF},
	} {
		f.FS, f.path = root, "train/bee/02.png"
		cfg := config("data")
		cfg.SkipBad = true
		d, err := load(context.Background(), &source{fsys: f, closer: io.NopCloser(nil)}, cfg, Options{})
		if err != nil {
			t.Errorf("%v: %v", f.err(), err)
			continue
		}
		if s := d.all.Train.Skipped(); len(s) != 1 || s[0].Path != f.path || !errors.Is(s[0].Err, f.err()) {
			t.Errorf("skipped are %v", s)
		}
	}
}

// An image that is decoded again in vain has not changed when it is the system that fails.
func TestSystemErrorWhileStreaming(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.CacheMiB = 0
	s := mustLoad(t, cfg, Options{}).Train
	s.source.fsys = failing{FS: s.source.fsys, path: s.Path(3), open: syscall.EMFILE}
	for _, err := range s.Batches(context.Background(), View{Order: []int{3}, Size: 1, Columns: 1}) {
		if want := s.source.name(s.Path(3)) + ": " + syscall.EMFILE.Error(); err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// A file within a .zip that was damaged is a bad file, told in words.
func TestDamagedZipEntry(t *testing.T) {
	name := sampleTree().with("train/ant/00.png", bytes.Repeat([]byte("0123456789"), 500)).zip(t, "")
	data := readFile(t, name)
	at := bytes.Index(data, []byte("train/ant/00.png")) + len("train/ant/00.png")
	copy(data[at:], bytes.Repeat([]byte{0xff}, 8))
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	_, err := Load(context.Background(), config(name), 1, Options{})
	want := filepath.Join(name, "train", "ant", "00.png") + ": compressed data is corrupt"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Names that would act on a terminal reach no person raw.
func TestNamesAreShownPrintable(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the file system takes no such names")
	}
	const evil = "\x1b[2J\a\nx"
	image := func(k int) []byte { return gradient(2, 2, k) }
	good := tree{"train/a/1.png": image(1), "test/a/1.png": image(2)}
	ctx := context.Background()
	var texts []string
	say := func(err error) {
		t.Helper()
		if err == nil {
			t.Error("no error")
			return
		}
		texts = append(texts, strings.Split(err.Error(), "\n")...)
		texts = append(texts, fault.Hints(err)...)
	}
	loading := func(tr tree, change func(*Config)) {
		t.Helper()
		cfg := config(tr.dir(t))
		change(&cfg)
		_, err := Load(ctx, cfg, 1, Options{})
		say(err)
	}
	none := func(*Config) {}
	loading(good.with("train/a/"+evil+".png", nil), none)
	loading(good.with("train/a/"+evil+".png", image(3)).with("train/a/0.png", gradient(3, 3, 1)), none)
	loading(good.with("train/"+evil+"/x", nil), none)
	loading(good.with("test/"+evil+"/1.png", image(3)), none)
	loading(good.with("train/"+evil+"/1.png", image(3)).with("test/b/1.png", image(4)), none)
	loading(good.with("train/"+evil+"/1.png", image(3)), func(c *Config) { c.ValSplit = 0.5 })
	loading(good.with("train/"+evil+"/1.png", nil), func(c *Config) { c.SkipBad = true })
	root := good.with("train/"+evil+"/x", nil).dir(t)
	symlink(t, "nowhere", filepath.Join(root, "train", evil+"2"))
	_, err := Load(ctx, config(root), 1, Options{})
	say(err)
	_, err = LoadFiles(ctx, []string{evil + ".png"}, Transform{Channels: 3, Height: 2, Width: 2}, Options{})
	say(err)
	_, _, err = Open(evil)
	say(err)
	_, err = Load(ctx, config(tree{evil + "/notes": nil}.dir(t)+"/"+evil), 1, Options{})
	say(err)
	_, err = ImportIDX(ctx, IDXImport{Images: evil, Labels: evil})
	say(err)
	in := idxImport(t, first(idxPair(1, 0)), second(idxPair(1, 0)))
	tree{}.put(t, in.Out, evil, nil)
	_, err = ImportIDX(ctx, in)
	say(err)

	var text strings.Builder
	if err := mustCheck(t, good.with("train/a/"+evil+".png", nil).with("train/a/"+evil+"2.png", image(2)).
		with("train/"+evil+"/x", nil).with("test/"+evil+"2/1.png", image(5)).dir(t)).WriteText(&text); err != nil {
		t.Fatal(err)
	}
	texts = append(texts, strings.Split(text.String(), "\n")...)
	escaped := 0
	for _, text := range texts {
		if strings.Contains(text, `\x1b[2J\a\nx`) {
			escaped++
		}
		if strings.ContainsFunc(text, unicode.IsControl) {
			t.Errorf("raw: %q", text)
		}
	}
	if escaped < 19 {
		t.Errorf("%d texts have the name escaped, want it in each kind:\n%s", escaped, strings.Join(texts, "\n"))
	}
}
