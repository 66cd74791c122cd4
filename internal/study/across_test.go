package study

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"actfn/internal/compare"
	"actfn/internal/config"
	"actfn/internal/fault"
)

// grid are the settings of some axes over a small configuration.
func grid(t *testing.T, axes ...string) ([]Shared, error) {
	t.Helper()
	root := pictures(t)
	var all []Axis
	for _, text := range axes {
		axis, err := ParseAxis(text)
		if err != nil {
			return nil, err
		}
		all = append(all, axis)
	}
	return Grid(all, func(flags []config.Flag) (config.Config, error) {
		small := []config.Flag{{Key: "data.root", Text: root}, {Key: "model.filters", Text: "3"}, {Key: "model.hidden", Text: "5"},
			{Key: "train.epochs", Text: "6"}, {Key: "train.batch_size", Text: "4"}, {Key: "train.lr", Text: "0.02"}}
		r, err := config.Load(config.Sources{Flags: append(small, flags...)})
		return r.Config, err
	})
}

func TestGrid(t *testing.T) {
	settings, err := grid(t, "norm=none,batch", "model.dropout=0,0.5", "augment=[crop=1,flip]")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range settings {
		names = append(names, s.Setting)
	}
	want := []string{"norm=none,model.dropout=0,augment=[crop=1,flip]", "norm=none,model.dropout=0.5,augment=[crop=1,flip]",
		"norm=batch,model.dropout=0,augment=[crop=1,flip]", "norm=batch,model.dropout=0.5,augment=[crop=1,flip]"}
	if !slices.Equal(names, want) {
		t.Errorf("settings are %q", names)
	}
	if c := settings[1].Config; c.Model.Norm != "none" || c.Model.Dropout != 0.5 || !slices.Equal(c.Data.Augment, []string{"crop=1", "flip=0.5"}) {
		t.Errorf("the second has norm %s, dropout %g and augment %q", c.Model.Norm, c.Model.Dropout, c.Data.Augment)
	}
	if one, err := grid(t); err != nil || len(one) != 1 || one[0].Setting != "" {
		t.Errorf("without axes the settings are %v, %v", one, err)
	}
}

func TestGridRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"norm":                      `value is "norm", want key=value,value`,
		"norm=":                     `want key=value,value`,
		"=none":                     `key is ""`,
		"nrm=none":                  `key is "nrm", want a flag or a key of the configuration`,
		"lr=1e-3":                   "lr: each model of a comparison has its own",
		"seed=1,2":                  "seed: each model of a comparison has its own",
		"workers=1,2":               "workers: key decides no result",
		"data.cache_mib=1,2":        "data.cache_mib: key decides no result",
		"norm=none,btch":            `setting norm=btch: --across: model.norm: value is "btch", want one of none, batch`,
		"network=plain,resnet":      "setting network=resnet: model.filters: value is [3], want it left out: network is resnet",
		"norm=none model.norm=none": "--across: model.norm is there twice",
	} {
		_, err := grid(t, strings.Fields(text)...)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", text, err, want)
		}
	}
}

// open opens a comparison of relu and tanh in settings.
func open(t *testing.T, dir string, seeds []uint64, change func(*Options), axes ...string) *Study {
	t.Helper()
	settings, err := grid(t, axes...)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Config: settings[0].Config, Across: settings, Activations: []string{"relu", "tanh"}, Seeds: seeds, Dir: dir,
		Jobs: 2, Shard: Whole, Claim: Claim{Options: compare.Defaults()}}
	if change != nil {
		change(&o)
	}
	s, err := Open(t.Context(), o, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// done makes what is missing and compares.
func done(t *testing.T, s *Study) compare.Across {
	t.Helper()
	if _, _, err := s.Begin(); err != nil {
		t.Fatal(err)
	}
	w, err := s.Work()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Make(t.Context(), w, &listener{}); err != nil {
		t.Fatal(err)
	}
	cells, _, err := s.Plan.Read(s.Dir)
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Claim.Across(s.Plan, cells)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// A comparison across settings is one in each, whose cells are those of a comparison in that setting alone and whose
// intervals hold at once.
func TestAcross(t *testing.T) {
	seeds := []uint64{0, 1, 2}
	s := open(t, t.TempDir(), seeds, nil, "norm=none,batch")
	a := done(t, s)
	if len(s.images) != 1 {
		t.Errorf("the images were loaded %d times", len(s.images))
	}
	for i, norm := range []string{"none", "batch"} {
		alone := open(t, t.TempDir(), seeds, func(o *Options) { o.Config.Model.Norm, o.Across = norm, nil }, "norm=none")
		for _, c := range alone.Plan.Cells() {
			if !c.Done(s.Dir) {
				t.Errorf("cell %s at seed %d of norm %s is another", c.Activation, c.Seed, norm)
			}
		}
		want, _ := done(t, alone).Plain()
		got := a.Settings[i].Result
		if got.Level(3) != 1-0.05/2 || want.Level(3) != 1-0.05 {
			t.Errorf("levels are %v and %v", got.Level(3), want.Level(3))
		}
		for k, row := range got.Rows {
			if !reflect.DeepEqual(row.Values, want.Rows[k].Values) {
				t.Errorf("%s with norm %s: values differ from those of that setting alone", row.Activation, norm)
			}
			if d := row.Difference; d != nil && (d.Mean != want.Rows[k].Difference.Mean || d.CI[0] > want.Rows[k].Difference.CI[0]) {
				t.Errorf("%s with norm %s: difference is %v in %v, alone in %v", row.Activation, norm, d.Mean, *d.CI, *want.Rows[k].Difference.CI)
			}
		}
		if reflect.DeepEqual(got.Setup.Config, a.Settings[1-i].Result.Setup.Config) {
			t.Error("both settings have one configuration")
		}
	}
	if power, alone := s.Plan.Power(compare.Defaults()), s.Plan.Settings()[0].Power(compare.Defaults()); power[0].Difference <= alone[0].Difference {
		t.Errorf("two settings find %v, one %v", power[0], alone[0])
	}
	if err := s.Claim.Save(s.Dir); err != nil {
		t.Fatal(err)
	}
	if kept, err := Result(s.Dir); err != nil || len(kept.Settings) != 2 || kept.Rows[0].Sentence != a.Rows[0].Sentence {
		t.Errorf("kept is %+v, %v", kept.Rows, err)
	}
	runs, names, err := Runs(s.Dir)
	if err != nil || len(runs) != 12 || runs[0].Activation != "relu, norm=none" || !slices.Contains(names, "tanh, norm=batch") {
		t.Errorf("%d runs of %q, %v", len(runs), names, err)
	}
}

// Parts that were made elsewhere join to the whole, and a comparison gets settings as it gets seeds.
func TestAcrossJoined(t *testing.T) {
	var dirs []string
	for i := range 3 {
		s := open(t, t.TempDir(), []uint64{0, 1}, func(o *Options) { o.Shard = Shard{i, 3} }, "norm=none,batch")
		done(t, s)
		dirs = append(dirs, s.Dir)
	}
	m, err := Merge(dirs, "", Claim{Options: compare.Defaults()})
	if err != nil || len(m.Missing) > 0 || len(m.Cells) != 8 {
		t.Fatalf("%d cells, %d missing, %v", len(m.Cells), len(m.Missing), err)
	}
	more := open(t, dirs[0], []uint64{0, 1, 2}, nil, "norm=none", "norm-order=before")
	if _, _, err := more.Begin(); !fault.IsUsage(err) || !strings.Contains(err.Error(), "settings norm=none and norm=none,norm-order=before are the same") {
		t.Errorf("error of the same setting under two names is %v", err)
	}
	third := open(t, dirs[0], []uint64{0, 1, 2}, nil, "dropout=0.5")
	extended, _, err := third.Begin()
	if err != nil || extended != "seed 2, dropout=0.5" {
		t.Errorf("extended by %q, %v", extended, err)
	}
	p, err := ReadPlan(dirs[0])
	if err != nil || p.settingNames() != "norm=none, norm=batch, dropout=0.5" || len(p.Cells()) != 2*3*3 {
		t.Errorf("settings are %s, %v", p.settingNames(), err)
	}
	plain := open(t, dirs[1], []uint64{0, 1}, func(o *Options) { o.Across = nil }, "norm=none")
	if _, _, err := plain.Begin(); !fault.IsUsage(err) || !strings.Contains(err.Error(), "across is none, want norm=none, norm=batch") {
		t.Errorf("error of a comparison without settings is %v", err)
	}
	other := open(t, t.TempDir(), []uint64{0, 1}, func(o *Options) { o.Across[1].Config.Train.BatchSize = 5 }, "norm=none,batch")
	done(t, other)
	if _, err := Join([]string{dirs[0], other.Dir}); err == nil || !strings.Contains(err.Error(), "train.batch_size in norm=batch is 5, want 4") {
		t.Errorf("error of another configuration is %v", err)
	}
}

func TestAcrossRefuses(t *testing.T) {
	for want, axes := range map[string][]string{
		"--across: settings norm=none and norm=none are the same": {"norm=none,none"},
		"setting data=nowhere: nowhere: no such folder or .zip":   {"data=nowhere"},
	} {
		settings, err := grid(t, axes...)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), Options{Across: settings, Activations: []string{"relu"}, Seeds: []uint64{0}, Claim: Claim{Options: compare.Defaults()}}, nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error is %v, want %s", axes, err, want)
		}
	}
	// The same images under another name are no other data set.
	root := pictures(t)
	a, b := t.TempDir(), t.TempDir()
	if err := errors.Join(os.CopyFS(a, os.DirFS(root)), os.CopyFS(b, os.DirFS(root))); err != nil {
		t.Fatal(err)
	}
	settings, err := grid(t, "data="+a+","+b)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(t.Context(), Options{Across: settings, Activations: []string{"relu"}, Seeds: []uint64{0}, Claim: Claim{Options: compare.Defaults()}}, nil)
	if !fault.IsUsage(err) || !strings.Contains(err.Error(), "are the same, want each once") {
		t.Errorf("error of a copy of the images is %v", err)
	}
}

// A plan with settings is read as it was written; one whose settings are the same is refused.
func TestAcrossPlan(t *testing.T) {
	s := open(t, t.TempDir(), []uint64{0}, nil, "norm=none,batch")
	begin(t, s.Plan, s.Dir)
	p, err := ReadPlan(s.Dir)
	if err != nil || p.Name() != s.Plan.Name() || p.Name() == p.Settings()[0].Name() || !reflect.DeepEqual(p.Cells(), s.Plan.Cells()) {
		t.Errorf("plan is %+v, %v", p, err)
	}
	p.Across[1] = p.Across[0]
	b, err := json.Marshal(p)
	if err == nil {
		err = os.WriteFile(filepath.Join(s.Dir, PlanFile), b, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ReadPlan(s.Dir); err == nil || !strings.Contains(err.Error(), "settings norm=none and norm=none are the same") {
		t.Errorf("error is %v", err)
	}
}

// Gates are judged in each setting, and against the same setting of an earlier result.
func TestAcrossGates(t *testing.T) {
	gates := func(file string) func(*Options) {
		return func(o *Options) {
			o.Claim.Gates, o.Claim.BaselineFile, o.Claim.SelfTest = []string{"tanh vs baseline-file > -1pp"}, file, true
			if file == "" {
				o.Claim.Gates = []string{"relu.diverged <= 0"}
			}
		}
	}
	s := open(t, t.TempDir(), []uint64{0, 1, 2}, gates(""), "norm=none,batch")
	a := done(t, s)
	j := s.Claim.Judge(a)
	if len(j.Gates) != 2 || j.Gates[1].Gate != "relu.diverged <= 0 in norm=batch" || len(j.Proofs) != 2 || j.Proofs[0].Gate != "relu.diverged <= 0 in norm=none" {
		t.Errorf("judgement is %+v", j)
	}
	if err := s.Claim.Save(s.Dir); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(s.Dir, ResultFile)
	again := open(t, s.Dir, []uint64{0, 1, 2}, gates(file), "norm=none,batch")
	for _, o := range again.Claim.Judge(done(t, again)).Gates {
		if o.Status != 0 || !strings.Contains(o.Reason, "0.00 points above the baseline file, 97.5 % CI") {
			t.Errorf("%s: %v: %s", o.Gate, o.Status, o.Reason)
		}
	}
	settings, err := grid(t, "norm=none", "dropout=0.5")
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Across: settings, Activations: []string{"relu", "tanh"}, Seeds: []uint64{0}, Claim: Claim{Options: compare.Defaults()}}
	gates(file)(&o)
	if _, err := Open(t.Context(), o, nil); !fault.IsUsage(err) || !strings.Contains(err.Error(), "has no result in norm=none,dropout=0.5") {
		t.Errorf("error of a file without the setting is %v", err)
	}
}
