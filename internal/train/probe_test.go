package train

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"actfn/internal/dataset"
	"actfn/internal/record"
	"actfn/internal/worker"
)

// TestHealthMovesNoBit wants the same weights with and without the probe, and the same figures for any number of workers,
// in memory and streamed.
func TestHealthMovesNoBit(t *testing.T) {
	root := images(t, 7, 3)
	for name, change := range map[string]func(*Job, *dataset.Config){
		"plain": func(j *Job, d *dataset.Config) {
			j.Model.Norm, j.Model.Dropout, d.ValSplit, d.Augment = "batch", 0.4, 0.3, []string{"crop=1", "flip"}
			j.Model.Activation = "conv=rrelu, fc=swish_beta(beta=1!channel)"
		},
		"resnet": resnet,
	} {
		t.Run(name, func(t *testing.T) {
			var want, figures []byte
			for _, variant := range []func(*Job, *dataset.Config){
				func(*Job, *dataset.Config) {},
				func(j *Job, _ *dataset.Config) { j.Config.Health, j.Pool = true, worker.New(1) },
				func(j *Job, _ *dataset.Config) { j.Config.Health, j.Pool = true, worker.New(3) },
				func(j *Job, d *dataset.Config) { j.Config.Health, d.CacheMiB = true, 0 },
			} {
				j := job(t, root, func(j *Job, d *dataset.Config) { change(j, d); variant(j, d) })
				if _, err := Run(context.Background(), j); err != nil {
					t.Fatal(err)
				}
				weights, err := os.ReadFile(filepath.Join(j.Dir, record.LastFile))
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = weights
				}
				if !slices.Equal(weights, want) {
					t.Errorf("weights with health %v and %d workers are others than without it", j.Config.Health, j.Pool.Workers())
				}
				if !j.Config.Health {
					continue
				}
				of, err := os.ReadFile(filepath.Join(j.Dir, record.HealthFile))
				if err != nil {
					t.Fatal(err)
				}
				if figures == nil {
					figures = of
				}
				if !slices.Equal(of, figures) {
					t.Errorf("figures with %d workers are\n%s\nwant\n%s", j.Pool.Workers(), of, figures)
				}
			}
		})
	}
}

// TestHealthOfUnusualRuns wants figures, or a reason for each that there is not, and no failure.
func TestHealthOfUnusualRuns(t *testing.T) {
	for name, c := range map[string]struct {
		images  int // of each class
		probed  int // 0: all
		change  func(*Job, *dataset.Config)
		missing []string // in the first layer, after the last epoch
	}{
		"one image a class": {1, 0, func(*Job, *dataset.Config) {}, nil},
		"batches of 1":      {3, 0, func(j *Job, _ *dataset.Config) { j.Config.BatchSize = 1 }, nil},
		"no hidden layer":   {3, 0, func(j *Job, _ *dataset.Config) { j.Model.Hidden = nil }, nil},
		"no epoch":          {3, 0, func(j *Job, _ *dataset.Config) { j.Config.Epochs = 0 }, []string{"update_ratio"}},
		"one image asked":   {3, 1, func(j *Job, _ *dataset.Config) { j.Config.HealthImages = 1 }, []string{"sameness"}},
		"a last batch too small for a norm": {3, 4, func(j *Job, d *dataset.Config) {
			resnet(j, d)
			d.ImageSize, d.Augment, j.Config.DropLast, j.Config.HealthImages = 4, nil, true, 5
		}, nil},
		"NaN": {3, 0, func(j *Job, _ *dataset.Config) {
			j.Model.Activation, j.Config.Epochs = "conv=sqrt(x), fc=relu", 0
		}, []string{"dead", "linear", "sameness", "saturated", "gradient_norm", "gradient_rms", "update_ratio"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := job(t, images(t, c.images, 1), func(j *Job, d *dataset.Config) {
				j.Config.Health = true
				c.change(j, d)
			})
			if _, err := Run(context.Background(), j); err != nil && name != "NaN" {
				t.Fatal(err)
			}
			all, err := record.ReadHealth(j.Dir)
			if err != nil {
				t.Fatal(err)
			}
			net, err := declare(j.Config, j.Model, j.Data, j.Pool)
			if err != nil {
				t.Fatal(err)
			}
			last := all[len(all)-len(net.Activations)]
			if last.Epoch != j.Config.Epochs {
				t.Errorf("last epoch is %d, want %d", last.Epoch, j.Config.Epochs)
			}
			if c.probed == 0 {
				c.probed = j.Data.Train.Len()
			}
			if last.Images != c.probed {
				t.Errorf("the probe has %d images, want %d", last.Images, c.probed)
			}
			var missing []string
			for _, f := range record.Figures {
				_, ok := last.Values[f]
				if why := last.Missing[f.Name]; ok == (why != "") {
					t.Errorf("%s is %v with the reason %q, want one of them", f, last.Values[f], why)
				}
				if !ok {
					missing = append(missing, f.Name)
				}
			}
			slices.Sort(missing)
			slices.Sort(c.missing)
			if !reflect.DeepEqual(missing, c.missing) {
				t.Errorf("missing are %q, want %q: %v", missing, c.missing, last.Missing)
			}
		})
	}
}

// TestHealthMayChange resumes a run with health, without, and with other images: the record has what was measured, and
// the weights are those of a run without.
func TestHealthMayChange(t *testing.T) {
	root := images(t, 7, 3) // 14 images in 4 steps
	j := job(t, root, func(j *Job, _ *dataset.Config) { j.Config.Epochs = 4 })
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	want := j.Dir
	j = job(t, root, func(j *Job, _ *dataset.Config) { j.Config.Epochs, j.Config.Health = 4, true })
	j.Resume = true
	for _, part := range []struct {
		health        bool
		images, steps int
	}{{true, 0, 6}, {false, 0, 4}, {true, 5, 3}, {true, 6, 100}} { // it ends within epochs 2, 3 and 4
		j.Config.Health, j.Config.HealthImages = part.health, part.images
		ctx, cancel := context.WithCancelCause(context.Background())
		j.Observers = []Observer{&stopAfter{part.steps, cancel}}
		if _, err := Run(ctx, j); err != nil && !errors.Is(err, errStop) {
			t.Fatal(err)
		}
	}
	all, err := record.ReadHealth(j.Dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(j.Dir, record.HealthFile)); err != nil {
		t.Fatal(err)
	}
	if d := difference(t, want, j.Dir); d != "" {
		t.Error(d)
	}
	type measured struct {
		epoch, images int
		updates       bool
	}
	var got []measured
	for _, h := range all {
		if _, updates := h.Values[record.UpdateRatio]; h.Layer == "conv1" {
			got = append(got, measured{h.Epoch, h.Images, updates})
		}
	}
	if want := []measured{{0, 14, false}, {1, 14, true}, {3, 5, true}, {4, 6, true}}; !slices.Equal(got, want) {
		t.Errorf("measured are %v, want %v", got, want)
	}
}
