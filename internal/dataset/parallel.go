package dataset

import (
	"cmp"
	"context"
	"runtime"
	"sync"
	"sync/atomic"
)

// each runs f(0) … f(n−1) on a number of goroutines, one for each processor when workers is 0, and waits for all of them.
// Indices are handed out in rising order, and none any more once an f has failed: so whatever the number of workers, the
// error is the one of the lowest index that fails. The context's comes before it.
//
// A pool of package worker hands out shares of neighbours, and does not stop.
func each(ctx context.Context, n, workers int, f func(i int) error) error {
	var (
		next  atomic.Int64
		wg    sync.WaitGroup
		mutex sync.Mutex
		first = n // that fails
		fault error
	)
	if workers == 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	for range min(workers, n) {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := int(next.Add(1) - 1)
				if i >= n {
					return
				}
				if err := f(i); err != nil {
					next.Store(int64(n))
					mutex.Lock()
					if i < first {
						first, fault = i, err
					}
					mutex.Unlock()
				}
			}
		})
	}
	wg.Wait()
	return cmp.Or(ctx.Err(), fault)
}

// counter returns a function that counts one more and reports it, one call at a time and rising. A nil report is none.
func counter(total int, report func(done, total int)) func() {
	if report == nil {
		return func() {}
	}
	var mutex sync.Mutex
	done := 0
	return func() {
		mutex.Lock()
		defer mutex.Unlock()
		done++
		report(done, total)
	}
}
