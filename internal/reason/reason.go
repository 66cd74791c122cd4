// Package reason says why the system refused a file, in one form: path: reason, without the name of the system call
// that package os puts between them.
package reason

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Of is an error without the operation and the path that package os puts before it.
func Of(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.SyscallError](err); ok {
		return e.Err
	}
	return err
}

// At is the reason with the path before it. A nil err stays nil.
func At(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, Of(err))
}
