package train

import "actfn/internal/record"

// Observer is told how a run goes. It is called by the goroutine that trains.
type Observer interface {
	// Step tells that an epoch, from 1, has done some of its steps.
	Step(epoch, done, steps int)
	// Epoch tells that an epoch has ended.
	Epoch(record.Epoch)
}
