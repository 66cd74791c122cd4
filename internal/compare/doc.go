// Package compare says what the runs of a comparison are evidence for: which activation is better than the
// baseline, by how much, and whether that is more than the luck of these seeds and these images. All functions
// are pure but ReadFile: cells in, a Result out.
package compare
