package kernel

import (
	"runtime"
	"sync/atomic"
	"time"
)

// Pool runs the tasks of one region after the other on a fixed number of workers.
//
// Between regions a worker watches for the next one for a while, longer than the gaps within a training
// step, and then sleeps: an idle pool uses no processor. Regions may be run by
// several goroutines at once, and a task may run a region of its own: the goroutine that calls Run
// always works on its own region, helped by whoever is free.
type Pool struct {
	workers  int
	watch    time.Duration // how long to look for a region before sleeping
	current  atomic.Pointer[region]
	sleepers atomic.Int32
	wake     chan struct{}
}

// region is some tasks of which each worker has a share: neighbours, and the same ones whenever there are as many, so
// that it finds in its caches what it left there. Who has done with its own takes from the others' shares, from their
// ends.
type region struct {
	task     func(worker, task int)
	tasks    int64
	shares   []share
	_        [64]byte // keeps what all count in a cache line of its own
	done     atomic.Int64
	finished atomic.Pointer[chan struct{}] // closed at the end, if the caller sleeps
}

// share is the tasks from a number up to another.
type share struct {
	from, to int
	down     bool          // the last comes first
	taken    atomic.Uint64 // how many from the beginning, and in the upper half how many from the end
	_        [32]byte      // keeps counters in cache lines of their own
}

// take takes the task that comes first, or for who has no share in it the one that comes last.
func (s *share) take(own bool) (task int, ok bool) {
	if own != s.down {
		n := s.taken.Add(1)
		return s.from + int(uint32(n)) - 1, s.left(n)
	}
	n := s.taken.Add(1 << 32)
	return s.to - int(n>>32), s.left(n)
}

// left says that what was counted last was there to take.
func (s *share) left(taken uint64) bool { return int(uint32(taken))+int(taken>>32) <= s.to-s.from }

// watching is how long a worker watches. Gaps are of some 50 µs, and to wake a sleeper takes as long: a
// tenth of the step was lost with a fifth of this.
const watching = 300 * time.Microsecond

// watch looks until it has seen what it looks for, or the time is up.
func watch(limit time.Duration, seen func() bool) bool {
	if limit == 0 {
		return seen()
	}
	for end := time.Now().Add(limit); ; {
		for range 1000 { // the time is not asked for each look
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

// NewPool starts a pool of workers, of which the caller of Run is one; workers < 1 means one
// for each processor this process may use. Close stops it.
func NewPool(workers int) *Pool {
	processors := runtime.GOMAXPROCS(0)
	if workers < 1 {
		workers = processors
	}
	p := &Pool{workers: workers, wake: make(chan struct{}, workers)}
	if workers <= processors { // else watching takes the processor from who has work
		p.watch = watching
	}
	for w := 1; w < workers; w++ {
		go p.help(w)
	}
	return p
}

// Workers is the number of tasks that can run at once; the worker passed to a task is below it.
func (p *Pool) Workers() int { return p.workers }

// Close ends the pool's goroutines. No region may be run after it.
func (p *Pool) Close() { p.post(closed) }

// help is a worker's life.
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
		// A region posted before this worker counted as a sleeper is seen here; one posted later
		// wakes it.
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

// post makes r the region to help with.
func (p *Pool) post(r *region) {
	p.current.Store(r)
	for range p.sleepers.Load() {
		select {
		case p.wake <- struct{}{}:
		default:
		}
	}
}

// Run calls task(worker, t) once for every t in [0, tasks) and returns when all have returned.
// Tasks that run at once have different workers, so worker can index scratch memory.
func (p *Pool) Run(tasks int, task func(worker, task int)) { p.run(tasks, false, task) }

// RunDown is Run whose workers go from higher tasks to lower ones: what was done last comes first.
func (p *Pool) RunDown(tasks int, task func(worker, task int)) { p.run(tasks, true, task) }

func (p *Pool) run(tasks int, down bool, task func(worker, task int)) {
	if p.workers == 1 || tasks <= 1 {
		for t := range tasks {
			if down {
				t = tasks - 1 - t
			}
			task(0, t)
		}
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
}

// work runs tasks until none is left to start: the worker's own, then the others'.
func (r *region) work(worker int) {
	ran := int64(0) // counted for all at the end: that line of the cache goes back and forth
	for other := range r.shares {
		s := &r.shares[(worker+other)%len(r.shares)]
		for t, ok := s.take(other == 0); ok; t, ok = s.take(other == 0) {
			r.task(worker, t)
			ran++
		}
	}
	if ran > 0 && r.done.Add(ran) == r.tasks {
		if c := r.finished.Load(); c != nil {
			close(*c)
		}
	}
}

// wait returns when all tasks have ended, watching for a while before it sleeps.
func (r *region) wait(limit time.Duration) {
	if watch(limit, func() bool { return r.done.Load() == r.tasks }) {
		return
	}
	c := make(chan struct{})
	r.finished.Store(&c)
	// The last task either saw the channel, or ended before it was there.
	if r.done.Load() != r.tasks {
		<-c
	}
}

// RunChunks calls f for consecutive ranges [from, to) that cover [0, n), each of the given
// size but the last.
func (p *Pool) RunChunks(n, size int, f func(from, to int)) {
	p.Run((n+size-1)/size, func(_, t int) { f(t*size, min(n, (t+1)*size)) })
}
