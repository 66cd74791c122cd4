package kernel

import (
	"sync"
	"sync/atomic"
	"testing"
)

func TestPoolRunsEachTaskOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		p := NewPool(workers)
		for _, tasks := range []int{0, 1, 2, 3, 1000} {
			counts := make([]atomic.Int32, tasks)
			busy := make([]atomic.Int32, workers)
			p.Run(tasks, func(worker, task int) {
				if busy[worker].Add(1) != 1 {
					t.Errorf("worker %d has two tasks at once", worker)
				}
				counts[task].Add(1)
				busy[worker].Add(-1)
			})
			for i := range counts {
				if n := counts[i].Load(); n != 1 {
					t.Fatalf("%d workers, %d tasks: task %d ran %d times", workers, tasks, i, n)
				}
			}
		}
		p.Close()
	}
}

// Several goroutines share a pool, and tasks run regions of their own.
func TestPoolSharedAndNested(t *testing.T) {
	p := NewPool(3)
	defer p.Close()
	var total atomic.Int64
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				p.Run(7, func(_, i int) { p.Run(3, func(_, j int) { total.Add(int64(i*3 + j)) }) })
			}
		})
	}
	wg.Wait()
	if want := int64(4 * 50 * (20 * 21 / 2)); total.Load() != want {
		t.Errorf("sum over all tasks is %d, want %d", total.Load(), want)
	}
}

func TestRunChunksCoversTheRange(t *testing.T) {
	p := NewPool(2)
	defer p.Close()
	for _, n := range []int{0, 1, 9, 10, 11, 35} {
		seen := make([]int, n)
		p.RunChunks(n, 10, func(from, to int) {
			for i := from; i < to; i++ {
				seen[i]++
			}
		})
		for i, c := range seen {
			if c != 1 {
				t.Errorf("n = %d: %d was in %d chunks", n, i, c)
			}
		}
	}
}
