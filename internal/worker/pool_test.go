package worker

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

func TestPoolRunsEachTaskOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		p := New(workers)
		for _, tasks := range []int{0, 1, 2, 3, 1000} {
			for _, run := range []func(int, func(worker, task int)){p.Run, p.RunDown} {
				counts := make([]atomic.Int32, tasks)
				busy := make([]atomic.Int32, workers)
				run(tasks, func(worker, task int) {
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
		}
		p.Close()
	}
}

// A share is taken in its order by its worker, and from the other end by the others.
func TestShareOrder(t *testing.T) {
	for _, down := range []bool{false, true} {
		s := share{from: 3, to: 7, down: down}
		var got []int
		for _, own := range []bool{true, false, true, false} {
			task, ok := s.take(own)
			if !ok {
				t.Fatalf("down %v: nothing left after %v", down, got)
			}
			got = append(got, task)
		}
		want := []int{3, 6, 4, 5}
		if down {
			want = []int{6, 3, 5, 4}
		}
		if !slices.Equal(got, want) {
			t.Errorf("down %v: tasks are %v, want %v", down, got, want)
		}
		for _, own := range []bool{true, false, true} {
			if task, ok := s.take(own); ok {
				t.Errorf("down %v: task %d is taken from an empty share", down, task)
			}
		}
	}
}

// Several goroutines share a pool, and tasks run regions of their own.
func TestPoolSharedAndNested(t *testing.T) {
	p := New(3)
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
	p := New(2)
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

// A panic in a task reaches the caller of Run, whichever worker ran it, and the pool goes on working.
func TestPanicReachesTheCaller(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		p := New(workers)
		for bad := range 40 {
			got := func() (value any) {
				defer func() { value = recover() }()
				p.Run(40, func(_, task int) {
					if task == bad {
						p.Run(3, func(_, inner int) {
							if inner == 1 {
								panic(fmt.Sprint("task ", task))
							}
						})
					}
				})
				return nil
			}()
			caught, ok := got.(*Panic)
			if !ok || caught.Value != fmt.Sprint("task ", bad) || !strings.Contains(string(caught.Stack), "TestPanicReachesTheCaller") {
				t.Fatalf("%d workers: Run panics with %v, want task %d and where it panicked", workers, got, bad)
			}
		}
		var ran atomic.Int32
		p.Run(100, func(_, _ int) { ran.Add(1) })
		if ran.Load() != 100 {
			t.Errorf("%d workers: after a panic %d of 100 tasks run", workers, ran.Load())
		}
		p.Close()
	}
}
