package main

import (
	"errors"

	"actfn/internal/fault"
)

// Exit codes; 128 plus its number after a signal.
const (
	exitDone      = 0 // done, and every gate passed
	exitFailed    = 1
	exitUsage     = 2 // bad flags or configuration
	exitGate      = 3 // a gate failed
	exitUndecided = 4 // a gate is undecided, or cannot be decided
	exitDiverged  = 5 // training diverged
)

// coded is an error that ends the program with its code.
type coded struct {
	error
	code int
}

func (c coded) Unwrap() error { return c.error }

// withCode gives err an exit code, unless it has one. A nil err stays nil.
func withCode(code int, err error) error {
	var c coded
	if err == nil || errors.As(err, &c) {
		return err
	}
	return coded{err, code}
}

// usage is fault.Usage: the error's exit code is exitUsage, unless it has another.
func usage(err error) error { return fault.Usage(err) }

func exitCode(err error) int {
	var c coded
	var s signalled
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &s):
		return s.code()
	case errors.As(err, &c):
		return c.code
	case fault.IsUsage(err):
		return exitUsage
	}
	return exitFailed
}
