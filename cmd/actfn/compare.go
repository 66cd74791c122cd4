package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/grid"
	"actfn/internal/setting"
	"actfn/internal/wording"
)

// compareOptions are what `actfn compare` was asked.
type compareOptions struct {
	settings    settings
	activations []string
	seeds       []uint64
	rates       []float64
	output      string
	jobs        int
	shard       grid.Shard
	keepWeights bool
	failFast    bool
	dryRun      bool
	report      reportOptions
}

func newCompareCmd(a *app) *cobra.Command {
	o := compareOptions{seeds: []uint64{0, 1, 2, 3, 4}, report: defaultReport()}
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Train with several activations and seeds, and say which is better",
		Long: `compare trains a model for each activation and seed and says, for each activation, by how much its test
accuracy differs from the baseline's and what that is evidence for: better, worse, equivalent or
inconclusive. At one seed all activations begin with the same weights and see the same images in the
same order, so that what is compared is the activation.

Stop it at any moment and run the same command again: only what is missing is made, with the same
result. With --lr 3e-4,1e-3,3e-3 each activation gets the rate that does best on validation images.
--shard divides the work over processes or machines; "actfn compare merge" joins it.

A gate is a condition that the result must meet:
  mish.accuracy >= 0.85                      the mean of the seeds
  mish vs relu > -0.5pp                      certainly: the whole interval lies above
  mish vs baseline-file < -0.5pp is regression   fails only if certainly worse than --baseline-file
It exits with 3 when a gate fails, and 4 when none fails and one cannot be decided.`,
		Example: `  actfn compare --activations relu,leakyrelu,tanh --seeds 5 --epochs 3
  actfn compare --activations relu,gelu,'x*sigmoid(x)' --data photos --image-size 64 -o photos-compare
  actfn compare --activations relu,mish --seeds 10-19 --gate 'mish vs relu > -0.5pp' --format md
  actfn compare --activations relu,silu --lr 3e-4,1e-3,3e-3 --val-split 0.1
  actfn compare --activations relu,silu --seeds 10 --dry-run`,
		Args: arguments(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error { return runCompare(cmd.Context(), a, o) },
	}
	flags := cmd.Flags()
	flags.Var(activationsFlag{&o.activations, false}, "activations", "what to compare, with commas between: names, leaky_relu(slope=0.2), formulas")
	flags.Var(activationsFlag{&o.activations, true}, "activation", "one more, also by layer: relu,fc1=tanh")
	flags.Var(seedsFlag{&o.seeds}, "seeds", "how many, or which: 1,5,7 or 10-19 (default 5)")
	flags.Var(ratesFlag{&o.rates}, "lr", "learning rate; of several, each activation gets the best on validation images")
	flags.VarP(pathFlag{&o.output, "DIR"}, "output", "o", "keep the comparison in this folder, or go on with the one in it (default runs/compare-HASH)")
	flags.IntVar(&o.jobs, "jobs", 0, "train `N` models at a time, 0 for one on each processor")
	flags.Var(shardFlag{&o.shard}, "shard", "make only part i of n (default what a Slurm array or Kubernetes Indexed Job says)")
	flags.BoolVar(&o.dryRun, "dry-run", false, "tell what would be done, how long it would take and what it could find")
	flags.BoolVar(&o.keepWeights, "keep-weights", false, "keep the weights of every model")
	flags.BoolVar(&o.failFast, "fail-fast", false, "stop when a model cannot be trained")
	o.report.bind(cmd)
	o.settings.bindRun(cmd, func(k setting.Key) bool { return k.Scope != setting.Cell })
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	_ = cmd.MarkFlagDirname("output")
	cmd.AddCommand(newCompareMergeCmd(a))
	return cmd
}

func runCompare(ctx context.Context, a *app, o compareOptions) error {
	r, err := o.settings.load(a.env)
	if err != nil {
		return usage(err)
	}
	if err := o.cellKeys(a.ui, r); err != nil {
		return usage(err)
	}
	plan, err := o.plan(r.Config)
	if err != nil {
		return usage(err)
	}
	if err := o.report.check(plan.Activations, r.Model); err != nil {
		return usage(err)
	}
	plan.Baseline = o.report.baseline
	shard, err := o.shardIn(a)
	if err != nil {
		return usage(err)
	}
	images, err := loadImages(ctx, a.ui, r.Config)
	if err != nil {
		return err
	}
	defer images.Close()
	data, err := images.Data(plan.Seeds[0])
	if err != nil {
		return err
	}
	listSkipped(a.ui, data.Train, data.Val, data.Test)
	switch {
	case len(plan.LRs) > 1 && data.Val == nil:
		return usage(errors.New("--lr: several rates are chosen from on validation images, of which there are none, want --val-split or a val folder"))
	case plan.Config.Train.Patience > 0 && data.Val == nil:
		return usage(fmt.Errorf("train.patience: value is %d without validation, want --val-split or a val folder", plan.Config.Train.Patience))
	}
	plan.Data, plan.Images, plan.Classes = images.Hash(), data.Test.Len(), len(data.Test.Classes())
	dir := o.folder(plan)
	c := comparing{a: a, plan: plan, dir: dir, shard: shard, options: o, images: images, data: data}
	if o.dryRun {
		return c.tell(ctx)
	}
	if err := plan.Begin(dir); err != nil {
		return usage(err)
	}
	failed := c.make(ctx)
	if ctx.Err() != nil {
		return fault.Hint(fmt.Errorf("interrupted: %w", context.Cause(ctx)), "the same command goes on from there")
	}
	return c.conclude(failed)
}

// cellKeys refuses what --set says of keys whose values the cells list, and warns of what a file or a variable that is
// shared with train says of them. Their learning rate counts, unless --lr overrides it.
func (o compareOptions) cellKeys(u *ui, r config.Resolved) error {
	var faults []error
	for _, k := range setting.Cell.Of(r.Keys()) {
		origin := r.Origin[k.Name]
		switch {
		case origin == "default" || k.Value == &r.Train.LR && (len(o.rates) == 0 || origin != config.OfSet):
		case origin == config.OfSet:
			err := fmt.Errorf("%s: %s: value is %s, want none: a comparison gives each model its own", origin, k.Name, config.Shown(k.Get()))
			faults = append(faults, fault.Hint(err, "--%s lists the values to compare", k.Lists))
		default:
			u.warn("%s: %s is ignored, because --%s lists the values to compare", origin, k.Name, k.Lists)
		}
	}
	return errors.Join(faults...)
}

// plan is what the options ask for, but for the data.
func (o compareOptions) plan(c config.Config) (grid.Plan, error) {
	activations, err := rows(o.activations, c.Model)
	if err == nil && len(activations) == 0 {
		err = fault.Hint(errors.New("--activations: list is empty, want what to compare"), "actfn compare --activations relu,leakyrelu,gelu")
	}
	if err != nil {
		return grid.Plan{}, err
	}
	rates := o.rates
	if len(rates) == 0 {
		rates = []float64{c.Train.LR}
	}
	setting.Reset(setting.Cell.Of(c.Keys())) // each cell sets its own
	plan := grid.Plan{
		Activations: activations, Seeds: o.seeds, LRs: rates, Config: c,
		Kernel: grid.Kernel(runtime.GOARCH), Version: version(),
	}
	if c.Train.Init != "" {
		b, err := os.ReadFile(c.Train.Init)
		if err != nil {
			return plan, fault.At(c.Train.Init, err)
		}
		sum := sha256.Sum256(b)
		plan.Init = hex.EncodeToString(sum[:])
	}
	return plan, nil
}

// shardIn is the part of the work that is this process's.
func (o compareOptions) shardIn(a *app) (grid.Shard, error) {
	if o.shard.N > 0 {
		return o.shard, nil
	}
	shard, by, err := shardOf(a.env)
	if err == nil && by != "" && a.ui.lines() {
		a.ui.say("shard: %s, by %s", shard, by)
	}
	return shard, err
}

// folder is where the comparison is kept: by default one that the same command finds again.
func (o compareOptions) folder(p grid.Plan) string {
	if o.output != "" {
		return o.output
	}
	return filepath.Join("runs", "compare-"+p.Name())
}

// loadImages reads the images, with a moving bar.
func loadImages(ctx context.Context, u *ui, c config.Config) (*dataset.Images, error) {
	b := u.reading()
	defer b.end()
	return dataset.LoadImages(ctx, c.Data, dataset.Options{Workers: c.Workers, Progress: b.at})
}

// comparing is a comparison in progress.
type comparing struct {
	a       *app
	plan    grid.Plan
	dir     string
	shard   grid.Shard
	options compareOptions
	images  *dataset.Images
	data    *dataset.Data // of the first seed
}

// parallel is how many cells are made at a time, and on how many processors each.
func (c comparing) parallel(cells int) (jobs, workers int) {
	processors := c.plan.Config.Workers
	if processors == 0 {
		processors = runtime.GOMAXPROCS(0)
	}
	jobs = c.options.jobs
	if jobs < 1 {
		jobs = processors
	}
	jobs = max(1, min(jobs, cells))
	return jobs, max(1, processors/jobs)
}

// steps are those of one cell.
func (c comparing) steps() int {
	t := c.plan.Config.Train
	return t.Epochs * ((c.data.Train.Len() + t.BatchSize - 1) / t.BatchSize)
}

// work is what is to be made, and how.
type work struct {
	own, missing  []grid.Cell // of this shard: all, and those that are not done
	jobs, workers int         // cells at a time, and processors for each
}

// work looks at what is done.
func (c comparing) work() work {
	w := work{own: c.shard.Of(c.plan.Cells())}
	w.missing = slices.DeleteFunc(slices.Clone(w.own), func(cell grid.Cell) bool { return cell.Done(c.dir) })
	w.jobs, w.workers = c.parallel(len(w.missing))
	return w
}

// done is the number of cells that are.
func (w work) done() int { return len(w.own) - len(w.missing) }

// make makes the cells that are missing of this shard.
func (c comparing) make(ctx context.Context) error {
	w := c.work()
	if c.a.ui.lines() {
		c.say(w)
	}
	if len(w.missing) == 0 {
		return nil
	}
	tightenMemory()
	talk := &comparisonTalk{ui: c.a.ui, cells: len(w.own), done: w.done(), epochs: c.plan.Config.Train.Epochs}
	talk.start(len(w.missing), c.steps())
	defer talk.end()
	return grid.Run(ctx, grid.Job{
		Dir: c.dir, Cells: w.missing, Images: c.images, Jobs: w.jobs, Workers: w.workers,
		KeepWeights: c.options.keepWeights, FailFast: c.options.failFast,
		Environment: environment(w.workers), Observer: talk,
	})
}

// say tells what is to be done.
func (c comparing) say(w work) {
	p := c.plan
	rates := ""
	if n := len(p.LRs); n > 1 {
		rates = fmt.Sprintf(" × %d learning rates", n)
	}
	c.a.ui.say("data: %d images to train on, %d to test, in %d classes", c.data.Train.Len(), c.data.Test.Len(), p.Classes)
	missing := fmt.Sprintf("%d of %d to do, %d at a time, on %s each", len(w.missing), len(w.own), w.jobs, wording.Counted(w.workers, "processor"))
	if len(w.missing) == 0 {
		missing = "all are done"
	}
	c.a.ui.say("cells: %d activations × %d seeds%s, %s", len(p.Activations), len(p.Seeds), rates, missing)
	c.a.ui.say("output: %s", c.dir)
}

// conclude reports on what there is. failed is why cells could not be made.
func (c comparing) conclude(failed error) error {
	done, missing, err := c.plan.Read(c.dir)
	if err != nil {
		return err
	}
	if len(missing) > 0 && failed == nil { // they are other shards'
		c.a.ui.say("%s: has %d of %d cells, the others are of other shards", c.dir, len(done), len(done)+len(missing))
		c.a.ui.say("when they are done: actfn compare merge %s", strings.Join([]string{wording.Quoted(c.dir), "…"}, " "))
		return nil
	}
	if len(done) == 0 {
		return failed
	}
	return errors.Join(c.options.report.write(c.a, c.plan, c.dir, done), failed)
}

// setup is what the cells of a plan have in common, for the report.
func setup(p grid.Plan) compare.Setup {
	return compare.Setup{Version: p.Version, Kernel: p.Kernel, Config: p.Config.Values()}
}
