package wording

import (
	"os"
	"strings"
	"unicode"
)

// Quoted is a path as a shell reads it back, for a command line to copy. A backslash is quoted but where it parts folders,
// on Windows.
func Quoted(path string) string {
	plain := func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("/._-+=:,@%", r) || r == os.PathSeparator
	}
	if path != "" && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
