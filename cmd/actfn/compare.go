package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/setting"
	"actfn/internal/study"
	"actfn/internal/wording"
)

// compareOptions are what `actfn compare` was asked.
type compareOptions struct {
	settings settings
	axes     []study.Axis
	study    study.Options
	claim    claimOptions
	share    string         // the folder of --claim
	across   []study.Shared // of its plan
	planOnly bool
	// autoSeeds is --seeds auto.
	autoSeeds bool
	budget    time.Duration
	dryRun    bool
}

func newCompareCmd(a *app) *cobra.Command {
	o := compareOptions{study: study.Options{}, claim: defaultClaim()}
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Compare activations over several seeds",
		Long: `compare trains a model for each activation and seed. For each activation it prints how much the test
accuracy differs from the baseline's and what the difference is evidence for: better, worse, equivalent
or inconclusive. At one seed, all activations start from the same weights and see the same images in
the same order, so that the runs differ in the activation alone.

If you stop it, the same command continues: only missing models are trained, and the result is the
same. With --lr 3e-4,1e-3,3e-3 each activation gets the learning rate that is best on validation
images. With --looks 5,10,20 each activation is judged with 5, 10 and 20 seeds until it is decided.
With --confirm 10 those that may be the best are trained at 10 more seeds, which alone are compared.

Any number of processes, on one machine or on many that share a file system, make one comparison:
--plan-only writes its plan, and each "actfn compare --claim DIR" makes cells until none is left, and
prints the result. Cells of a process that dies are taken over. --shard divides the cells beforehand;
"actfn compare merge" joins parts that were made apart.

Once the models are trained, a training step of each activation is timed, one model at a time.

--across norm=none,batch makes the comparison in several settings, and --across data=photos,scans on
several data sets. The table then says for each activation in which settings it is better, and whether
the differences between settings are more than luck.

A gate is a condition that the result must meet, in every setting if there are several. A difference is
judged by its whole interval:
  mish vs relu > -0.5pp                          passes if the interval is above -0.5 points, fails if below
  mish vs baseline-file < -0.5pp is regression   fails if the interval is below, passes if above
  mish.collapses <= 10%                          at most 10 % of all runs diverge or are at chance
  mish.step_ratio <= 1.2                         a step takes at most 1.2 times the baseline's
  mish.accuracy >= 0.85                          the mean of these runs is at least 85 %
  mish.dead <= 5%                                at most 5 % dead units, the median of these runs
The exit code is 3 if a gate fails, and 4 if none fails but one is undecided, because the interval is
on both sides, or cannot be decided, because something is missing or not comparable. Figures are
  ` + figureList() + ".",
		Example: `  actfn compare --activations relu,leakyrelu,tanh --seeds 5 --epochs 3
  actfn compare --activations relu,gelu,'x*sigmoid(x)' --data photos --image-size 64 -o photos-compare
  actfn compare --activations relu,mish --seeds 10-19 --gate 'mish vs relu > -0.5pp' --format md
  actfn compare --activations relu,silu --lr 3e-4,1e-3,3e-3 --val-split 0.1 --confirm 10
  actfn compare --activations relu,gelu --across norm=none,batch --across optimizer=adam,sgd
  actfn compare --activations relu,silu --seeds 10 --dry-run
  actfn compare --activations relu,silu --seeds 10 -o shared --plan-only
  actfn compare --claim shared`,
		Args: arguments(0, 0, "none"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.share != "" {
				if err := o.follow(cmd.Flags().Changed); err != nil {
					return err
				}
			}
			if !cmd.Flags().Changed("confirm") && o.share == "" && len(o.axes) == 0 {
				o.study.Confirm = o.study.DefaultConfirm()
			}
			return runCompare(cmd.Context(), a, o)
		},
	}
	flags := cmd.Flags()
	flags.Var(parsed{"LIST", o.addActivations}, "activations",
		"activations to compare, separated by commas: names, leaky_relu(slope=0.2), formulas; or all of the catalogue")
	flags.Var(parsed{"SPEC", o.addActivation}, "activation",
		"add one activation to compare, also by layer: relu,fc1=tanh")
	flags.Var(parsed{"N|LIST", o.setSeeds}, "seeds",
		"number of seeds, or a list of seeds: 1,5,7 or 10-19 (default 5); auto: --looks 5,10,20")
	flags.Var(parsed{"LIST", o.setLooks}, "looks",
		"judge each activation with so many seeds, as in 5,10,20, and train no more of it once it is decided")
	flags.DurationVar(&o.budget, "budget", 0,
		"choose looks whose models can be trained in this `TIME`, as in 30m or 2h")
	flags.IntVar(&o.study.Confirm, "confirm", 0,
		"train what may be the best, and the baseline, at `N` more seeds, and compare these runs alone "+
			"(default 0; with several rates, the number of seeds)")
	flags.Var(parsed{"LIST", o.setRates}, "lr",
		"learning rate; from a list, each activation gets the best on validation images")
	flags.Var(parsed{"KEY=LIST", o.addAxis}, "across",
		"compare in several settings, as in norm=none,batch; repeated, in all combinations")
	flags.VarP(pathFlag{&o.study.Dir, "DIR"}, "output", "o",
		"keep the comparison in this folder, or continue the one in it (default runs/compare-HASH)")
	flags.IntVar(&o.study.Jobs, "jobs", 0, "train `N` models at a time; 0: as many as there are processors and memory for")
	flags.Var(parsed{"i/n", o.setShard}, "shard",
		"train only part i of n (default the part that the task of a scheduler's array has)")
	flags.Var(pathFlag{&o.share, "DIR"}, "claim",
		"help to make the comparison in this folder: train models of its plan that nobody is training")
	flags.BoolVar(&o.planOnly, "plan-only", false, "write the plan for --claim, and train nothing")
	flags.BoolVar(&o.dryRun, "dry-run", false,
		"print what would be done, how long it would take and which differences it could find")
	flags.BoolVar(&o.study.KeepWeights, "keep-weights", false, "keep the weights of every model")
	flags.BoolVar(&o.study.FailFast, "fail-fast", false, "stop when a model cannot be trained")
	o.claim.bind(cmd)
	o.settings.bindRun(cmd, func(k setting.Key) bool { return k.Scope != setting.Cell })
	bindProgress(cmd, a.ui)
	flags.SortFlags = false
	_ = cmd.MarkFlagDirname("output")
	_ = cmd.MarkFlagDirname("claim")
	cmd.AddCommand(newCompareMergeCmd(a))
	return cmd
}

// follow takes what is compared from the plan of --claim. said tells which flags were given.
func (o *compareOptions) follow(said func(flag string) bool) error {
	var faults []error
	decided := []string{"activations", "activation", "seeds", "looks", "budget", "confirm", "lr", "output", "shard",
		"plan-only", "across"}
	for _, name := range decided {
		if said(name) {
			err := fmt.Errorf("--%s: is given, want none with --claim: the plan in %s decides it", name, o.share)
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return usage(fault.Hint(err, "actfn compare … -o %s extends the plan", wording.Quoted(o.share)))
	}
	p, err := study.ReadPlan(o.share)
	if err != nil {
		return usage(err)
	}
	o.across = p.Across
	o.settings.plan, o.settings.of = &p.Config, filepath.Join(o.share, study.PlanFile)
	o.study.Dir, o.study.Shard = o.share, study.Whole
	o.study.Activations, o.study.Seeds, o.study.LRs = p.Activations, p.Seeds, p.LRs
	o.claim.Baseline, o.study.Confirm = cmp.Or(o.claim.Baseline, p.Baseline), len(p.Confirm)
	for _, look := range p.Looks {
		o.study.Looks = append(o.study.Looks, look.Seeds)
	}
	o.claim.Alpha = cmp.Or(p.Alpha, o.claim.Alpha) // looks have spent it
	return nil
}

// figureList are the figures of gates, in lines that end where the terminal's do.
func figureList() string {
	var lines []string
	for names := range slices.Chunk(gate.Figures(), 7) {
		lines = append(lines, strings.Join(names, ", "))
	}
	return strings.Join(lines, ",\n  ")
}

func runCompare(ctx context.Context, a *app, o compareOptions) error {
	r, err := o.load(a.env)
	if err != nil {
		return err
	}
	o.study.Claim, o.study.Environment = o.claim.claim(), environment(0)
	if o.study.Shard, err = o.shard(a); err != nil {
		return usage(err)
	}
	if o.autoSeeds && len(o.study.Looks) == 0 {
		o.study.Looks = study.AutoLooks
	}
	if err := o.cellKeys(a.ui, r); err != nil {
		return usage(err)
	}
	b := a.ui.reading()
	defer b.end()
	s, err := study.Open(ctx, o.study, b.at)
	if o.share != "" && errors.Is(err, fs.ErrNotExist) {
		err = fault.Hint(err, "--data and --init name the plan's files where they are now")
	}
	if err != nil {
		return located(r, err)
	}
	defer s.Close()
	b.end()
	for _, data := range s.Data() {
		sayRemarks(a.ui, data.Data)
		warnLeaks(a.ui, data.Data)
		warnSkipped(a.ui, data.Data)
	}
	if o.budget != 0 {
		if err := s.Spend(ctx, o.budget); err != nil {
			return err
		}
		sayBudget(a.ui, s, o.budget)
	}
	w, err := s.Work()
	if err != nil {
		return err
	}
	if o.dryRun {
		return dryRun(ctx, a, s, w)
	}
	extended, cautions, err := s.Begin()
	if err != nil {
		return err
	}
	if a.ui.lines() {
		sayWork(a.ui, s, w, extended)
	}
	for _, text := range cautions {
		a.ui.warn("%s", text)
	}
	if o.planOnly {
		a.ui.say("wrote %s; next: actfn compare --claim %s", filepath.Join(s.Dir, study.PlanFile), wording.Quoted(s.Dir))
		return nil
	}
	a.saves.Store(true)
	failed := makeCells(ctx, a.ui, s, w)
	if ctx.Err() != nil {
		return interrupted(ctx)
	}
	cells, missing, err := s.Read()
	switch {
	case err != nil:
		return err
	case len(missing) > 0 && failed == nil: // they are other shards'
		a.ui.say("%s: has %d of %d cells, the others are of other shards", s.Dir, len(cells), len(cells)+len(missing))
		a.ui.say("when they are done: actfn compare merge %s …", wording.Quoted(s.Dir))
		return nil
	case len(cells) == 0:
		return failed
	}
	if o.claim.Timing && s.Plan.Across == nil {
		if s.Claim.Timed = timeSteps(ctx, a.ui, s); ctx.Err() != nil {
			return interrupted(ctx)
		}
	}
	return errors.Join(conclude(a, o.claim, s.Claim, s.Plan, s.Dir, cells), failed)
}

// load resolves the settings, of several those of each, and returns the first.
func (o *compareOptions) load(env []string) (config.Resolved, error) {
	var first *config.Resolved
	load := func(s settings) (config.Config, error) {
		r, err := s.load(env)
		if first == nil {
			first = &r
		}
		return r.Config, err
	}
	grid, err := study.Grid(o.axes, func(flags []config.Flag) (config.Config, error) {
		s := o.settings
		s.flags = slices.Concat(s.flags, flags)
		return load(s)
	})
	if len(o.axes) > 0 {
		o.study.Across = grid
	}
	for _, in := range o.across {
		s := o.settings
		s.plan = &in.Config
		var c config.Config
		if c, err = load(s); err != nil {
			break
		}
		o.study.Across = append(o.study.Across, study.Shared{Setting: in.Setting, Config: c})
	}
	if err != nil {
		return config.Resolved{}, err
	}
	o.study.Config = first.Config
	return *first, nil
}

// interrupted is the error of a comparison that was.
func interrupted(ctx context.Context) error {
	return fault.Hint(fmt.Errorf("interrupted: %w", context.Cause(ctx)), "the same command goes on from there")
}

// timeSteps times a step of each activation; nil where that cannot be, which it tells.
func timeSteps(ctx context.Context, u *ui, s *study.Study) *compare.Timed {
	if u.lines() {
		u.say("timing: training steps of %s, one model at a time", wording.Counted(len(s.Plan.Activations), "activation"))
	}
	timed, err := s.Time(ctx)
	if err != nil && ctx.Err() == nil {
		u.warn("timing: %v", err)
	}
	return timed
}

// cellKeys refuses what --set says of keys whose values the cells list, and warns of what a file or a variable that is
// shared with train says of them. Their learning rate counts, unless --lr overrides it.
func (o compareOptions) cellKeys(u *ui, r config.Resolved) error {
	var faults []error
	for _, k := range setting.Cell.Of(r.Keys()) {
		origin := r.Origin[k.Name]
		switch {
		case origin == "default" || k.Value == &r.Train.LR && (len(o.study.LRs) == 0 || origin != config.OfSet):
		case origin == config.OfSet:
			err := fmt.Errorf("%s: %s: value is %s, want none: a comparison gives each model its own",
				origin, k.Name, config.Shown(k.Get()))
			faults = append(faults, fault.Hint(err, "--%s lists the values to compare", k.Lists))
		default:
			u.warn("%s: %s is ignored, because --%s lists the values to compare", origin, k.Name, k.Lists)
		}
	}
	return errors.Join(faults...)
}

// shard is the part of the work that is this process's.
func (o compareOptions) shard(a *app) (study.Shard, error) {
	if o.study.Shard.N > 0 {
		return o.study.Shard, nil
	}
	shard, by, err := study.ScheduledShard(func(name string) string { return variable(a.env, name) })
	if err == nil && by != "" && a.ui.lines() {
		a.ui.say("shard: %s, by %s", shard, by)
	}
	return shard, err
}

// makeCells makes the cells that are missing, with a moving bar, and after a look those that the next one wants.
func makeCells(ctx context.Context, u *ui, s *study.Study, w study.Work) (err error) {
	tightenMemory(w.Memory)
	for first := true; len(w.Missing) > 0 && err == nil; first = false {
		if u.lines() && !first {
			more := "for what is not decided yet"
			if len(s.Plan.Confirm) > 0 {
				more = "to confirm at fresh seeds what may be the best"
			}
			u.say("cells: %d more to do, %s", len(w.Missing), more)
		}
		talk := &comparisonTalk{ui: u, cells: len(w.Own), done: w.Done()}
		talk.start(s.Steps(w.Missing))
		err = s.Make(ctx, w, talk)
		talk.end()
		if err == nil {
			w, err = s.Work()
		}
	}
	return err
}

// sayWork tells what is to be done.
func sayWork(u *ui, s *study.Study, w study.Work, extended string) {
	p := s.Plan
	rates := ""
	if n := len(p.LRs); n > 1 {
		rates = fmt.Sprintf(" × %d learning rates", n)
	}
	for _, text := range dataTexts(s) {
		u.say("data: %s", text)
	}
	settings := ""
	if n := len(p.Across); n > 0 {
		settings = " × " + wording.Counted(n, "setting")
	}
	missing := fmt.Sprintf("%d of %d to do, %d at a time, on %s each",
		len(w.Missing), len(w.Own), w.Jobs, wording.Counted(w.Workers, "processor"))
	if len(w.Missing) == 0 {
		missing = "all are done"
	}
	u.say("cells: %d activations × %s%d seeds%s%s, %s", len(p.Activations), atMost(p), len(p.Seeds), rates, settings, missing)
	u.say("output: %s", s.Dir)
	if extended != "" {
		u.say("plan: %s is extended by %s", s.Dir, extended)
	}
}

// sayBudget tells what a budget buys.
func sayBudget(u *ui, s *study.Study, budget time.Duration) {
	if !u.lines() {
		return
	}
	u.say("budget: %v is enough for %s, with looks at %s", budget, wording.Counted(len(s.Plan.Seeds), "seed"),
		strings.Trim(strings.ReplaceAll(fmt.Sprint(s.Looks), " ", ", "), "[]"))
	for _, d := range s.Plan.Power(s.Claim.Options) {
		u.say("budget: finds a difference of %.2f points, if paired differences have a standard deviation of %.1f",
			d.Difference, d.Deviation)
	}
}

// atMost stands before a number of seeds that not every row needs.
func atMost(p study.Plan) string {
	if len(p.Looks) == 0 {
		return ""
	}
	return "at most "
}

// dataTexts are about the images, of several settings about each set once.
func dataTexts(s *study.Study) []string {
	var texts []string
	for _, d := range s.Data() {
		text := fmt.Sprintf("%d images to train on, %d to test, in %d classes", d.Train.Len(), d.Test.Len(), len(d.Test.Classes()))
		if len(s.Data()) > 1 {
			text += ", " + cmp.Or(d.Root, "the built-in sample")
		}
		texts = append(texts, text)
	}
	return texts
}
