package main

import (
	"strings"

	"actfn/internal/printable"
)

// linesOf is an error as it is printed: a line for each of the faults that it joins.
func linesOf(err error) []string {
	text := err.Error()
	switch e := err.(type) {
	case interface{ Unwrap() []error }:
		var texts, lines []string
		for _, inner := range e.Unwrap() {
			texts, lines = append(texts, inner.Error()), append(lines, linesOf(inner)...)
		}
		if strings.Join(texts, "\n") == text {
			return lines
		}
	case interface{ Unwrap() error }:
		inner := e.Unwrap()
		if inner == nil {
			break
		}
		if place, ok := strings.CutSuffix(text, inner.Error()); ok {
			lines := linesOf(inner)
			lines[0] = printable.Text(place) + lines[0]
			return lines
		}
	}
	return []string{printable.Text(strings.TrimSpace(text))}
}
