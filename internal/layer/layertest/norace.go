//go:build !race

package layertest

// raceDetector says that the race detector runs.
const raceDetector = false
