//go:build unix

package disk

import (
	"errors"
	"os"
	"syscall"
)

// openLocked opens the file with flock(2)'s exclusive lock on it. A file system that has no locks
// is no reason not to train.
func openLocked(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o666)
		if err != nil {
			return nil, err
		}
		switch err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); {
		case errors.Is(err, syscall.EWOULDBLOCK):
			f.Close()
			return nil, ErrLocked
		case err != nil || isAt(f, path):
			return f, nil
		}
		f.Close() // its owner removed it before the lock was ours
	}
}

func isAt(f *os.File, path string) bool {
	opened, err := f.Stat()
	if err != nil {
		return true
	}
	there, err := os.Stat(path)
	return err == nil && os.SameFile(opened, there)
}
