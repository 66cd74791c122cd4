package main

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"

	"actfn/internal/fault"
)

func TestPrintfShowsNamesPrintable(t *testing.T) {
	var b bytes.Buffer
	printf(&b, "%s\t%d\n", "a\x1b[31m\nb", 3)
	if got, want := b.String(), "a\\x1b[31m\\nb\t3\n"; got != want {
		t.Errorf("wrote %q, want %q", got, want)
	}
}

// Faults that are joined stand on lines of their own, wherever they are wrapped; a newline that is
// part of a name is none.
func TestLinesOfAnError(t *testing.T) {
	joined := errors.Join(errors.New("a"), errors.New("b\nc"))
	for _, test := range []struct {
		err  error
		want []string
	}{
		{errors.New("x\x1b"), []string{`x\x1b`}},
		{joined, []string{"a", `b\nc`}},
		{usage(fault.Hint(joined, "try")), []string{"a", `b\nc`}},
		{fault.At("f\n", joined), []string{`f\n: a`, `f\n: b\nc`}},
		{fmt.Errorf("%w (and more)", errors.New("a\nb")), []string{`a\nb (and more)`}},
	} {
		if got := linesOf(test.err); !slices.Equal(got, test.want) {
			t.Errorf("lines of %v are %q, want %q", test.err, got, test.want)
		}
	}
}
