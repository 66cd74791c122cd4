package main

import (
	"os"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// bar is work of known length. A nil bar shows nothing.
type bar struct{ *progressbar.ProgressBar }

// bar starts one if progress is to move and the terminal has room for it, and returns nil otherwise.
func (u *ui) bar(label string, total int) *bar {
	width := u.barWidth(label, total)
	if !u.bars() || width < leastBar {
		return nil
	}
	return &bar{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(u.w),
		progressbar.OptionSetDescription(label),
		progressbar.OptionSetWidth(width),
		progressbar.OptionShowCount(),
		progressbar.OptionSetTheme(progressbar.Theme{Saucer: "█", SaucerPadding: "░", BarStart: "", BarEnd: ""}),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

// A bar is mostBar columns wide, or what its text leaves of a line: one that is wrapped cannot be
// overwritten.
const (
	mostBar  = 30
	leastBar = 5
)

func (u *ui) barWidth(label string, total int) int {
	const rest = len(" 100%  (/) [1h23m45s:1h23m45s] ") // around the label, the bar, the count and the total
	return min(mostBar, u.columns()-rest-utf8.RuneCountInString(label)-2*len(strconv.Itoa(total)))
}

// columns is the width of the terminal, or the usual one of what has none.
func (u *ui) columns() int {
	if f, ok := u.w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 80
}

// at moves the bar.
func (b *bar) at(done int) {
	if b != nil {
		_ = b.Set(done)
	}
}

// end takes the bar off the screen.
func (b *bar) end() {
	if b != nil {
		_ = b.Clear()
		_ = b.Exit()
	}
}

// describe changes the label, to one as long as the first.
func (b *bar) describe(label string) {
	if b != nil {
		b.Describe(label)
	}
}

// clear makes room for a line; the next move draws the bar anew.
func (b *bar) clear() {
	if b != nil {
		_ = b.Clear()
	}
}
