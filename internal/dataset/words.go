package dataset

import (
	"archive/zip"
	"errors"
	"io/fs"
	"syscall"

	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// layout is the hint for a root that is no dataset.
const layout = "a dataset is a folder or .zip with train/CLASS/IMAGE and test/CLASS/IMAGE"

// nowhere is what is wrong with a link that does not end at anything.
const nowhere = "is a symbolic link that leads nowhere or to itself"

// unresolvable is Windows' ELOOP, ERROR_CANT_RESOLVE_FILENAME.
const unresolvable = syscall.Errno(1921)

// reasons are what systems and package zip say of a file, and what that means.
var reasons = []struct {
	theirs error
	ours   string
}{
	{fs.ErrNotExist, "no such file or folder"},
	{syscall.ELOOP, nowhere},
	{unresolvable, nowhere},
	{syscall.ENOTDIR, "not a folder"},
	{syscall.EISDIR, "is a folder"},
	{zip.ErrAlgorithm, "is compressed by a method that cannot be read, want a .zip made with deflate"},
	{zip.ErrChecksum, "its part of the .zip is corrupt"},
	{zip.ErrFormat, "its part of the .zip is corrupt"},
}

// cause is the reason for an error, for messages that already begin with the path, in words that need no
// knowledge of Go.
func cause(err error) error {
	err = fault.Reason(err)
	for _, r := range reasons {
		if errors.Is(err, r.theirs) {
			return fault.Reworded(r.ours, err)
		}
	}
	return picture.Reason(err)
}

// at is the error of a path, in words.
func at(path string, err error) error { return fault.At(wording.Printable(path), cause(err)) }

// unreachable is why a path cannot be followed to its end. itself is the kind of what lies there:
// when that is a link, it is not the path that does not exist, but the link's end.
func unreachable(err error, itself fs.FileMode) error {
	if itself&fs.ModeSymlink != 0 && errors.Is(err, fs.ErrNotExist) {
		return fault.Reworded(nowhere, err)
	}
	return cause(err)
}

// system tells the errors by which the operating system says that it cannot go on: too many open
// files, a failing disk, no memory left. They say nothing about the file at hand, unlike its
// absence, its permissions or its content.
func system(err error) bool {
	_, errno := errors.AsType[syscall.Errno](err)
	for _, about := range []error{fs.ErrNotExist, fs.ErrPermission, syscall.ELOOP, unresolvable} {
		errno = errno && !errors.Is(err, about)
	}
	return errno
}

// several is a word in the form that goes with n things.
func several(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}
