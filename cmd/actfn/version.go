package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
)

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the commit and what the program runs on",
		Example: "  actfn version",
		Args:    arguments(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			tw := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
			fmt.Fprintf(tw, "actfn\t%s\n", version())
			fmt.Fprintf(tw, "commit\t%s\n", commit())
			fmt.Fprintf(tw, "go\t%s\n", runtime.Version())
			fmt.Fprintf(tw, "platform\t%s/%s\n", runtime.GOOS, runtime.GOARCH)
			fmt.Fprintf(tw, "kernel\t%s\n", kernel.Instructions())
			if fuse.Off() {
				fmt.Fprintf(tw, "rewrites\toff\n")
			}
			return tw.Flush()
		},
	}
}

// version is the module's, as the Go toolchain stamped it; "(devel)" when it did not.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "(devel)"
}

// commit is the revision that was built.
func commit() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return "unknown"
	}
	revision, modified := "unknown", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = " (modified)"
		}
	}
	return revision + modified
}
