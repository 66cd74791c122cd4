package kernel

import (
	"runtime"
	"sync/atomic"
)

// Pool runs the tasks of one region after the other on a fixed number of workers.
// Idle workers sleep. Regions may be run by several goroutines at once, and a task may
// run a region of its own: the goroutine that calls Run always works on its own region.
type Pool struct {
	workers int
	regions chan *region
}

type region struct {
	task     func(worker, task int)
	tasks    int64
	next     atomic.Int64
	done     atomic.Int64
	finished chan struct{}
}

// NewPool starts a pool of workers, of which the caller of Run is one; workers < 1 means one
// for each processor this process may use. Close stops it.
func NewPool(workers int) *Pool {
	if workers < 1 {
		workers = runtime.GOMAXPROCS(0)
	}
	p := &Pool{workers: workers, regions: make(chan *region, workers)}
	for w := 1; w < workers; w++ {
		go func() {
			for r := range p.regions {
				r.work(w)
			}
		}()
	}
	return p
}

// Workers is the number of tasks that can run at once; the worker passed to a task is below it.
func (p *Pool) Workers() int { return p.workers }

// Close ends the pool's goroutines. No region may be run after it.
func (p *Pool) Close() { close(p.regions) }

// Run calls task(worker, t) once for every t in [0, tasks) and returns when all have returned.
// Tasks that run at once have different workers, so worker can index scratch memory.
func (p *Pool) Run(tasks int, task func(worker, task int)) {
	if p.workers == 1 || tasks == 1 {
		for t := range tasks {
			task(0, t)
		}
		return
	}
	r := &region{task: task, tasks: int64(tasks), finished: make(chan struct{})}
	for range min(p.workers, tasks) - 1 {
		select {
		case p.regions <- r:
		default: // the queue is full of regions to help with: the caller goes alone
		}
	}
	if tasks > 0 && !r.work(0) {
		<-r.finished
	}
}

// work runs tasks until none is left to start and reports whether all have ended.
func (r *region) work(worker int) (all bool) {
	for {
		t := r.next.Add(1) - 1
		if t >= r.tasks {
			return r.done.Load() == r.tasks
		}
		r.task(worker, int(t))
		if r.done.Add(1) == r.tasks {
			close(r.finished)
		}
	}
}

// RunChunks calls f for consecutive ranges [from, to) that cover [0, n), each of the given
// size but the last.
func (p *Pool) RunChunks(n, size int, f func(from, to int)) {
	p.Run((n+size-1)/size, func(_, t int) { f(t*size, min(n, (t+1)*size)) })
}
