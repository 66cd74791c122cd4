package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// output is stdout, where results go. The first failed write is kept for the end and the rest is
// dropped, so that a command need not look after each line. A reader that has seen enough
// (| head -1) is no failure.
type output struct {
	w      io.Writer
	closed bool
	err    error
}

func (o *output) Write(p []byte) (int, error) {
	if o.closed {
		return len(p), nil
	}
	if _, err := o.w.Write(p); err != nil {
		o.closed = true
		if !errors.Is(err, syscall.EPIPE) {
			o.err = fmt.Errorf("stdout: %w", fault.Reason(err))
		}
	}
	return len(p), nil
}

// json prints one object on a line of its own.
func (o *output) json(v any) error {
	enc := json.NewEncoder(o)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// columns is the width of the terminal that results go to; ok is false where they go elsewhere.
func (o *output) columns() (columns int, ok bool) {
	f, isFile := o.w.(*os.File)
	if !isFile {
		return 0, false
	}
	columns, _, err := term.GetSize(int(f.Fd()))
	return columns, err == nil && columns > 0
}

// printf writes a line of a result for a person, every name in it printable.
func printf(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = wording.Printable(text)
		}
	}
	fmt.Fprintf(w, format, args...)
}

// percent is a fraction as people read it: 91.17%.
func percent(fraction float64) string { return wording.Percent(fraction) + "%" }
