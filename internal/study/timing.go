package study

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"actfn/internal/compare"
	"actfn/internal/dataset"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// How steps are timed. A block builds the networks anew: where they come to lie in memory can make a step some percent
// longer, and the interval has to know of that. Each has three turns, with a burst that brings its weights into the
// caches and two that are timed. The least of the six counts: whatever else the machine does only makes one longer.
const (
	burst        = time.Millisecond // at least, or one step
	rounds       = 3                // of turns in a block
	bursts       = 2                // that are timed in a turn
	mostBlocks   = 12
	leastBlocks  = 5                      // of large networks, whose training takes incomparably longer
	each         = 600 * time.Millisecond // of time for an activation, unless leastBlocks take longer
	inAll        = time.Minute            // for all of them, likewise
	mostTogether = 8                      // activations of a block
)

// Time times the first training steps of the activations, from the first seed's weights on, one model at a time on all
// processors, whatever made the cells. The batches are in memory and the same for all. In a block all activations have
// their turns, in an order that changes, so that what slows the machine down for a while slows all of them; ratios to
// the baseline are taken within blocks. Of more activations than mostTogether, or than fit into memory, each group has
// the baseline in it. It is nil if nothing is trained.
func (s *Study) Time(ctx context.Context) (*compare.Timed, error) {
	if s.Steps() == 0 {
		return nil, nil
	}
	others := slices.DeleteFunc(slices.Clone(s.Plan.Activations), func(name string) bool {
		return name == s.Claim.Baseline
	})
	together, err := s.together(1 + len(others))
	if err != nil {
		return nil, err
	}
	groups := [][]string{{s.Claim.Baseline}}
	if len(others) > 0 {
		groups = nil
		for group := range slices.Chunk(others, together-1) {
			groups = append(groups, slices.Insert(slices.Clone(group), 0, s.Claim.Baseline))
		}
	}
	environment := s.Environment
	environment.Workers = cmp.Or(s.Config.Workers, runtime.GOMAXPROCS(0))
	pool := worker.New(environment.Workers)
	defer pool.Close()
	t := timer{job: train.Job{Config: s.Config.Train, Model: s.Config.Model, Data: s.loaded, Pool: pool}}
	t.job.Config.Seed, t.job.Config.LR, t.job.Model.Activation = s.Plan.Seeds[0], s.Plan.LRs[0], s.Claim.Baseline
	if t.batches, err = train.FirstBatches(ctx, t.job); err != nil {
		return nil, err
	}
	if _, err := t.block(ctx, []string{s.Claim.Baseline}, 0); err != nil { // it is thrown away: the first is slow
		return nil, err
	}
	limit := min(time.Duration(1+len(others))*each, inAll) / time.Duration(len(groups))
	steps, baseline := map[string]compare.Step{}, []float64(nil)
	for _, group := range groups {
		seconds, err := t.group(ctx, group, limit)
		if err != nil {
			return nil, err
		}
		for i, name := range group {
			steps[name] = compare.NewStep(seconds[i], seconds[0])
		}
		baseline = append(baseline, seconds[0]...)
	}
	steps[s.Claim.Baseline] = compare.NewStep(baseline, baseline)
	timing := compare.Timing{Baseline: s.Claim.Baseline, Batch: s.Config.Train.BatchSize, Environment: environment}
	return &compare.Timed{Timing: timing, Steps: steps}, nil
}

// together is how many of the models are timed together: as many as fit into memory, at least two if there are two.
func (s *Study) together(models int) (int, error) {
	memory, err := s.memory(s.Plan.Cells())
	if err != nil || models == 1 {
		return 1, err
	}
	n := min(models, mostTogether)
	for n > 2 && memory.Fits(n) != nil {
		n--
	}
	return n, memory.Fits(n)
}

// timer times activations.
type timer struct {
	job     train.Job
	batches []dataset.Batch
	steps   int // of a burst; 0: not known yet
}

// group is the time of a step of each activation in each of the blocks, for which there is so much time. The first is
// the baseline.
func (t *timer) group(ctx context.Context, activations []string, limit time.Duration) ([][]float64, error) {
	seconds := make([][]float64, len(activations))
	began := time.Now()
	for block := 0; block < leastBlocks || block < mostBlocks && time.Since(began) < limit; block++ {
		times, err := t.block(ctx, activations, block)
		if err != nil {
			return nil, err
		}
		for i := range activations {
			seconds[i] = append(seconds[i], times[i])
		}
	}
	return seconds, nil
}

// block is the time of a step of each activation in a block.
func (t *timer) block(ctx context.Context, activations []string, block int) ([]float64, error) {
	n := len(activations)
	watches, times := make([]*train.Stopwatch, n), make([]float64, n)
	runtime.GC() // frees the networks of the last block
	for _, i := range turns(n, block) {
		t.job.Model.Activation = activations[i]
		var err error
		if watches[i], err = train.NewStopwatch(t.job, t.batches); err != nil {
			return nil, err
		}
		times[i] = math.Inf(1)
	}
	runtime.GC() // now, and not while a step is timed
	if t.steps == 0 {
		one, err := least(watches[0], 1)
		if err != nil {
			return nil, err
		}
		t.steps = max(1, int(math.Ceil(burst.Seconds()/one)))
	}
	for round := range rounds {
		for _, i := range turns(n, rounds*block+round) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			v, err := least(watches[i], t.steps)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", activations[i], err)
			}
			times[i] = min(times[i], v)
		}
	}
	return times, nil
}

// least is the time of a step in the quickest burst of a turn.
func least(w *train.Stopwatch, steps int) (float64, error) {
	best := math.Inf(1)
	for i := range 1 + bursts {
		v, err := w.Time(steps)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			best = min(best, v)
		}
	}
	return best, nil
}

// turns is the order of n in a round: that of every second is the one before backwards, and then it begins one
// further, so that over the rounds each comes early and late, and before and after each other.
func turns(n, round int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (i + round/2) % n
	}
	if round%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// Timed are the times that the last result in the folder of a comparison has, nil if it has none.
func Timed(dir string) *compare.Timed {
	r, err := compare.ReadFile(filepath.Join(dir, ResultFile))
	if err != nil {
		return nil // as of another version, or none yet
	}
	return r.Timed()
}
