package main

import (
	"context"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string { return endings[s.signal] }

// code is a shell's: 128 and the signal's number.
func (s signalled) code() int { return 128 + int(s.signal.(syscall.Signal)) }

// endings are the signals that end the program: Ctrl-C, a scheduler's, a terminal's that went away.
var endings = map[os.Signal]string{
	syscall.SIGINT:  "SIGINT",
	syscall.SIGTERM: "SIGTERM",
	syscall.SIGHUP:  "SIGHUP",
}

// echo is how long after a signal another counts as the same: schedulers send theirs to all processes of a job, and
// its script passes it on.
const echo = time.Second / 2

// grace is how long after a signal a command that has nothing to save may take to end.
const grace = time.Second

// untilSignal returns a context that the first of these signals cancels, so that a step can be
// finished and saved. The second ends the program at once, and so does the first, after the grace, unless the command
// saves. Under nohup SIGHUP stays ignored.
//
// SIGPIPE is ignored: a reader that goes away (| head -1) must not kill a training run.
func untilSignal(parent context.Context, saves *atomic.Bool) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	for s := range endings {
		if s != syscall.SIGHUP || !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		first, ok := <-signals
		if !ok {
			return
		}
		came := time.Now()
		cancel(signalled{first})
		var over <-chan time.Time // never, of a command that saves
		if !saves.Load() {
			over = time.After(grace)
		}
		for {
			select {
			case <-over:
				os.Exit(signalled{first}.code())
			case s, ok := <-signals:
				if !ok {
					return
				}
				if time.Since(came) > echo {
					os.Exit(signalled{s}.code())
				}
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
