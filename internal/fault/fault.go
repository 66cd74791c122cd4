// Package fault is how errors read. An error says "place: thing is VALUE, want RULE"; several faults are joined; what
// to type next is a hint, which whoever prints the error adds on a line of its own. The errors stay what they are for
// errors.Is and errors.As.
package fault

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// placed is an error with the place where it is before it.
type placed struct {
	place string
	error
}

func (p placed) Error() string { return p.place + ": " + p.error.Error() }
func (p placed) Unwrap() error { return p.error }

// At is "place: reason", where the place is a file, a flag or a key. Where err joins several faults, each has the place.
// A nil err stays nil.
func At(place string, err error) error {
	if err == nil {
		return nil
	}
	return placed{place, Reason(err)}
}

// Reason is an error without the operation and the path that package os puts before it.
func Reason(err error) error {
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

// Each takes joined faults apart, each with the places before it. An error that wraps several, as those of errors.Join
// do, is taken for these; one that joins nothing is itself. A hint at all of them stays with err. Each(nil) is nil.
func Each(err error) []error {
	switch e := err.(type) {
	case nil:
		return nil
	case interface{ Unwrap() []error }:
		var all []error
		for _, inner := range e.Unwrap() {
			all = append(all, Each(inner)...)
		}
		return all
	case placed:
		all := Each(e.error)
		for i, inner := range all {
			all[i] = placed{e.place, inner}
		}
		return all
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil && inner.Error() == err.Error() { // adds a hint or an exit code, and no text
			if all := Each(inner); len(all) > 1 {
				return all
			}
		}
	}
	return []error{err}
}

type hinted struct {
	error
	hint string
}

func (h hinted) Unwrap() error { return h.error }

// Hint returns err carrying one more hint. A nil err stays nil.
func Hint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return hinted{err, fmt.Sprintf(format, args...)}
}

// Suggest returns err with a hint at the candidate nearest to name, if one is close.
func Suggest(err error, name string, candidates []string) error {
	near := Nearest(name, candidates)
	if near == "" {
		return err
	}
	return Hint(err, "did you mean %s?", near)
}

// Hints returns the hints of err and of every error it wraps or joins, innermost first, each once.
func Hints(err error) []string {
	var hints []string
	seen := map[string]bool{}
	var walk func(error)
	walk = func(err error) {
		switch e := err.(type) {
		case interface{ Unwrap() []error }:
			for _, inner := range e.Unwrap() {
				walk(inner)
			}
		case interface{ Unwrap() error }:
			walk(e.Unwrap())
		}
		if h, ok := err.(hinted); ok && !seen[h.hint] {
			seen[h.hint] = true
			hints = append(hints, h.hint)
		}
	}
	walk(err)
	return hints
}
