package main

import (
	"bufio"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/fuse"
	"actfn/internal/kernel"
	"actfn/internal/record"
	"actfn/internal/wording"
)

func newVersionCmd(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version, the commit and what the program runs on",
		Example: "  actfn version",
		Args:    arguments(0, 0, "none"),
		RunE: func(*cobra.Command, []string) error {
			var t wording.Table
			t.Row("actfn", version())
			t.Row("commit", commit())
			t.Row("go", runtime.Version())
			t.Row("platform", runtime.GOOS+"/"+runtime.GOARCH)
			t.Row("kernel", kernel.Instructions())
			if fuse.Off() {
				t.Row("rewrites", "off")
			}
			_, err := t.WriteTo(a.out)
			return err
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

// environment is where a run is made, for its record.
func environment(workers int) record.Environment {
	return record.Environment{
		Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPU: processor(),
		Instructions: kernel.Instructions(), Workers: workers,
	}
}

// processor is the name that Linux has for it, and "" elsewhere.
func processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return ""
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, name, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(name)
		}
	}
	return ""
}
