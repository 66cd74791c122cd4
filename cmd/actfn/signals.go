package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// signalled is the cause of a context that a signal ended.
type signalled struct{ signal os.Signal }

func (s signalled) Error() string {
	if s.signal == syscall.SIGTERM {
		return "SIGTERM"
	}
	return "SIGINT"
}

// code is a shell's: 128 and the signal's number.
func (s signalled) code() int {
	if s.signal == syscall.SIGTERM {
		return 143
	}
	return 130
}

// untilSignal returns a context that the first SIGINT or SIGTERM cancels, so that a step can be
// finished and saved. The second ends the program at once.
//
// SIGPIPE is ignored: a reader that goes away (| head -1) must not kill a training run.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	signal.Ignore(syscall.SIGPIPE)
	go func() {
		for s := range signals {
			if ctx.Err() != nil {
				os.Exit(signalled{s}.code())
			}
			cancel(signalled{s})
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
