// Actfn trains, evaluates and applies an image classifier whose activation function is yours to choose.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"github.com/spf13/cobra"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
)

func main() { os.Exit(execute(os.Args[1:], os.Stdout, os.Stderr, os.Environ())) }

// app is what every command works with: results go to out, talk to ui, settings may come from env.
type app struct {
	out *output
	ui  *ui
	env []string
}

// savesWork is the annotation of a command that saves what it has done when a signal comes, however long that takes.
const savesWork = "saves"

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer, env []string) int {
	var saves atomic.Bool
	ctx, stop := untilSignal(context.Background(), &saves)
	defer stop()
	a := &app{&output{w: stdout}, newUI(stderr, env), env}
	root := newRootCmd(a)
	understood := false
	root.PersistentPreRun = func(c *cobra.Command, _ []string) {
		understood = true
		saves.Store(c.Annotations[savesWork] != "")
	}
	root.SetArgs(args)
	err := errors.Join(kernel.CheckPath(), fuse.CheckVariable())
	if err == nil {
		err = root.ExecuteContext(ctx)
	}
	if !understood {
		err = usage(err)
	}
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		err = fmt.Errorf("interrupted: %w", context.Cause(ctx))
	}
	err = errors.Join(err, a.out.err)
	a.ui.fail(err)
	return exitCode(err)
}
