//go:build unix

package disk_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"actfn/internal/disk"
)

// Only a file is read, and no more of it than the limit. A pipe without a writer is not waited for.
func TestReadOnlyFiles(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(os.Mkdir(in("folder"), 0o777), syscall.Mkfifo(in("pipe"), 0o666), os.WriteFile(in("file"), make([]byte, 2048), 0o666),
		os.Symlink("file", in("link"))); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, want string }{
		{in("folder"), "is a folder, want a file"},
		{in("pipe"), "is a named pipe, want a file"},
		{"/dev/zero", "is a device, want a file"},
		{in("none"), "no such file or directory"},
	} {
		if _, err := disk.Read(test.path, 1<<20); err == nil || err.Error() != test.path+": "+test.want {
			t.Errorf("%s: error is %v", test.path, err)
		}
	}
	if _, err := disk.Read(in("none"), 1); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error is %v", err)
	}
	for _, name := range []string{"file", "link"} {
		if b, err := disk.Read(in(name), 2048); err != nil || len(b) != 2048 {
			t.Errorf("%s: %d bytes, %v", name, len(b), err)
		}
		if _, err := disk.Read(in(name), 2047); err == nil || err.Error() != in(name)+": is over 1 KiB, the most that is read" {
			t.Errorf("%s: error is %v", name, err)
		}
	}
}

// Replace writes nothing through a link, wherever that leads, and into nothing but a file.
func TestReplaceFollowsNoLink(t *testing.T) {
	for _, there := range []bool{true, false} {
		dir := t.TempDir()
		link, target := filepath.Join(dir, "metrics.csv"), filepath.Join(dir, "target")
		if there {
			if err := os.WriteFile(target, []byte("kept"), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("target", link); err != nil {
			t.Fatal(err)
		}
		for _, content := range []string{"new", "newer"} {
			if err := disk.Replace(link, text(content)); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Lstat(link); err != nil || !info.Mode().IsRegular() {
				t.Errorf("the link became %v, %v", info, err)
			}
			if b, err := os.ReadFile(link); err != nil || string(b) != content {
				t.Errorf("the file holds %q, %v", b, err)
			}
		}
		b, err := os.ReadFile(target)
		if there && string(b) != "kept" || !there && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the target holds %q, %v", b, err)
		}
	}
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o666); err != nil {
		t.Fatal(err)
	}
	err := disk.Replace(pipe, func(io.Writer) error { return nil })
	if err == nil || !strings.HasSuffix(err.Error(), "pipe: is a named pipe, want a file") {
		t.Errorf("error is %v", err)
	}
}
