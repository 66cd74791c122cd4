package dataset

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// workerCount is n, or one worker for each processor that Go may use when n is 0.
func workerCount(n int) int {
	if n > 0 {
		return n
	}
	return runtime.GOMAXPROCS(0)
}

// each runs f(0) … f(n−1) on a number of goroutines and waits for all of them. Indices are handed
// out in rising order, and none any more once an f has returned false: so when f(i) did, all
// indices below i have been done too, whatever the number of workers. The error is the context's.
func each(ctx context.Context, n, workers int, f func(i int) bool) error {
	if workers = min(workers, n); workers <= 1 {
		for i := 0; i < n && ctx.Err() == nil && f(i); i++ {
		}
		return ctx.Err()
	}
	var next atomic.Int64
	var stopped atomic.Bool
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for !stopped.Load() && ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				if !f(i) {
					stopped.Store(true)
				}
			}
		})
	}
	wg.Wait()
	return ctx.Err()
}

// counter reports progress, one call at a time and rising.
type counter struct {
	mu     sync.Mutex
	done   int
	total  int
	report func(done, total int)
}

func newCounter(total int, report func(done, total int)) *counter {
	return &counter{total: total, report: report}
}

func (c *counter) add() {
	if c.report == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done++
	c.report(c.done, c.total)
}
