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
	"actfn/internal/model"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// How steps are timed. A visit to an activation is a burst that brings its weights into the caches, and some that are
// timed: the least of them counts, as whatever else the machine does can only make one longer.
const (
	burst        = time.Millisecond       // at least, or one step
	bursts       = 4                      // that are timed in a visit
	mostBlocks   = 15                     // after one that is thrown away
	leastBlocks  = 6                      // of large networks, whose training takes incomparably longer
	perStep      = 400 * time.Millisecond // for an activation, unless leastBlocks take longer
	inAll        = 30 * time.Second       // for all of them, likewise
	mostTogether = 8                      // activations of a block, whose memory is taken at once
)

// Time times training steps of the activations, one model at a time on all processors, whatever made the cells: the same
// first batches of an epoch, which are in memory, from the first seed's initial weights on. In a block all activations
// have their turn, in an order that changes from block to block, so that what slows the machine down for a while slows
// all of them; ratios to the baseline are taken within blocks. Of more activations than mostTogether, or than fit into
// memory, each group has the baseline in it. It is nil if nothing is trained.
func (s *Study) Time(ctx context.Context) (*compare.Timed, error) {
	if s.Steps() == 0 {
		return nil, nil
	}
	others := slices.DeleteFunc(slices.Clone(s.Plan.Activations), func(name string) bool { return name == s.Claim.Baseline })
	together, err := s.together(1 + len(others))
	if err != nil {
		return nil, err
	}
	environment := s.Environment
	environment.Workers = cmp.Or(s.Config.Workers, runtime.GOMAXPROCS(0))
	timed := compare.Timed{Timing: compare.Timing{
		Baseline: s.Claim.Baseline, Batch: s.Config.Train.BatchSize, Environment: environment,
	}, Steps: map[string]compare.Step{}}
	pool := worker.New(environment.Workers)
	defer pool.Close()
	groups := [][]string{{timed.Baseline}}
	if len(others) > 0 {
		groups = nil
		for group := range slices.Chunk(others, together-1) {
			groups = append(groups, slices.Insert(slices.Clone(group), 0, timed.Baseline))
		}
	}
	budget := min(time.Duration(1+len(others))*perStep, inAll) / time.Duration(len(groups))
	var baseline []float64
	for _, group := range groups {
		seconds, err := s.timeGroup(ctx, pool, group, budget)
		if err != nil {
			return nil, err
		}
		for i, name := range group {
			timed.Steps[name] = compare.NewStep(seconds[i], seconds[0])
		}
		baseline = append(baseline, seconds[0]...)
	}
	timed.Steps[timed.Baseline] = compare.NewStep(baseline, baseline)
	return &timed, nil
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

// timeGroup is the time of a step of each activation in each of the blocks, for which there is so much time.
func (s *Study) timeGroup(ctx context.Context, pool *worker.Pool, activations []string, budget time.Duration) ([][]float64, error) {
	var models []model.Config
	for _, name := range activations {
		m := s.Config.Model
		m.Activation = name
		models = append(models, m)
	}
	config := s.Config.Train
	config.Seed, config.LR = s.Plan.Seeds[0], s.Plan.LRs[0]
	watches, err := train.Stopwatches(ctx, train.Job{Config: config, Data: s.loaded, Pool: pool}, models)
	if err != nil {
		return nil, err
	}
	runtime.GC() // now, not while a step is timed
	one, err := least(watches[0], 1)
	if err != nil {
		return nil, err
	}
	steps := max(1, int(math.Ceil(burst.Seconds()/one)))
	seconds := make([][]float64, len(watches))
	began := time.Now()
	for block := 0; block <= leastBlocks || block <= mostBlocks && time.Since(began) < budget; block++ {
		for _, i := range turns(len(watches), block) {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			t, err := least(watches[i], steps)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", activations[i], err)
			}
			if block > 0 {
				seconds[i] = append(seconds[i], t)
			}
		}
	}
	return seconds, nil
}

// least is the time of a step in the quickest of the bursts of a visit.
func least(w *train.Stopwatch, steps int) (float64, error) {
	best := math.Inf(1)
	for i := range 1 + bursts {
		t, err := w.Time(steps)
		if err != nil {
			return 0, err
		}
		if i > 0 {
			best = min(best, t)
		}
	}
	return best, nil
}

// turns is the order of n in a block: that of every second block is the one before backwards, and then it begins one
// further, so that over the blocks each comes early and late, and before and after each other.
func turns(n, block int) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = (i + block/2) % n
	}
	if block%2 == 1 {
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
