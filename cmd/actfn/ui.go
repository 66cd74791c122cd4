package main

// This file is the talk: what actfn says to a person, all of it on stderr. Its rules:
//
//   - A result never goes here, and nothing but results goes to stdout.
//   - A line is lower case, names the thing it speaks of and has no full stop.
//   - An error is "actfn: " and the message, once; what to type next is a "hint: " line.
//   - Something that is still moving is a bar, and only on a terminal. A log gets whole lines.
//   - Colour marks the prefix, never the message, and only on a terminal; NO_COLOR and TERM=dumb
//     turn it off.
//   - A name that somebody gave is printable, whatever is in it.
//   - Nobody listening is no reason to stop: failed writes are ignored.

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// progressModes are the values of --progress.
var progressModes = []string{"auto", "bar", "plain", "none"}

type ui struct {
	w        io.Writer
	terminal bool // one that can move its cursor
	colour   bool
	progress string // one of progressModes
}

func newUI(w io.Writer, env []string) *ui {
	f, isFile := w.(*os.File)
	terminal := isFile && term.IsTerminal(int(f.Fd())) && variable(env, "TERM") != "dumb"
	return &ui{w, terminal, terminal && coloured(env), "auto"}
}

// coloured reports that a terminal may be written to in colour.
func coloured(env []string) bool {
	return variable(env, "NO_COLOR") == "" && variable(env, "TERM") != "dumb"
}

// variable is the value of an environment variable; the last wins, as in the system.
func variable(env []string, name string) string {
	for _, pair := range slices.Backward(env) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value
		}
	}
	return ""
}

// say writes one line.
func (u *ui) say(format string, args ...any) {
	u.line("", wording.Printable(fmt.Sprintf(format, args...)))
}

func (u *ui) line(prefix, text string) { fmt.Fprintf(u.w, "%s%s\n", prefix, text) }

// warn writes one line that deserves a look.
func (u *ui) warn(format string, args ...any) {
	u.line(u.paint(yellow, "warning: "), wording.Printable(fmt.Sprintf(format, args...)))
}

// fail writes an error and its hints. Several faults stand below each other.
func (u *ui) fail(err error) {
	if err == nil {
		return
	}
	const prefix = "actfn: "
	u.line(u.paint(red, prefix), strings.Join(linesOf(err), "\n"+strings.Repeat(" ", len(prefix))))
	for _, h := range fault.Hints(err) {
		u.hint(h)
	}
}

// hint writes what to type next.
func (u *ui) hint(text string) {
	const prefix = "hint: "
	lines := strings.Split(text, "\n") // a formula, and a caret under its fault
	for i, line := range lines {
		lines[i] = wording.Printable(line)
	}
	u.line(u.paint(cyan, prefix), strings.Join(lines, "\n"+strings.Repeat(" ", len(prefix))))
}

// linesOf is an error as it is printed: a line for each of the faults that it joins.
func linesOf(err error) []string {
	var lines []string
	for _, e := range fault.Each(err) {
		lines = append(lines, wording.Printable(strings.TrimSpace(e.Error())))
	}
	return lines
}

const (
	red    = "31"
	yellow = "33"
	cyan   = "36"
)

func (u *ui) paint(colour, text string) string {
	if !u.colour {
		return text
	}
	return "\x1b[" + colour + "m" + text + "\x1b[0m"
}

// bars says whether progress moves, lines whether it is told line by line.
func (u *ui) bars() bool  { return u.progress == "bar" || u.progress == "auto" && u.terminal }
func (u *ui) lines() bool { return u.progress != "none" }
