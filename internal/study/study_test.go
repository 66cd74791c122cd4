package study

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/record"
	"actfn/internal/setting"
)

// pictures writes 8×8 images in two classes that are bright on different sides.
func pictures(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for split, n := range map[string]int{"train": 9, "test": 4} {
		for class := range 2 {
			for i := range n {
				img := image.NewGray(image.Rect(0, 0, 8, 8))
				for p := range 64 {
					v := uint8((p*37 + i*11 + len(split)) % 90)
					if p%8/4 == class {
						v += 60
					}
					img.SetGray(p%8, p/8, color.Gray{Y: v})
				}
				path := filepath.Join(root, split, fmt.Sprint("class", class), fmt.Sprintf("%02d.png", i))
				var b bytes.Buffer
				if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o777), png.Encode(&b, img), os.WriteFile(path, b.Bytes(), 0o666)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return root
}

// comparison is a small plan and its images.
func comparison(t *testing.T, change func(*Plan)) (Plan, *dataset.Images) {
	t.Helper()
	c := config.Default()
	c.Data.Root = pictures(t)
	c.Model.Filters, c.Model.Hidden = []int{3}, []int{5}
	c.Train.Epochs, c.Train.BatchSize = 3, 4
	p := Plan{
		Activations: []string{"relu", "tanh", "leaky_relu(slope=0.01)"}, Baseline: "relu", Seeds: []uint64{0, 1, 2}, LRs: []float64{0.01},
		Shared: Shared{Config: c, Images: 8, Classes: 2}, Kernel: Kernel("amd64"), Version: "v1",
	}
	if change != nil {
		change(&p)
	}
	images, err := dataset.LoadImages(context.Background(), p.Config.Data, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { images.Close() })
	p.Data = images.Hash()
	return p, images
}

// listener cancels after a number of steps, and keeps the errors of cells.
type listener struct {
	steps  atomic.Int64
	cancel context.CancelCauseFunc
	errs   []error
	ended  []Cell
}

var errStop = errors.New("stopped by the test")

func (l *listener) Step(Cell, int, int, int) {
	if l.steps.Add(-1) == 0 {
		l.cancel(errStop)
	}
}
func (l *listener) End(c Cell, _ record.Run, err error) {
	l.ended = append(l.ended, c)
	if err != nil {
		l.errs = append(l.errs, err)
	}
}

// make makes the cells of the plan that are missing, stopping after some steps unless that is 0.
func makeCells(t *testing.T, p Plan, images *dataset.Images, dir string, jobs, stop int, cells []Cell) error {
	t.Helper()
	begin(t, p, dir)
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	l := &listener{cancel: cancel}
	l.steps.Store(int64(stop))
	missing := slices.DeleteFunc(slices.Clone(cells), func(c Cell) bool { return c.Done(dir) })
	return Run(ctx, Job{Dir: dir, Cells: missing, Images: always(images), Jobs: jobs, Workers: 1, Observer: l})
}

// always are the images of every cell.
func always(images *dataset.Images) func(Cell) *dataset.Images {
	return func(Cell) *dataset.Images { return images }
}

// begin makes the plan's folder.
func begin(t *testing.T, p Plan, dir string) {
	t.Helper()
	if _, err := p.Begin(dir); err != nil {
		t.Fatal(err)
	}
}

// results is what a comparison has come to, without times and places.
func results(t *testing.T, p Plan, dirs ...string) string {
	t.Helper()
	cells, missing, err := p.Read(dirs...)
	if err != nil || len(missing) > 0 {
		t.Fatalf("%d cells are missing, %v", len(missing), err)
	}
	for i := range cells {
		r := &cells[i].Run
		r.Run, r.StepSeconds, r.Environment.Workers = "", 0, 0
		for e := range r.Epochs {
			delete(r.Epochs[e].Values, record.ImagesPerSecond)
			delete(r.Epochs[e].Values, record.WallSeconds)
		}
	}
	b, err := json.Marshal(cells)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestInterruptedComparisonEqualsTheStraightOne(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Config.Data.ValSplit = 0.2 })
	straight := t.TempDir()
	if err := makeCells(t, p, images, straight, 1, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	want := results(t, p, straight)
	for _, jobs := range []int{1, 4} {
		dir := t.TempDir()
		interruptions := 0
		for stop := 5; ; stop += 3 {
			err := makeCells(t, p, images, dir, jobs, stop, p.Cells())
			if err == nil {
				break
			}
			if !errors.Is(err, errStop) {
				t.Fatal(err)
			}
			interruptions++
		}
		if interruptions < 3 {
			t.Errorf("%d jobs: interrupted %d times only", jobs, interruptions)
		}
		if got := results(t, p, dir); got != want {
			t.Errorf("%d jobs, interrupted: cells are\n%s\nwant\n%s", jobs, got, want)
		}
	}
}

// What is compared is the activation: weights, order and images of a seed are the same for all.
func TestCellsOfASeedArePaired(t *testing.T) {
	p, images := comparison(t, func(p *Plan) {
		p.Config.Train.Epochs, p.Config.Data.ValSplit = 1, 0.2
		// the first two are one function, and the third has a parameter that is learnt and begins as the others
		p.Activations = []string{"leaky_relu(slope=0.01)", "max(x,0.01*x)", "prelu(slope=0.01!)"}
		p.Config.Train.ActivationLRFactor = 0
	})
	dir := t.TempDir()
	if err := makeCells(t, p, images, dir, 2, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	cells, _, err := p.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	bySeed := map[uint64][]compare.Cell{}
	for _, c := range cells {
		bySeed[c.Seed] = append(bySeed[c.Seed], c)
	}
	losses := map[float64]bool{}
	for seed, row := range bySeed {
		losses[row[0].Run.Epochs[0].Values[record.TrainLoss]] = true
		for _, c := range row[1:] {
			if c.Run.Data != row[0].Run.Data || !reflect.DeepEqual(c.Predictions, row[0].Predictions) ||
				c.Run.Epochs[0].Values[record.TrainLoss] != row[0].Run.Epochs[0].Values[record.TrainLoss] {
				t.Errorf("seed %d: %s ends with loss %v on %.8s, %s with %v on %.8s", seed, c.Activation, c.Run.Epochs[0].Values[record.TrainLoss],
					c.Run.Data, row[0].Activation, row[0].Run.Epochs[0].Values[record.TrainLoss], row[0].Run.Data)
			}
		}
	}
	if len(losses) != len(p.Seeds) {
		t.Errorf("%d different losses at %d seeds", len(losses), len(p.Seeds))
	}
}

// The folder's name knows everything that decides the result, and nothing else.
func TestIDs(t *testing.T) {
	p, _ := comparison(t, nil)
	ids := map[string]bool{}
	for _, c := range p.Cells() {
		ids[c.ID] = true
	}
	if len(ids) != 9 {
		t.Errorf("%d names of 9 cells", len(ids))
	}
	first := p.Cells()[0].ID
	for name, change := range map[string]func(*Plan){
		"root":    func(p *Plan) { p.Config.Data.Root = "elsewhere" },
		"workers": func(p *Plan) { p.Config.Workers = 7 },
		"cache":   func(p *Plan) { p.Config.Data.CacheMiB = 1 },
		"version": func(p *Plan) { p.Version = "v2" },
		"shared activation, seed and rate": func(p *Plan) {
			p.Config.Model.Activation, p.Config.Train.Seed, p.Config.Train.LR = "mish", 9, 7
		},
		"rows": func(p *Plan) { p.Activations, p.Seeds = p.Activations[:1], p.Seeds[:1] },
	} {
		q := p
		if change(&q); q.Cells()[0].ID != first {
			t.Errorf("%s changes the name", name)
		}
	}
	for name, change := range map[string]func(*Plan){
		"epochs": func(p *Plan) { p.Config.Train.Epochs++ },
		"hidden": func(p *Plan) { p.Config.Model.Hidden = []int{6} },
		"data":   func(p *Plan) { p.Data = "other" },
		"init":   func(p *Plan) { p.Init = "other" },
		"kernel": func(p *Plan) { p.Kernel = "generic-arm64" },
		"seed":   func(p *Plan) { p.Seeds = []uint64{8} },
		"rate":   func(p *Plan) { p.LRs = []float64{8} },
		"spec":   func(p *Plan) { p.Activations = []string{"leaky_relu(slope=0.2)"} },
	} {
		q := p
		if change(&q); q.Cells()[0].ID == first {
			t.Errorf("%s does not change the name", name)
		}
	}
}

// A key that is added later has its default in the cells of before.
func TestANewKeyOrphansNoCell(t *testing.T) {
	p, _ := comparison(t, nil)
	c := p.Cells()[0].Config
	value := 3
	added := setting.Key{Name: "train.made_up", Value: &value, Default: 3}
	if got := p.hash(append(c.Keys(), added)); got != p.Cells()[0].ID {
		t.Error("a new key at its default changes the name")
	}
	if value = 4; p.hash(append(c.Keys(), added)) == p.Cells()[0].ID {
		t.Error("another value of the new key does not change the name")
	}
	added.Scope = setting.Runtime
	if p.hash(append(c.Keys(), added)) != p.Cells()[0].ID {
		t.Error("a key that decides nothing changes the name")
	}
}

// What cells set, and what decides nothing, is not in the name of a plan; everything else is.
func TestName(t *testing.T) {
	p, _ := comparison(t, nil)
	for name, change := range map[string]func(*Plan){
		"seed, rate and activation": func(p *Plan) {
			p.Config.Model.Activation, p.Config.Train.Seed, p.Config.Train.LR = "mish", 9, 7
		},
		"runtime": func(p *Plan) { p.Config.Data.Root, p.Config.Data.CacheMiB, p.Config.Workers = "elsewhere", 1, 7 },
		"version": func(p *Plan) { p.Version = "v2" },
		"rows":    func(p *Plan) { p.Activations, p.Seeds, p.Baseline = p.Activations[:2], p.Seeds[:1], "tanh" },
	} {
		q := p
		if change(&q); q.Name() != p.Name() {
			t.Errorf("%s change the name", name)
		}
	}
	for name, change := range map[string]func(*Plan){
		"epochs": func(p *Plan) { p.Config.Train.Epochs++ }, "data": func(p *Plan) { p.Data = "other" },
		"init": func(p *Plan) { p.Init = "other" }, "kernel": func(p *Plan) { p.Kernel = "generic-arm64" },
		"rates": func(p *Plan) { p.LRs = []float64{1, 2} },
	} {
		q := p
		if change(&q); q.Name() == p.Name() {
			t.Errorf("%s does not change the name", name)
		}
	}
}

// A comparison of another results version, or of before there was one, is neither gone on with nor joined.
func TestOtherResultsAreRefused(t *testing.T) {
	p, _ := comparison(t, nil)
	good, dir := t.TempDir(), t.TempDir()
	if err := errors.Join(beginIn(p, good), beginIn(p, dir)); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PlanFile)
	plan, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	now := fmt.Sprintf(`"results": %d`, ResultsVersion)
	for text, want := range map[string]string{
		strings.Replace(string(plan), now, `"results": 99`, 1):                                              "results version is 99, want ",
		strings.Replace(strings.Replace(string(plan), now+",", "", 1), "\"schema\": 2", "\"schema\": 1", 1): "schema is 1, want 2",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		_, read := ReadPlan(dir)
		_, joined := Join([]string{good, dir})
		for _, err := range []error{read, joined, beginIn(p, dir)} {
			if err == nil || !strings.HasPrefix(err.Error(), path+": "+want) || !errors.Is(err, errOtherProgram) || len(fault.Hints(err)) != 1 {
				t.Errorf("error is %v with hints %q, want %s", err, fault.Hints(err), want)
			}
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != text {
			t.Errorf("the plan was replaced: %v", err)
		}
	}
}

// A plan that lacks a key has its default, not zero.
func TestPlanWithoutAKey(t *testing.T) {
	p, _ := comparison(t, nil)
	dir := t.TempDir()
	if err := beginIn(p, dir); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, PlanFile)
	plan, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	lacking := strings.Replace(string(plan), `"gamma": 0.1,`, "", 1)
	if err := os.WriteFile(path, []byte(lacking), 0o666); err != nil || lacking == string(plan) {
		t.Fatalf("%v in %s", err, plan)
	}
	q, err := ReadPlan(dir)
	if err != nil || q.Config.Train.Gamma != 0.1 || q.Cells()[0].ID != p.Cells()[0].ID {
		t.Errorf("gamma is %g and the first cell %s, %v, want 0.1 and %s", q.Config.Train.Gamma, q.Cells()[0].ID, err, p.Cells()[0].ID)
	}
}

// Every cell is in one shard, and every shard has its share of every activation.
func TestShards(t *testing.T) {
	for _, activations := range []int{1, 3, 4, 7} {
		p := Plan{Seeds: []uint64{0, 1, 2, 3, 4}, LRs: []float64{1, 2}}
		for i := range activations {
			p.Activations = append(p.Activations, fmt.Sprint("f", i))
		}
		cells := p.Cells()
		for n := 1; n <= 9; n++ {
			seen := map[string]int{}
			for i := range n {
				of := map[string]int{}
				own := Shard{i, n}.Of(cells)
				for _, c := range own {
					seen[c.ID]++
					of[c.Activation]++
				}
				if d := len(own) - len(cells)/n; d < 0 || d > 1 {
					t.Errorf("shard %d of %d has %d of %d cells", i, n, len(own), len(cells))
				}
				for f, k := range of {
					if k > 10/n+1 {
						t.Errorf("shard %d of %d has %d cells of %s", i, n, k, f)
					}
				}
			}
			for _, c := range cells {
				if seen[c.ID] != 1 {
					t.Errorf("%d shards: a cell is in %d of them", n, seen[c.ID])
				}
			}
		}
	}
}

func TestShardsJoined(t *testing.T) {
	p, images := comparison(t, nil)
	whole := t.TempDir()
	if err := makeCells(t, p, images, whole, 2, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	var dirs []string
	for i := range 3 {
		dir := t.TempDir()
		dirs = append(dirs, dir)
		if err := makeCells(t, p, images, dir, 1, 0, Shard{i, 3}.Of(p.Cells())); err != nil {
			t.Fatal(err)
		}
	}
	joined, err := Join(dirs)
	if err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(t.TempDir(), "out")
	if err := joined.Collect(dirs, out); err != nil {
		t.Fatal(err)
	}
	want := results(t, p, whole)
	if got := results(t, joined, out); got != want {
		t.Errorf("joined cells are\n%s\nwant\n%s", got, want)
	}
	if got := results(t, joined, dirs...); got != want {
		t.Error("cells read from the parts differ")
	}
	// Collected again, nothing changes.
	if err := joined.Collect(dirs, out); err != nil || results(t, joined, out) != want {
		t.Errorf("collected again: %v", err)
	}
}

func TestJoinNamesEveryDifference(t *testing.T) {
	p, _ := comparison(t, nil)
	first, second := t.TempDir(), t.TempDir()
	q := p
	q.Data, q.Version, q.Kernel, q.Config.Train.Epochs, q.Config.Data.Root = "other", "v2", "generic-arm64", 9, "elsewhere"
	q.Activations, q.Seeds = []string{"mish", "relu"}, []uint64{2, 3}
	begin(t, p, first)
	begin(t, q, second)
	_, err := Join([]string{first, second})
	if err == nil {
		t.Fatal("joined")
	}
	for _, want := range []string{"data is other", "kernel is generic-arm64", "train.epochs is 9, want 3"} {
		if !strings.Contains(err.Error(), second+": "+want) {
			t.Errorf("error is %v, want it to say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "data.root") || strings.Contains(err.Error(), "v2") { // the results version decides
		t.Errorf("error is %v, want no word of the root", err)
	}
	q = p
	q.Activations, q.Seeds = []string{"mish", "relu"}, []uint64{2, 3}
	second = t.TempDir()
	begin(t, q, second)
	joined, err := Join([]string{first, second})
	if err != nil || !slices.Equal(joined.Activations, append(slices.Clone(p.Activations), "mish")) || !slices.Equal(joined.Seeds, []uint64{0, 1, 2, 3}) {
		t.Errorf("joined are %v at %v, %v", joined.Activations, joined.Seeds, err)
	}
}

// A cell that fails is told, and the others are made.
func TestFailedCell(t *testing.T) {
	p, images := comparison(t, func(p *Plan) { p.Seeds = []uint64{0} })
	dir := t.TempDir()
	cells := p.Cells()
	blocked := cells[1].Folder(dir)
	begin(t, p, dir)
	if err := os.WriteFile(blocked, []byte("in the way"), 0o666); err != nil {
		t.Fatal(err)
	}
	err := makeCells(t, p, images, dir, 1, 0, cells)
	e := new(CellError)
	if !errors.As(err, &e) || e.Cell.ID != cells[1].ID || !strings.Contains(err.Error(), "tanh at seed 0: ") {
		t.Errorf("error is %v, want one of %s", err, cells[1].Activation)
	}
	done, missing, err := p.Read(dir)
	if err != nil || len(done) != 2 || len(missing) != 1 {
		t.Errorf("%d cells are done and %d missing, %v", len(done), len(missing), err)
	}

	// With FailFast the ones behind it are not begun.
	p.Seeds = []uint64{0, 1, 2, 3}
	l := &listener{}
	err = Run(context.Background(), Job{Dir: dir, Cells: p.Cells()[1:], Images: always(images), Jobs: 1, Workers: 1, FailFast: true, Observer: l})
	if !errors.As(err, &e) || len(l.ended) != 1 {
		t.Errorf("%d cells ended, %v, want the first alone", len(l.ended), err)
	}
}

// A run that diverges is a result like any other.
func TestDivergedCell(t *testing.T) {
	p, images := comparison(t, func(p *Plan) {
		p.Activations, p.Seeds, p.LRs, p.Config.Train.Optimizer = []string{"relu", "x^3"}, []uint64{0}, []float64{1e30}, "sgd"
	})
	dir := t.TempDir()
	if err := makeCells(t, p, images, dir, 2, 0, p.Cells()); err != nil {
		t.Fatal(err)
	}
	cells, _, err := p.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range cells {
		if c.Run.Diverged == nil || c.Run.Test == nil || len(c.Predictions.Labels) != 8 {
			t.Errorf("%s: run is %+v", c.Activation, c.Run)
		}
	}
}

func TestFolderRefused(t *testing.T) {
	p, _ := comparison(t, nil)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "thesis.tex"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Begin(dir); !fault.IsUsage(err) || !strings.HasPrefix(err.Error(), dir+": output folder holds files") {
		t.Errorf("error is %v", err)
	}
	if _, err := ReadPlan(dir); err == nil || !strings.HasPrefix(err.Error(), dir+": holds no plan.json") {
		t.Errorf("error is %v", err)
	}
	good := t.TempDir()
	begin(t, p, good)
	path := filepath.Join(good, PlanFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]string{
		string(whole[:40]): "unexpected", string(whole) + "{": "something follows",
		strings.Replace(string(whole), `"schema": 2`, `"schema": 1`, 1):      "schema is 1, want 2",
		strings.Replace(string(whole), `"seeds"`, `"sedes"`, 1):              "sedes",
		strings.Replace(string(whole), `"epochs": 3`, `"epochs": -3`, 1):     "train.epochs: value is -3",
		strings.Replace(string(whole), `"images": 8`, `"images": 0`, 1):      "images is empty",
		strings.Replace(string(whole), `"version": "v1"`, `"version": 1`, 1): "version",
	} {
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := ReadPlan(good); err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// Shards that begin at the same time share the folder.
func TestBeginTogether(t *testing.T) {
	p, _ := comparison(t, nil)
	for range 20 {
		dir := filepath.Join(t.TempDir(), "shared")
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := p.Begin(dir); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// Whatever a plan's file holds, it is a plan that can be carried out, or an error.
func FuzzPlan(f *testing.F) {
	c := config.Default()
	good, err := json.Marshal(Plan{Schema: planSchema, Results: ResultsVersion, Activations: []string{"relu"}, Baseline: "relu", Seeds: []uint64{1}, LRs: []float64{1}, Shared: Shared{Config: c, Images: 1, Classes: 1}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(`{"schema": 1}`))
	f.Add([]byte(`{"schema": 2}`))
	f.Add(bytes.Replace(good, []byte(`"gamma"`), []byte(`"gamme"`), 1))
	f.Add([]byte(``))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePlan(b)
		if err == nil && (len(p.Cells()) != len(p.Activations)*len(p.Seeds)*len(p.LRs) || len(p.Cells()) == 0) {
			t.Errorf("plan is %+v", p)
		}
	})
}

func beginIn(p Plan, dir string) error {
	_, err := p.Begin(dir)
	return err
}
