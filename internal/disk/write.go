// Package disk writes files that are complete or absent. The bytes go to a
// temporary file beside the target, are forced to the disk, and take the target's name
// by a rename; a reader, a full disk, a panic or a kill -9 finds the old file whole or
// the new one whole.
package disk

import (
	"bufio"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"

	"actfn/internal/fault"
)

// bufferSize gathers small writes; larger ones pass through.
const bufferSize = 64 << 10

// Write makes path hold what write writes, or leaves path as it was and returns an error
// that begins with path. The temporary file, named ".<base>.*.tmp", is gone afterwards
// whether write returns, fails or panics; only a killed process leaves one, for Clean.
//
// A new file has mode 0644 less the umask; a replaced one keeps its permissions. A
// symbolic link stays, and what it points to is replaced or created. Hard links to the
// old file keep the old contents.
//
// What is not a regular file cannot be replaced by a rename without harm: a device, a
// named pipe, and the file that is this process's standard output or standard error
// (/dev/stdout) are written directly, and after an error may hold a part.
func Write(path string, write func(io.Writer) error) error {
	if path == "" {
		return errors.New(`path is "", want a file name`)
	}
	t, err := resolve(path)
	if err == nil && t.direct {
		err = writeDirect(t, write)
	} else if err == nil {
		err = replace(t, write)
	}
	return fault.At(path, err)
}

// Replace is Write for a file in a folder of the program's own. There a symbolic link is replaced and not followed, so that
// nothing is written elsewhere, and what is neither a file nor a link is refused.
func Replace(path string, write func(io.Writer) error) error {
	t, err := own(path)
	if err == nil {
		err = replace(t, write)
	}
	return fault.At(path, err)
}

// replace fills a temporary file and renames it to the target.
func replace(t target, write func(io.Writer) error) error {
	f, err := createTemp(t)
	if err != nil {
		return err
	}
	renamed := false
	defer func() { // deferred, so that a panic in write leaves nothing behind either
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := fill(f, write); err != nil {
		return err
	}
	if err := f.Sync(); err != nil && !syncUnsupported(err) {
		return fault.Reason(err)
	}
	if err := f.Close(); err != nil {
		return fault.Reason(err)
	}
	if err := os.Rename(f.Name(), t.path); err != nil {
		return fault.Reason(err)
	}
	renamed = true
	syncFolder(filepath.Dir(t.path))
	return nil
}

// writeDirect writes into the target as it stands.
func writeDirect(t target, write func(io.Writer) error) (err error) {
	if t.stream != nil {
		return fill(t.stream, write)
	}
	f, err := os.OpenFile(t.path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return fault.Reason(err)
	}
	defer func() {
		if closing := f.Close(); err == nil {
			err = fault.Reason(closing)
		}
	}()
	return fill(f, write)
}

func fill(f *os.File, write func(io.Writer) error) error {
	w := bufio.NewWriterSize(namelessWriter{f}, bufferSize)
	if err := write(w); err != nil {
		return err
	}
	return w.Flush()
}

// syncFolder makes the rename itself outlast a power failure where the system can do so.
// Its error is dropped: the file is whole under either name, and Windows cannot do it.
func syncFolder(dir string) {
	if d, err := os.Open(dir); err == nil {
		d.Sync()
		d.Close()
	}
}

// syncUnsupported tells a file system without fsync from one that lost the data.
func syncUnsupported(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.EINVAL)
}

// namelessWriter keeps the temporary file's name out of the errors that a caller's write
// function sees and wraps.
type namelessWriter struct{ f *os.File }

func (w namelessWriter) Write(p []byte) (int, error) {
	n, err := w.f.Write(p)
	return n, fault.Reason(err)
}
