package wording

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// Printable is a name as it may be shown to a person. Characters that a terminal would act on instead of showing
// them, and bytes that are not UTF-8, are escaped as in a string of Go; with none of them the name stays as it
// is.
func Printable(name string) string {
	acts := func(r rune) bool { return !strconv.IsGraphic(r) }
	if utf8.ValidString(name) && !strings.ContainsFunc(name, acts) {
		return name
	}
	quoted := strconv.QuoteToGraphic(name)
	return quoted[1 : len(quoted)-1]
}
