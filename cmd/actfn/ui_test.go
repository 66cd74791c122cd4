package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"actfn/internal/fault"
)

func TestExitCodes(t *testing.T) {
	for _, test := range []struct {
		err  error
		want int
	}{
		{nil, 0},
		{errors.New("x"), 1},
		{usage(errors.New("x")), 2},
		{usage(nil), 0},
		{fmt.Errorf("y: %w", withCode(exitGate, errors.New("x"))), 3},
		{usage(withCode(exitDiverged, errors.New("x"))), 5}, // the first code stays
		{fmt.Errorf("step 3: %w", signalled{syscall.SIGINT}), 130},
		{usage(signalled{syscall.SIGTERM}), 143},
		{signalled{syscall.SIGHUP}, 129},
		{errors.Join(errors.New("x"), usage(errors.New("y"))), 2},
	} {
		if got := exitCode(test.err); got != test.want {
			t.Errorf("exit code of %v is %d, want %d", test.err, got, test.want)
		}
	}
}

func TestFailWritesOnePrefixAndEveryHint(t *testing.T) {
	var text bytes.Buffer
	u := newUI(&text, nil)
	u.fail(errors.Join(fault.Hint(errors.New("a: is 1"), "try 2"), errors.New("b: is 3")))
	u.fail(nil)
	if want := "actfn: a: is 1\n       b: is 3\nhint: try 2\n"; text.String() != want {
		t.Errorf("wrote %q, want %q", &text, want)
	}
	text.Reset()
	u.colour = true
	u.fail(errors.New("a"))
	if want := "\x1b[31mactfn: \x1b[0ma\n"; text.String() != want {
		t.Errorf("wrote %q, want %q", &text, want)
	}
}

func TestProgressByModeAndTerminal(t *testing.T) {
	for _, test := range []struct {
		mode                  string
		terminal, bars, lines bool
	}{
		{"auto", true, true, true}, {"auto", false, false, true},
		{"bar", false, true, true}, {"plain", true, false, true}, {"none", true, false, false},
	} {
		u := &ui{w: io.Discard, terminal: test.terminal, progress: test.mode}
		if u.bars() != test.bars || u.lines() != test.lines {
			t.Errorf("%s on terminal %v: bars %v, lines %v", test.mode, test.terminal, u.bars(), u.lines())
		}
		if b := u.bar("x", 3); (b != nil) != test.bars {
			t.Errorf("%s on terminal %v: bar is %v", test.mode, test.terminal, b)
		}
	}
	wide := &ui{w: io.Discard, progress: "bar"} // 80 columns
	for label, want := range map[string]int{"x": mostBar, strings.Repeat("x", 41): 4} {
		if got := wide.barWidth(label, 10); got != want {
			t.Errorf("bar after a label of %d is %d wide, want %d", len(label), got, want)
		}
	}
	if b := wide.bar(strings.Repeat("x", 41), 10); b != nil {
		t.Error("a bar is shown that does not fit")
	}
	var none *bar
	none.at(1) // shows nothing and does not panic
	none.end()
}

// failing refuses every write with err.
type failing struct {
	err    error
	writes int
}

func (f *failing) Write([]byte) (int, error) { f.writes++; return 0, f.err }

func TestOutputKeepsTheFirstFailure(t *testing.T) {
	full := &failing{err: &fs.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.ENOSPC}}
	o := &output{w: full}
	for range 3 {
		if n, err := fmt.Fprint(o, "abc"); n != 3 || err != nil {
			t.Errorf("write is %d, %v", n, err)
		}
	}
	if full.writes != 1 || o.err == nil || o.err.Error() != "stdout: "+syscall.ENOSPC.Error() {
		t.Errorf("%d writes, error %v", full.writes, o.err)
	}
	gone := &output{w: &failing{err: &fs.PathError{Err: syscall.EPIPE}}}
	if err := gone.json(1); err != nil || gone.err != nil || !gone.closed {
		t.Errorf("a reader that went away is %v, %v", err, gone.err)
	}
}

// A command line of any kind ends with a code, not with a panic, and a bad one prints no result.
func TestRunInProcess(t *testing.T) {
	for _, test := range []struct {
		args string
		code int
	}{
		{"", 0}, {"--help", 0}, {"config show", 0}, {"completion zsh", 0},
		{"nothing", 2}, {"completion klingon", 2}, {"train --epochs", 2}, {"config show -c /nowhere", 2}, {"eval /nowhere", 1},
	} {
		var out, talk bytes.Buffer
		code := execute(strings.Fields(test.args), &out, &talk, nil)
		if code != test.code || (code == 0) == (out.Len() == 0) || (code == 0) != (talk.Len() == 0) {
			t.Errorf("actfn %s: exit code %d, want %d; %d bytes of results; talk: %s", test.args, code, test.code, out.Len(), &talk)
		}
	}
}

// The first signal ends the context, with the signal as the cause; without one, stop does, with no cause.
func TestFirstSignalCancels(t *testing.T) {
	ctx, stop := untilSignal(context.Background(), new(atomic.Bool))
	stop()
	if ctx.Err() == nil || context.Cause(ctx) != context.Canceled {
		t.Errorf("cause after stop is %v", context.Cause(ctx))
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for s, name := range endings {
		ctx, stop := untilSignal(context.Background(), new(atomic.Bool))
		if err := self.Signal(s); err != nil {
			stop()
			t.Skipf("this system sends no %s: %v", name, err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(10 * time.Second):
			t.Fatalf("%s ends nothing", name)
		}
		if cause := context.Cause(ctx); cause != (signalled{s}) || cause.Error() != name || exitCode(cause) != 128+int(s.(syscall.Signal)) {
			t.Errorf("cause is %v, exit code %d, want %s", cause, exitCode(cause), name)
		}
		stop()
	}
}
