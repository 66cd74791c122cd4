package main

import (
	"fmt"
	"io"

	"actfn/internal/wording"
)

// printf writes a line of a result for a person, every name in it printable.
func printf(w io.Writer, format string, args ...any) {
	for i, arg := range args {
		if text, ok := arg.(string); ok {
			args[i] = wording.Printable(text)
		}
	}
	fmt.Fprintf(w, format, args...)
}
