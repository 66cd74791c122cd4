package main

import (
	"strings"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// linesOf is an error as it is printed: a line for each of the faults that it joins.
func linesOf(err error) []string {
	var lines []string
	for _, e := range fault.Each(err) {
		lines = append(lines, wording.Printable(strings.TrimSpace(e.Error())))
	}
	return lines
}
