package disk_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"actfn/internal/disk"
)

// Numbers of Linux's memory devices, major 1 (mem(4), full(4)).
const (
	nullDevice = 1<<8 | 3
	fullDevice = 1<<8 | 7
)

// TestDevices writes to device nodes of its own: a Write that renames over a device must
// not find the system's /dev/null when this runs as root.
func TestDevices(t *testing.T) {
	for _, c := range []struct {
		name   string
		number int
		want   error
	}{{"null", nullDevice, nil}, {"full", fullDevice, syscall.ENOSPC}} {
		dir := t.TempDir()
		path := filepath.Join(dir, c.name)
		if err := syscall.Mknod(path, syscall.S_IFCHR|0o600, c.number); err != nil {
			t.Skip("mknod:", err)
		}
		if f, err := os.OpenFile(path, os.O_WRONLY, 0); err != nil {
			t.Skip(err) // a file system without devices
		} else {
			f.Close()
		}
		err := disk.Write(path, text("x"))
		if !errors.Is(err, c.want) || err != nil && err.Error() != path+": no space left on device" {
			t.Errorf("%s: error is %v, want %v", c.name, err, c.want)
		}
		if info, err := os.Lstat(path); err != nil || info.Mode()&fs.ModeDevice == 0 {
			t.Errorf("%s was replaced (%v)", c.name, err)
		}
		wantEntries(t, dir, c.name)
	}
}
