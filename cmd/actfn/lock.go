package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// lockFile is in the folder of a run while a process trains in it. The lock is the system's, which
// gives it back however the process ends: a file that a killed one left behind locks nothing.
const lockFile = ".lock"

// errLocked is what openLocked returns when another process has the lock.
var errLocked = errors.New("another process is training here")

// lockFolder makes dir this process's own until release is called.
func lockFolder(dir string) (release func(), err error) {
	path := filepath.Join(dir, lockFile)
	f, err := openLocked(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, reason(err))
	}
	return func() {
		_ = os.Remove(path) // while it is locked, so that nobody else's is removed
		_ = f.Close()
	}, nil
}
