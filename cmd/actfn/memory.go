package main

import (
	"os"
	"runtime/debug"
)

// tightenMemory has garbage collected when the heap has grown by a quarter, and not only when it has
// doubled, unless the user set GOGC. Training fills it with pixels and weights, in which there is nothing
// to follow, so a collection takes milliseconds and a step leaves hardly anything to collect.
func tightenMemory() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(25)
	}
}
