package dataset

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"strings"
	"syscall"

	"actfn/internal/fault"
)

// layout is the hint for a root that is no dataset.
const layout = "a dataset is a folder or .zip with train/CLASS/IMAGE and test/CLASS/IMAGE"

// several is a word in the form that goes with n things.
func several(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

// worded is an error in other words. It stays what it is to errors.Is and errors.As.
type worded struct {
	text string
	error
}

func (w worded) Error() string { return w.text }
func (w worded) Unwrap() error { return w.error }

// cause is the reason for an error, for messages that already begin with the path, in words that need no
// knowledge of Go.
func cause(err error) error {
	return inWords(fault.Reason(err))
}

// nowhere is what is wrong with a link that does not end at anything.
const nowhere = "is a symbolic link that leads nowhere or to itself"

// inWords translates what libraries and systems say of a file. Of much of it there is the text only.
func inWords(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	says := func(theirs ...string) bool {
		for _, t := range theirs {
			if strings.Contains(text, t) {
				return true
			}
		}
		return false
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return worded{"no such file or folder", err}
	case endless(err):
		return worded{nowhere, err}
	case errors.Is(err, syscall.ENOTDIR):
		return worded{"not a folder", err}
	case errors.Is(err, syscall.EISDIR):
		return worded{"is a folder", err}
	case errors.Is(err, zip.ErrAlgorithm):
		return worded{"is compressed by a method that cannot be read, want a .zip made with deflate", err}
	case errors.Is(err, zip.ErrChecksum), errors.Is(err, zip.ErrFormat):
		return worded{"its part of the .zip is corrupt", err}
	case errors.Is(err, io.EOF), says("unexpected EOF", "Failed to read binary"):
		return worded{"file is cut short", err}
	case says("flate: corrupt", "zlib: invalid", "gzip: invalid", "lzw: invalid"):
		return worded{"compressed data is corrupt", err}
	case says("Failed to parse ASCII"):
		return worded{"samples are not numbers of the range that the header gives", err}
	case says("Invalid P"):
		return worded{"header is invalid", err}
	}
	return err
}

// unreachable is why a path cannot be followed to its end. itself is the kind of what lies there:
// when that is a link, it is not the path that does not exist, but the link's end.
func unreachable(err error, itself fs.FileMode) error {
	if itself&fs.ModeSymlink != 0 && errors.Is(err, fs.ErrNotExist) {
		return worded{nowhere, err}
	}
	return cause(err)
}

// endless tells the error for links that lead in a circle.
func endless(err error) bool {
	const onWindows = syscall.Errno(1921) // ERROR_CANT_RESOLVE_FILENAME
	return errors.Is(err, syscall.ELOOP) || errors.Is(err, onWindows)
}

// system tells the errors by which the operating system says that it cannot go on: too many open
// files, a failing disk, no memory left. They say nothing about the file at hand, unlike its
// absence, its permissions or its content.
func system(err error) bool {
	_, errno := errors.AsType[syscall.Errno](err)
	return errno && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission) && !endless(err)
}
