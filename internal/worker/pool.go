// Package worker runs numbered tasks in parallel on a fixed number of goroutines.
package worker

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"time"
)

// Pool runs regions: sets of numbered tasks, each region by all workers.
//
// Between regions an idle worker watches for the next one for a while, longer than the gaps within a training
// step, and then sleeps: an idle pool uses no processor time. Several goroutines may run regions at once, and a
// task may run a region of its own: the goroutine that calls Run always works on its own region, helped by
// whichever workers are free.
type Pool struct {
	workers  int
	watch    time.Duration // how long to look for a region before sleeping
	current  atomic.Pointer[region]
	sleepers atomic.Int32
	wake     chan struct{}
}

// region is a set of tasks, of which each worker has a share of neighbours. Regions of equal size are shared
// alike, so that a worker finds in its caches what it left there. An idle worker steals from the end of
// another's share.
type region struct {
	task     func(worker, task int)
	tasks    int64
	shares   []share
	_        [64]byte // keeps the counter below, which all workers write, in a cache line of its own
	done     atomic.Int64
	finished atomic.Pointer[chan struct{}] // closed at the end, if the caller sleeps
	panicked atomic.Pointer[Panic]         // the first panic of a task
}

// Panic is what Run panics with when a task panics.
type Panic struct {
	Value any
	Stack []byte // of the task
}

// Error shows the value and where the task panicked.
func (p *Panic) Error() string { return fmt.Sprintf("task panicked: %v\n\n%s", p.Value, p.Stack) }

// share is the range of tasks [from, to).
type share struct {
	from, to int
	down     bool          // the owner takes the last task first
	taken    atomic.Uint64 // lower half: number of tasks taken from the beginning; upper half: from the end
	_        [32]byte      // keeps the counters of two shares in different cache lines
}

// take takes the owner's next task, or for another worker the one at the other end.
func (s *share) take(own bool) (task int, ok bool) {
	if own != s.down {
		n := s.taken.Add(1)
		return s.from + int(uint32(n)) - 1, s.available(n)
	}
	n := s.taken.Add(1 << 32)
	return s.to - int(n>>32), s.available(n)
}

// available reports that the task counted last was still in the share.
func (s *share) available(taken uint64) bool {
	return int(uint32(taken))+int(taken>>32) <= s.to-s.from
}

// watching is how long a worker watches. The gaps within a step are about 50 µs, and waking a sleeper takes as
// long: with a fifth of this value a step took a tenth longer.
const watching = 300 * time.Microsecond

// watch polls until seen is true or the time is up, and reports which.
func watch(limit time.Duration, seen func() bool) bool {
	if limit == 0 {
		return seen()
	}
	for end := time.Now().Add(limit); ; {
		for range 1000 { // reading the clock costs more than a look
			if seen() {
				return true
			}
		}
		if time.Now().After(end) {
			return false
		}
	}
}

// closed is the region that ends a pool's goroutines.
var closed = &region{}

// New starts a pool of workers, one of which is the caller of Run; workers < 1 means one for each processor
// that this process may use. Close stops it.
func New(workers int) *Pool {
	processors := runtime.GOMAXPROCS(0)
	if workers < 1 {
		workers = processors
	}
	p := &Pool{workers: workers, wake: make(chan struct{}, workers)}
	if workers <= processors { // otherwise watching would take processor time from workers that have tasks
		p.watch = watching
	}
	for w := 1; w < workers; w++ {
		go p.help(w)
	}
	return p
}

// Workers is the number of tasks that can run at once; the worker number passed to a task is below it.
func (p *Pool) Workers() int { return p.workers }

// Close ends the pool's goroutines. No region may be run after it.
func (p *Pool) Close() { p.post(closed) }

// help works on one region after another until the pool is closed.
func (p *Pool) help(worker int) {
	for last := (*region)(nil); last != closed; {
		last = p.await(last)
		last.work(worker)
	}
}

// await returns the region that is posted after last.
func (p *Pool) await(last *region) *region {
	for {
		if watch(p.watch, func() bool { return p.current.Load() != last }) {
			return p.current.Load()
		}
		p.sleepers.Add(1)
		// A region posted before this worker was counted as a sleeper is seen here; one posted later wakes it.
		if r := p.current.Load(); r != last {
			p.sleepers.Add(-1)
			return r
		}
		<-p.wake
		p.sleepers.Add(-1)
		if r := p.current.Load(); r != last {
			return r
		}
	}
}

// post makes r the region that the workers look for, and wakes the sleepers.
func (p *Pool) post(r *region) {
	p.current.Store(r)
	for range p.sleepers.Load() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// Run calls task(worker, t) once for every t in [0, tasks) and returns when all calls have returned. Tasks that
// run at once have different worker numbers, so that these can index scratch memory. If a task panics, tasks
// that have not begun are left out, and Run panics with a *Panic once those that have begun have returned.
func (p *Pool) Run(tasks int, task func(worker, task int)) { p.run(tasks, false, task) }

// RunDown is Run with the workers going from higher task numbers to lower ones.
func (p *Pool) RunDown(tasks int, task func(worker, task int)) { p.run(tasks, true, task) }

func (p *Pool) run(tasks int, down bool, task func(worker, task int)) {
	if p.workers == 1 || tasks <= 1 {
		alone(tasks, down, task)
		return
	}
	r := &region{task: task, tasks: int64(tasks), shares: make([]share, p.workers)}
	for w := range r.shares {
		s := &r.shares[w]
		s.from, s.to, s.down = w*tasks/p.workers, (w+1)*tasks/p.workers, down
	}
	p.post(r)
	r.work(0)
	r.wait(p.watch)
	if panicked := r.panicked.Load(); panicked != nil {
		panic(panicked)
	}
}

// alone runs all tasks on the caller's goroutine.
func alone(tasks int, down bool, task func(worker, task int)) {
	defer func() {
		if value := recover(); value != nil {
			panic(caught(value))
		}
	}()
	for t := range tasks {
		if down {
			t = tasks - 1 - t
		}
		task(0, t)
	}
}

// caught is a panic of a task, or of a region that the task ran.
func caught(value any) *Panic {
	if inner, ok := value.(*Panic); ok {
		return inner
	}
	return &Panic{value, debug.Stack()}
}

// work runs tasks until none is left to start: first the worker's own, then the others'. After a panic it goes on, to
// count the tasks that are left out.
func (r *region) work(worker int) {
	for !r.run(worker) {
	}
}

// run is work until a task panics; it keeps the panic for the caller of Run and reports whether there was none.
func (r *region) run(worker int) (finished bool) {
	ran := int64(0) // added to the shared counter once: its cache line moves between processors
	defer func() {
		if value := recover(); value != nil {
			ran++
			r.panicked.CompareAndSwap(nil, caught(value))
		}
		if ran > 0 && r.done.Add(ran) == r.tasks {
			if c := r.finished.Load(); c != nil {
				close(*c)
			}
		}
	}()
	for other := range r.shares {
		s := &r.shares[(worker+other)%len(r.shares)]
		for t, ok := s.take(other == 0); ok; t, ok = s.take(other == 0) {
			if r.panicked.Load() == nil {
				r.task(worker, t)
			}
			ran++
		}
	}
	return true
}

// wait returns when all tasks have ended: it watches for a while and then sleeps.
func (r *region) wait(limit time.Duration) {
	if watch(limit, func() bool { return r.done.Load() == r.tasks }) {
		return
	}
	c := make(chan struct{})
	r.finished.Store(&c)
	// The last task either saw the channel, or ended before it was stored.
	if r.done.Load() != r.tasks {
		<-c
	}
}

// RunChunks calls f for consecutive ranges [from, to) that cover [0, n), each of the given size but the last.
func (p *Pool) RunChunks(n, size int, f func(from, to int)) {
	p.Run((n+size-1)/size, func(_, t int) { f(t*size, min(n, (t+1)*size)) })
}
