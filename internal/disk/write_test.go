package disk_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"actfn/internal/disk"
)

// text returns a write function for s.
func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func wantContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %.40q (%d bytes), want %.40q (%d bytes)", filepath.Base(path), got, len(got), want, len(want))
	}
}

// wantEntries checks what dir holds, temporary files included.
func wantEntries(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	if !slices.Equal(names, want) {
		t.Errorf("folder holds %q, want %q", names, want)
	}
}

func TestWriteCreatesAndReplaces(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	for _, s := range []string{"", "one", strings.Repeat("long ", 1<<16), "two"} {
		if err := disk.Write(path, text(s)); err != nil {
			t.Fatal(err)
		}
		wantContent(t, path, s)
		wantEntries(t, dir, "a.txt")
	}
}

func TestWriteRelativePath(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	if err := disk.Write("here.txt", text("x")); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, dir, "here.txt")
}

// errDisk stands for what a callback may fail with; it must reach the caller unchanged.
var errDisk = errors.New("the disk is on fire")

func TestFailedWriteLeavesNothing(t *testing.T) {
	faults := map[string]func(io.Writer) error{
		"at once": func(io.Writer) error { return errDisk },
		"in the middle": func(w io.Writer) error {
			if _, err := w.Write(make([]byte, 1<<20)); err != nil {
				return err
			}
			return fmt.Errorf("row 7: %w", errDisk)
		},
	}
	for name, write := range faults {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "a.txt")
			for _, old := range []string{"", "old"} {
				if old != "" {
					if err := os.WriteFile(path, []byte(old), 0o600); err != nil {
						t.Fatal(err)
					}
				}
				err := disk.Write(path, write)
				if !errors.Is(err, errDisk) || !strings.HasPrefix(err.Error(), path+": ") {
					t.Errorf("error is %v, want %v after the path", err, errDisk)
				}
				if old == "" {
					wantEntries(t, dir)
					continue
				}
				wantEntries(t, dir, "a.txt")
				wantContent(t, path, old)
			}
		})
	}
}

func TestPanicLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() {
			if v := recover(); v != "midway" {
				t.Errorf("recovered %v, want the callback's panic", v)
			}
		}()
		disk.Write(path, func(w io.Writer) error {
			w.Write(make([]byte, 1<<20))
			panic("midway")
		})
	}()
	wantEntries(t, dir, "a.txt")
	wantContent(t, path, "old")
}

func TestErrorsNameTheTarget(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	sep := string(filepath.Separator)
	for _, c := range []struct{ path, want string }{
		{"", `path is "", want a file name`},
		{dir, "is a folder, want a file"},
		{dir + sep, "is a folder's name, want a file's"},
		{filepath.Join(dir, "missing", "a.txt"), ""},
		{filepath.Join(file, "a.txt"), ""},
		{filepath.Join(dir, strings.Repeat("n", 300)), ""},
	} {
		err := disk.Write(c.path, func(io.Writer) error { return nil })
		if err == nil {
			t.Errorf("Write(%q) succeeded", c.path)
			continue
		}
		if !strings.HasPrefix(err.Error(), c.path) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("Write(%q): %v, want %q after the path", c.path, err, c.want)
		}
		if strings.Contains(err.Error(), "actfn-") {
			t.Errorf("Write(%q): %v names the temporary file", c.path, err)
		}
	}
	err := disk.Write(filepath.Join(dir, "missing", "a.txt"), text(""))
	if !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v, want one that is fs.ErrNotExist", err)
	}
	wantEntries(t, dir, "file")
}

func TestLongestNameIsWritten(t *testing.T) {
	dir := t.TempDir()
	base := strings.Repeat("é", 120) + ".safetensors" // 252 bytes
	if err := disk.Write(filepath.Join(dir, base), text("x")); err != nil {
		t.Fatal(err)
	}
	wantEntries(t, dir, base)
}

func TestConcurrentWritersLeaveOneWholeFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			body := bytes.Repeat([]byte{byte('a' + i)}, 200_000)
			for range 5 {
				if err := disk.Write(path, func(w io.Writer) error { _, err := w.Write(body); return err }); err != nil && runtime.GOOS != "windows" {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 200_000 || bytes.Count(got, got[:1]) != len(got) {
		t.Errorf("file is a mixture of %d bytes", len(got))
	}
	wantEntries(t, dir, "a.txt")
}

func TestCleanRemovesOnlyOurs(t *testing.T) {
	dir := t.TempDir()
	foreign := []string{".a.txt.123.tmp", ".actfn-0123456789abcdef.tmp", "a.txt.actfn-0123456789abcdef.tmp", ".a.actfn-0123456789abcdeg.tmp", ".b.actfn-0123456789abcdef.tmp2", "last.safetensors"}
	ours := []string{".a.txt.actfn-0123456789abcdef.tmp", ".last.safetensors.actfn-ffffffffffffffff.tmp"}
	for _, name := range slices.Concat(foreign, ours) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	folder := ".folder.actfn-0123456789abcdef.tmp"
	if err := os.Mkdir(filepath.Join(dir, folder), 0o700); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second finds nothing to do
		if err := disk.Clean(dir); err != nil {
			t.Fatal(err)
		}
		want := append(slices.Clone(foreign), folder)
		slices.Sort(want)
		wantEntries(t, dir, want...)
	}
	if err := disk.Clean(filepath.Join(dir, "missing")); err != nil {
		t.Errorf("a folder that does not exist: %v", err)
	}
	file := filepath.Join(dir, "last.safetensors")
	if err := disk.Clean(file); err == nil || !strings.HasPrefix(err.Error(), file+": ") {
		t.Errorf("Clean of a file: %v, want an error that names it", err)
	}
}
