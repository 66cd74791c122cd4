package study

import (
	"context"
	"errors"
	"fmt"
	"time"

	"actfn/internal/fault"
)

// mostBudgeted is the number of seeds that a budget buys at most: more hardly find smaller differences.
const mostBudgeted = 100

// Spend makes the plan one with looks whose cells fit into a budget of time, if no row is decided before the last look.
// It measures how long a cell takes. A comparison in the folder that has looks keeps them, however fast the machine is
// now. Errors are usage faults: a budget that is too small for two seeds, and options that say how many there are.
func (s *Study) Spend(ctx context.Context, budget time.Duration) error {
	if budget <= 0 {
		return fault.Usage(fmt.Errorf("--budget: value is %v, want a time, as in 30m", budget))
	}
	if s.Plan.Across != nil {
		return fault.Usage(errStaged)
	}
	if len(s.Options.Seeds) > 0 || len(s.Looks) > 0 || s.Confirm != 0 || s.Shard.N > 1 {
		return fault.Usage(errors.New("--budget: it chooses the seeds and the looks, " +
			"want it without --seeds, --looks, --confirm and --shard"))
	}
	seeds, err := s.looksOf(s.Dir)
	if err == nil && seeds == nil {
		seeds, err = s.affordable(ctx, budget)
	}
	if err != nil {
		return err
	}
	s.Looks, s.Plan.Seeds = seeds, firstSeeds(seeds)
	return fault.Usage(s.Plan.declare(seeds, 0, s.Claim.Alpha))
}

// looksOf are the numbers of seeds at the looks of the comparison in a folder, nil if it has none.
func (s *Study) looksOf(dir string) (seeds []int, err error) {
	if !isComparison(dir) {
		return nil, nil
	}
	p, err := ReadPlan(dir)
	for _, look := range p.Looks {
		seeds = append(seeds, look.Seeds)
	}
	return seeds, err
}

// affordable are looks at a quarter, a half and all of the seeds that a budget is enough for, from 3 on.
func (s *Study) affordable(ctx context.Context, budget time.Duration) ([]int, error) {
	trial := *s
	trial.Plan.Seeds = firstSeeds(nil)
	w, err := trial.Work()
	if err != nil {
		return nil, err
	}
	w.Missing = w.Own // what is done would not say how long it took
	took, err := trial.Estimate(ctx, w)
	if err != nil {
		return nil, err
	}
	n := int(min(mostBudgeted, int64(len(trial.Plan.Seeds))*int64(budget)/int64(max(took, 1))))
	if n < 2 {
		each := took / time.Duration(len(trial.Plan.Seeds))
		return nil, fault.Usage(fmt.Errorf("--budget: value is %v, want at least %v, for two seeds",
			budget, (2 * each).Round(time.Second)))
	}
	var looks []int
	for _, look := range []int{n / 4, n / 2} {
		if look >= 3 {
			looks = append(looks, look)
		}
	}
	return append(looks, n), nil
}
