package disk

import (
	"errors"
	"os"
	"path/filepath"

	"actfn/internal/fault"
)

// file is in the folder of a run while a process trains in it. The lock is the system's, which
// gives it back however the process ends: a file that a killed one left behind locks nothing.
const file = ".lock"

// ErrLocked is the reason where another process has the lock.
var ErrLocked = errors.New("another process is training here")

// Folder makes dir this process's own until release is called.
func Lock(dir string) (release func(), err error) {
	path := filepath.Join(dir, file)
	f, err := openLocked(path)
	if err != nil {
		return nil, fault.At(dir, err)
	}
	return func() {
		_ = os.Remove(path) // while it is locked, so that nobody else's is removed
		_ = f.Close()
	}, nil
}
