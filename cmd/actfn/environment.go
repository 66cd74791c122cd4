package main

import (
	"bufio"
	"os"
	"runtime"
	"strings"

	"actfn/internal/kernel"
	"actfn/internal/record"
)

// environment is what records tell of where they were made.
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
