package study

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/train"
)

// What a comparison has stays in its plan, and what is asked for comes behind it.
func TestBeginExtends(t *testing.T) {
	first, images := comparison(t, func(p *Plan) { p.Activations, p.Seeds = []string{"relu", "tanh"}, []uint64{0, 3} })
	dir := t.TempDir()
	if err := makeCells(t, first, images, dir, 2, 0, first.Cells()); err != nil {
		t.Fatal(err)
	}
	second := first
	second.Activations, second.Baseline, second.Seeds, second.Version = []string{"mish", "tanh"}, "mish", []uint64{1, 0}, "v2"
	for _, want := range []string{"mish, seed 1", ""} {
		if extended, err := second.Begin(dir); err != nil || extended != want {
			t.Errorf("extended by %q, %v, want %q", extended, err, want)
		}
	}
	p, err := ReadPlan(dir)
	if err != nil || !slices.Equal(p.Activations, []string{"relu", "tanh", "mish"}) || !slices.Equal(p.Seeds, []uint64{0, 3, 1}) || p.Baseline != "relu" {
		t.Errorf("plan is of %v at %v against %s, %v", p.Activations, p.Seeds, p.Baseline, err)
	}
	done, missing, err := p.Read(dir)
	if err != nil || len(done) != 4 || len(missing) != 5 {
		t.Errorf("%d cells are done and %d missing, %v", len(done), len(missing), err)
	}
}

// Every difference that makes cells incomparable is named, and the plan stays as it was.
func TestBeginRefuses(t *testing.T) {
	p, _ := comparison(t, nil)
	dir := t.TempDir()
	begin(t, p, dir)
	before, err := os.ReadFile(filepath.Join(dir, PlanFile))
	if err != nil {
		t.Fatal(err)
	}
	q := p
	q.Data, q.Init, q.Kernel, q.LRs, q.Config.Train.Epochs = "other", "weights", "generic-arm64", []float64{0.5}, 9
	_, err = q.Begin(dir)
	if !fault.IsUsage(err) || !slices.Contains(fault.Hints(err), "-o "+dir+"-2 keeps this comparison apart") {
		t.Errorf("error is %v with hints %q", err, fault.Hints(err))
	}
	var got []string
	for _, e := range fault.Each(err) {
		got = append(got, strings.TrimPrefix(e.Error(), dir+": "))
	}
	want := []string{
		"kernel is generic-arm64, want " + p.Kernel + " as in its plan",
		"data is other, want " + p.Data + " as in its plan", "train.epochs is 9, want 3 as in its plan",
		`train.init is weights, want "" as in its plan`,
		"train.lr is [0.5], want [0.01] as in its plan",
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if after, err := os.ReadFile(filepath.Join(dir, PlanFile)); err != nil || string(after) != string(before) {
		t.Errorf("the plan has changed, %v", err)
	}
}

// A folder that cannot be made is no fault of what was asked for.
func TestBeginWithoutDisk(t *testing.T) {
	p, _ := comparison(t, nil)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := p.Begin(dir); err == nil || fault.IsUsage(err) || !strings.HasPrefix(err.Error(), dir+": ") {
			t.Errorf("error is %v", err)
		}
	}
}

// Comparisons that begin in one folder at the same time lose nothing of each other's plan.
func TestPlansTogether(t *testing.T) {
	p, _ := comparison(t, nil)
	dir := filepath.Join(t.TempDir(), "shared")
	var all sync.WaitGroup
	for seed := range uint64(8) {
		all.Go(func() {
			q := p
			q.Seeds = []uint64{seed}
			if _, err := q.Begin(dir); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	whole, err := ReadPlan(dir)
	if slices.Sort(whole.Seeds); err != nil || !slices.Equal(whole.Seeds, []uint64{0, 1, 2, 3, 4, 5, 6, 7}) {
		t.Errorf("seeds are %v, %v, want all", whole.Seeds, err)
	}
}

// counter counts the steps that are made of each cell, by whoever makes it.
type counter struct {
	mutex sync.Mutex
	steps map[string]int
	ended map[string]int
}

func (c *counter) Step(cell Cell, _, _, _ int) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.steps[cell.ID]++
}
func (c *counter) End(cell Cell, _ record.Run, err error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if err == nil {
		c.ended[cell.ID]++
	}
}

// Two that make the same cells share them: each is made once, and both end with all of them.
func TestCellsMadeTogether(t *testing.T) {
	p, images := comparison(t, nil)
	want := t.TempDir()
	if err := makeCells(t, p, images, want, 1, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	begin(t, p, dir)
	c := &counter{steps: map[string]int{}, ended: map[string]int{}}
	var all sync.WaitGroup
	for jobs := range 2 {
		all.Go(func() {
			err := Run(t.Context(), Job{Dir: dir, Cells: p.Cells(), Images: always(images), Jobs: jobs + 1, Workers: 1, Observer: c})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := results(t, p, dir); got != results(t, p, want) {
		t.Errorf("cells are\n%s", got)
	}
	for _, cell := range p.Cells() {
		if c.steps[cell.ID] != 3*5 || c.ended[cell.ID] != 2 { // 18 images in batches of 4
			t.Errorf("%s at seed %d: %d steps were made and %d told of its end, want 15 and 2",
				cell.Activation, cell.Seed, c.steps[cell.ID], c.ended[cell.ID])
		}
	}
}

// A cell whose maker gives up is made by whoever waits for it.
func TestCellLeftBehind(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Activations, p.Seeds = []string{"relu"}, []uint64{0} })
	dir := t.TempDir()
	begin(t, p, dir)
	cell := p.Cells()[0]
	if err := os.MkdirAll(cell.Folder(dir), 0o777); err != nil {
		t.Fatal(err)
	}
	held, err := take(cell.Folder(dir))
	if err != nil {
		t.Fatal(err)
	}
	made := make(chan error)
	go func() { made <- makeCells(t, p, images, dir, 1, 0, p.Cells()) }()
	select {
	case err := <-made:
		t.Fatalf("made while another held it: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	held.Release()
	if err := <-made; err != nil || !cell.Done(dir) {
		t.Errorf("not made: %v", err)
	}
}

// What processes left that were killed as they wrote is gone at the next start: nothing else is.
func TestWhatIsLeftBehind(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Activations, p.Seeds = []string{"relu"}, []uint64{0, 1} })
	dir := t.TempDir()
	begin(t, p, dir)
	if err := makeCells(t, p, images, dir, 1, 0, p.Cells()[:1]); err != nil {
		t.Fatal(err)
	}
	done, other := p.Cells()[0].Folder(dir), p.Cells()[1].Folder(dir)
	left := []string{
		filepath.Join(dir, ".plan.json.actfn-0123456789abcdef.tmp"), filepath.Join(done, record.ResumeFile),
	}
	kept := []string{
		filepath.Join(dir, ".plan.json.tmp"), filepath.Join(other, record.ResumeFile), filepath.Join(done, record.SummaryFile),
	}
	if err := os.MkdirAll(other, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, path := range append(left, kept[:2]...) {
		if err := os.WriteFile(path, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	begin(t, p, dir)
	for _, path := range left {
		if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there: %v", path, err)
		}
	}
	for _, path := range kept {
		if _, err := os.Lstat(path); err != nil {
			t.Error(err)
		}
	}
}

// thief takes the folder of a cell from who is making it, at a step, as who takes the maker for dead.
type thief struct {
	listener
	at    int64
	steal func()
}

func (l *thief) Step(c Cell, epoch, done, steps int) {
	if l.steps.Add(1) == l.at {
		l.steal()
	}
}

// Who finds that another has taken the cell over writes nothing more, and leaves the cell to the other.
func TestCellTakenOver(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Activations, p.Seeds = []string{"relu"}, []uint64{0} })
	dir := t.TempDir()
	begin(t, p, dir)
	folder := p.Cells()[0].Folder(dir)
	var names []string
	seen := make(chan bool)
	l := &thief{at: 5, steal: func() {
		if err := os.Remove(filepath.Join(folder, ".lock")); err != nil {
			t.Error(err)
		}
		held, err := take(folder)
		if err != nil {
			t.Error(err)
			return
		}
		go func() {
			time.Sleep(300 * time.Millisecond) // longer than the cell takes
			entries, err := os.ReadDir(folder)
			if err != nil {
				t.Error(err)
			}
			for _, e := range entries {
				names = append(names, e.Name())
			}
			close(seen)
			held.Release()
		}()
	}}
	job := Job{Dir: dir, Cells: p.Cells(), Images: always(images), Jobs: 1, Workers: 1, Observer: l}
	if err := Run(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	<-seen
	if got := strings.Join(names, " "); got != ".lock config.yaml" {
		t.Errorf("the folder held %s when another had it", got)
	}
	if len(l.ended) != 1 || l.steps.Load() != 2*15 || !p.Cells()[0].Done(dir) {
		t.Errorf("%d cells ended after %d steps", len(l.ended), l.steps.Load())
	}
}

// The models at a time are as many as there are processors for, if they fit.
func TestDivide(t *testing.T) {
	const cells = 9
	for _, test := range []struct {
		processors, asked, room int
		jobs, workers           int // 0 workers: refused
	}{
		{4, 0, cells, 4, 1}, {4, 2, cells, 2, 2}, {2, 8, cells, 8, 1}, {64, 0, cells, 9, 7}, {1, 0, cells, 1, 1},
		{8, 0, 3, 3, 2}, {8, 0, 1, 1, 8}, {8, 0, 0, 1, 8}, {8, 3, 3, 3, 2}, {8, 4, 3, 4, 0},
	} {
		jobs, workers, err := divide(test.processors, cells, test.asked, func(models int) error {
			if models > test.room {
				return errors.New("too much")
			}
			return nil
		})
		if jobs != test.jobs || workers != test.workers || fault.IsUsage(err) != (test.workers == 0) {
			t.Errorf("%+v: %d at a time on %d each, %v", test, jobs, workers, err)
		}
	}
}

// The work counts the memory of the largest of the models that are left, and the estimate the time of all of them.
func TestWorkAndEstimate(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Config.Data.ValSplit = 0.2 })
	data, err := images.Data(0)
	if err != nil {
		t.Fatal(err)
	}
	set := &imageSet{config: p.Config.Data, images: images, data: data, loaded: train.Loaded(data)}
	s := &Study{Plan: p, images: []*imageSet{set}, Options: Options{Config: p.Config, Shard: Shard{0, 3}, Dir: t.TempDir(), Jobs: 2}}
	w, err := s.Work()
	if err != nil || len(w.Own) != 3 || w.Done() != 0 || w.Jobs != 2 || s.Steps(w.Own[:1]) != 3*4 {
		t.Fatalf("work is %+v, %d steps, %v", w, s.Steps(w.Own[:1]), err)
	}
	m, err := s.memory(w.Missing)
	if err != nil || m.Model <= 0 || m.Images != (18+8)*64 {
		t.Errorf("memory is %+v, %v", m, err)
	}
	if took, err := s.Estimate(t.Context(), w); err != nil || took <= 0 {
		t.Errorf("estimate is %v, %v", took, err)
	}
	if entries, err := os.ReadDir(s.Dir); err != nil || len(entries) > 0 {
		t.Errorf("the estimate left %v, %v", entries, err)
	}
}
