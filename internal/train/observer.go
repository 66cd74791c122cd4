package train

import "actfn/internal/record"

// Observer follows a run. It is called by the goroutine that trains.
type Observer interface {
	// Step is called after each step with the epoch, from 1, and the number of its steps done.
	Step(epoch, done, steps int)
	// Epoch is called at the end of each epoch.
	Epoch(record.Epoch)
}
