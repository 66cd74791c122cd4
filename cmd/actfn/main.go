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
	// saves is set by a command once a signal makes it save what it has done, however long that takes.
	saves *atomic.Bool
}

// execute runs one command line and returns the exit code.
func execute(args []string, stdout, stderr io.Writer, env []string) int {
	saves := new(atomic.Bool)
	ctx, stop := untilSignal(context.Background(), saves)
	defer stop()
	a := &app{&output{w: stdout}, newUI(stderr, env), env, saves}
	root := newRootCmd(a)
	understood := false
	root.PersistentPreRun = func(*cobra.Command, []string) { understood = true }
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
