package train

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// images writes an ImageFolder of 8×8 pictures, two classes that differ in brightness by their
// sides, and returns its root.
func images(t *testing.T, train, test int) string {
	t.Helper()
	root := t.TempDir()
	noise := rng.New(1, "pictures", 0)
	var draw uint64
	for _, split := range []struct {
		name   string
		images int
	}{{"train", train}, {"test", test}} {
		for class, bright := range []int{0, 4} {
			dir := filepath.Join(root, split.name, fmt.Sprint("class", class))
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
			for i := range split.images {
				img := image.NewRGBA(image.Rect(0, 0, 8, 8))
				for p := range 64 {
					v := uint8(noise.Intn(draw, 120))
					if draw++; p%8/4*4 == bright {
						v += 30
					}
					img.Set(p%8, p/8, color.RGBA{v, v / 2, 255 - v, 255})
				}
				var file bytes.Buffer
				if err := png.Encode(&file, img); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.png", i)), file.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return root
}

// job is a small training run on such pictures.
func job(t *testing.T, root string, change func(*Job, *dataset.Config)) Job {
	t.Helper()
	j := Job{Config: Default(), Model: model.Default(), Pool: worker.New(2), Dir: t.TempDir()}
	j.Config.Epochs, j.Config.BatchSize, j.Config.Health = 2, 4, false // tests of it switch it on
	j.Model.Filters, j.Model.Hidden = []int{3}, []int{5}
	data := dataset.Default()
	data.Root = root
	if change != nil {
		change(&j, &data)
	}
	t.Cleanup(j.Pool.Close)
	loaded, err := dataset.Load(context.Background(), data, j.Config.Seed, dataset.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { loaded.Close() })
	j.Data = Loaded(loaded)
	return j
}

// stopAfter cancels a run after a number of steps.
type stopAfter struct {
	steps  int
	cancel context.CancelCauseFunc
}

var errStop = errors.New("stopped by the test")

func (s *stopAfter) Step(int, int, int) {
	if s.steps--; s.steps == 0 {
		s.cancel(errStop)
	}
}
func (s *stopAfter) Epoch(record.Epoch) {}

func TestOverfitsATinySet(t *testing.T) {
	for _, spec := range []string{"relu", "leaky_relu", "tanh", "sigmoid"} {
		j := job(t, images(t, 6, 1), func(j *Job, _ *dataset.Config) {
			j.Config.Epochs, j.Config.LR, j.Model.Activation, j.Dir = 250, 0.01, spec, ""
		})
		result, err := Run(context.Background(), j)
		if err != nil {
			t.Fatal(err)
		}
		last := result.Epochs[len(result.Epochs)-1].Values
		if !(last[record.TrainLoss] < 0.01) || last[record.TrainAccuracy] != 1 {
			t.Errorf("%s: loss is %g and accuracy %g after 250 epochs, want below 0.01 and 1", spec, last[record.TrainLoss], last[record.TrainAccuracy])
		}
	}
}

// TestResumeAtEveryStep interrupts a run after each of its steps in turn and goes on: the folder ends
// with the bits of the straight run.
func TestResumeAtEveryStep(t *testing.T) {
	root := images(t, 7, 3)
	for name, change := range map[string]func(*Job, *dataset.Config){
		"adam_validated": func(j *Job, d *dataset.Config) {
			d.ValSplit, j.Config.Schedule, j.Config.WarmupEpochs, j.Config.ClipGrad = 0.3, "cosine", 1, 0.5
		},
		"adamw_in_order": func(j *Job, _ *dataset.Config) {
			j.Config.Optimizer, j.Config.WeightDecay, j.Config.Shuffle = "adamw", 0.01, false
		},
		"sgd_nesterov": func(j *Job, _ *dataset.Config) {
			j.Config.Optimizer, j.Config.Momentum, j.Config.Nesterov, j.Config.LR = "sgd", 0.9, true, 0.05
			j.Config.DropLast, j.Config.GradientNorm = true, true
		},
		"learnable_and_random_activations": func(j *Job, _ *dataset.Config) {
			j.Model.Activation, j.Config.ActivationLRFactor = "conv1=rrelu, fc1=swish_beta(beta=1!channel)", 3
			j.Config.Optimizer, j.Config.WeightDecay, j.Config.Health = "adamw", 0.1, true
		},
		"augmented_and_streamed": func(j *Job, d *dataset.Config) {
			d.Augment, d.CacheMiB, d.ValSplit, d.Normalize = []string{"crop=2", "flip", "jitter", "erase=0.8"}, 0, 0.3, "train"
		},
		"rmsprop_streamed": func(j *Job, d *dataset.Config) {
			j.Config.Optimizer, j.Config.Momentum, d.CacheMiB = "rmsprop", 0.5, 0
		},
		"resnet": resnet,
		"diverging": func(j *Job, _ *dataset.Config) {
			diverging(j)
			j.Config.LR = 3 // soon
		},
		"norm_after_and_dropout": func(j *Job, d *dataset.Config) {
			j.Model.Norm, j.Model.NormOrder, j.Model.Dropout, d.ValSplit = "batch", "after", 0.4, 0.3
			j.Config.Health = true
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of the time is spent on files
			straight := job(t, root, change)
			want, err := Run(context.Background(), straight)
			if err != nil {
				t.Fatal(err)
			}
			for stop := 1; stop <= stepsOf(straight, want); stop++ {
				j := job(t, root, change)
				got := interrupted(t, j, stop)
				if want.Diverged != nil { // the state to go on from is that of the last save, wherever that was
					_ = os.Remove(filepath.Join(straight.Dir, record.ResumeFile))
					_ = os.Remove(filepath.Join(j.Dir, record.ResumeFile))
				}
				if d := difference(t, straight.Dir, j.Dir); d != "" {
					t.Fatalf("resume after step %d: %s", stop, d)
				}
				if *got.Test != *want.Test || *got.Stopped != *want.Stopped {
					t.Fatalf("resume after step %d: test is %+v after %+v, want %+v after %+v",
						stop, *got.Test, *got.Stopped, *want.Test, *want.Stopped)
				}
			}
		})
	}
}

// stepsOf is the number of steps that a run made.
func stepsOf(j Job, r record.Run) int {
	steps := (&run{Job: j}).steps()
	if d := r.Diverged; d != nil {
		return (d.Epoch-1)*steps + d.Step - 1
	}
	return j.Config.Epochs * steps
}

// interrupted runs a job that is stopped after a step, then resumed.
func interrupted(t *testing.T, j Job, stop int) record.Run {
	t.Helper()
	ctx, cancel := context.WithCancelCause(context.Background())
	j.Observers = []Observer{&stopAfter{stop, cancel}}
	if _, err := Run(ctx, j); !errors.Is(err, errStop) {
		t.Fatalf("stop after step %d: error is %v", stop, err)
	}
	j.Observers, j.Resume = nil, true
	r, err := Run(context.Background(), j)
	if err != nil {
		t.Fatalf("resume after step %d: %v", stop, err)
	}
	return r
}

// difference says how the files of two run folders differ, apart from the times they tell.
func difference(t *testing.T, a, b string) string {
	t.Helper()
	list := func(dir string) (names []string) {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
		return names
	}
	if la, lb := list(a), list(b); !slices.Equal(la, lb) {
		return fmt.Sprintf("files are %v, want %v", lb, la)
	}
	for _, name := range list(a) {
		if filepath.Ext(name) != ".safetensors" {
			continue
		}
		fa, err := checkpoint.Read(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		fb, err := checkpoint.Read(filepath.Join(b, name))
		if err != nil {
			t.Fatal(err)
		}
		for i, tensor := range fa.Tensors {
			if !slices.Equal(tensor.Data, fb.Tensors[i].Data) || tensor.Name != fb.Tensors[i].Name {
				return name + ": " + tensor.Name + " differs"
			}
		}
	}
	ea, eb := epochs(t, a), epochs(t, b)
	for i := range ea {
		if x, y := fmt.Sprint(figures(ea[i])), fmt.Sprint(figures(eb[i])); x != y {
			return fmt.Sprintf("epoch %d is %s, want %s", i+1, y, x)
		}
	}
	return ""
}

func figures(e record.Epoch) []float64 {
	var f []float64
	for _, m := range record.Metrics {
		if v, ok := e.Values[m]; ok && m != record.ImagesPerSecond && m != record.WallSeconds {
			f = append(f, v)
		}
	}
	return f
}

func epochs(t *testing.T, dir string) []record.Epoch {
	t.Helper()
	e, err := record.ReadMetrics(dir)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestResumeWithMoreEpochs(t *testing.T) {
	root := images(t, 7, 3)
	straight := job(t, root, func(j *Job, _ *dataset.Config) { j.Config.Epochs = 4 })
	if _, err := Run(context.Background(), straight); err != nil {
		t.Fatal(err)
	}
	j := job(t, root, nil)
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	j.Config.Epochs, j.Resume = 4, true
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	if d := difference(t, straight.Dir, j.Dir); d != "" {
		t.Error(d)
	}
}

// resnet makes a job that of a residual network with batch norm, dropout and augmentation.
func resnet(j *Job, d *dataset.Config) {
	d.Augment = []string{"crop=2", "flip", "rotate=10"}
	j.Model = model.Default()
	j.Model.Network, j.Model.Depth, j.Model.Width, j.Model.Norm, j.Model.Head = "resnet", 8, 4, "batch", "average"
	j.Model.Dropout = 0.3
	j.Config.Optimizer, j.Config.Momentum, j.Config.WeightDecay, j.Config.LR = "sgd", 0.9, 5e-4, 0.05
}

func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	root := images(t, 7, 3)
	for name, change := range map[string]func(*Job, *dataset.Config){"plain": func(*Job, *dataset.Config) {}, "resnet": resnet} {
		var first Job
		for _, workers := range []int{1, 2, 4} {
			for _, cache := range []int{dataset.Default().CacheMiB, 0} { // in memory, streamed
				j := job(t, root, func(j *Job, d *dataset.Config) {
					change(j, d)
					j.Pool, d.CacheMiB = worker.New(workers), cache
				})
				if _, err := Run(context.Background(), j); err != nil {
					t.Fatal(err)
				}
				if first.Dir == "" {
					first = j
				} else if d := difference(t, first.Dir, j.Dir); d != "" {
					t.Errorf("%s with %d workers and a cache of %d MiB: %s", name, workers, cache, d)
				}
			}
		}
	}
}

// Looking at validation images must not move the training: the same epochs on the same images have
// the same bits without it.
func TestValidationMovesNothing(t *testing.T) {
	root := images(t, 7, 3)
	with := job(t, root, func(_ *Job, d *dataset.Config) { d.ValSplit = 0.3 })
	without := with
	without.Dir, without.Data.Val = t.TempDir(), nil
	for _, j := range []Job{with, without} {
		if _, err := Run(context.Background(), j); err != nil {
			t.Fatal(err)
		}
	}
	a, err := checkpoint.Read(filepath.Join(with.Dir, record.LastFile))
	if err != nil {
		t.Fatal(err)
	}
	b, err := checkpoint.Read(filepath.Join(without.Dir, record.LastFile))
	if err != nil {
		t.Fatal(err)
	}
	for i := range a.Tensors {
		if !slices.Equal(a.Tensors[i].Data, b.Tensors[i].Data) {
			t.Errorf("%s differs", a.Tensors[i].Name)
		}
	}
}

func TestEarlyStopKeepsTheBest(t *testing.T) {
	j := job(t, images(t, 10, 4), func(j *Job, d *dataset.Config) {
		d.ValSplit, j.Config.Epochs, j.Config.Patience, j.Config.LR = 0.3, 200, 3, 0.02
	})
	result, err := Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	best := 0
	for i, e := range result.Epochs {
		if e.Values[record.ValLoss] < result.Epochs[best].Values[record.ValLoss] {
			best = i
		}
	}
	if n := len(result.Epochs); n == 200 || n-1-best != 3 {
		t.Errorf("stopped after %d epochs, the best is %d, want 3 epochs after it", n, best+1)
	}
	want := record.Stopped{
		Reason: record.NoPatience, Epoch: best + 4, BestEpoch: best + 1, TestedEpoch: best + 1, Weights: record.BestFile,
	}
	if *result.Stopped != want {
		t.Errorf("stopped is %+v, want %+v", *result.Stopped, want)
	}
	net, card, err := LoadModel(filepath.Join(j.Dir, record.BestFile), j.Pool)
	if err != nil {
		t.Fatal(err)
	}
	if card.Epoch != best+1 {
		t.Errorf("best.safetensors is of epoch %d, want %d", card.Epoch, best+1)
	}
	// The file gives the figures that the run reported.
	for name, c := range map[string]struct {
		set  Images
		loss float64
	}{"validation": {j.Data.Val, result.Epochs[best].Values[record.ValLoss]}, "test": {j.Data.Test, float64(result.Test.Loss)}} {
		r := run{Job: j, net: net}
		if r.predictor, err = net.NewPredictor(evaluationBatch(r.net.Input), net.Input.Channels); err != nil {
			t.Fatal(err)
		}
		score, _, err := r.score(context.Background(), c.set)
		if err != nil || float64(score.Loss) != c.loss {
			t.Errorf("%s loss of the file is %g, %v, want %g", name, score.Loss, err, c.loss)
		}
	}
}

// stopIn cancels a run at the end of an epoch.
type stopIn struct {
	epoch  int
	cancel context.CancelCauseFunc
}

func (s stopIn) Step(int, int, int) {}
func (s stopIn) Epoch(e record.Epoch) {
	if e.N == s.epoch {
		s.cancel(errStop)
	}
}

// A run that is interrupted when training has ended, early here, is tested when it is resumed.
func TestInterruptedInTheTest(t *testing.T) {
	j := job(t, images(t, 7, 3), func(j *Job, d *dataset.Config) {
		d.ValSplit, j.Config.Epochs, j.Config.Patience, j.Config.LR = 0.3, 9, 1, 1e-30 // no weight moves
	})
	ctx, cancel := context.WithCancelCause(context.Background())
	j.Observers = []Observer{stopIn{2, cancel}}
	_, err := Run(ctx, j)
	if !errors.Is(err, errStop) || !strings.HasPrefix(err.Error(), "interrupted in the test after epoch 2: ") {
		t.Fatalf("error is %v", err)
	}
	j.Resume = true
	r, err := Run(context.Background(), j)
	if err != nil || len(r.Epochs) != 2 || r.Test == nil || r.Stopped.TestedEpoch != 1 {
		t.Errorf("resumed run is %+v, %v", r, err)
	}
}

func TestDivergence(t *testing.T) {
	j := job(t, images(t, 7, 3), func(j *Job, _ *dataset.Config) { j.Config.Optimizer, j.Config.LR = "sgd", 1e30 })
	r, err := Run(context.Background(), j)
	if err != nil || r.Diverged == nil {
		t.Fatalf("run is %+v, %v, want one that diverged", r, err)
	}
	d := r.Diverged
	err = Diverged(r)
	if d.Epoch != 1 || d.Step < 2 || d.LR != 1e30 || d.Tensor == "" || !strings.Contains(err.Error(), d.Tensor) {
		t.Errorf("error is %v: %+v", err, *d)
	}
	want := record.Stopped{Reason: record.LossNotFinite, Weights: record.LastFile}
	hints := fault.Hints(err)
	if *r.Stopped != want || len(hints) != 2 || !strings.Contains(hints[1], "holds the initial weights") {
		t.Errorf("stopped is %+v with hints %q, want %+v", *r.Stopped, hints, want)
	}
}

// The last update of a run may be the one that diverges: its weights are no result.
func TestDivergenceInTheLastUpdate(t *testing.T) {
	for _, split := range []float64{0, 0.3} {
		j := job(t, images(t, 7, 3), func(j *Job, d *dataset.Config) {
			j.Config.Optimizer, j.Config.LR, j.Config.Epochs, j.Config.BatchSize, d.ValSplit = "sgd", 1e38, 1, 1000, split
		})
		r, err := Run(context.Background(), j)
		if err != nil || r.Diverged == nil || r.Diverged.Tensor == "" || !number.Finite(r.Test.Loss) {
			t.Errorf("validation share %g: run is %+v, %v, want one that diverged", split, r, err)
		}
	}
}

func TestForgedCardIsRefusedBeforeMemoryIsTaken(t *testing.T) {
	j := job(t, images(t, 7, 3), nil)
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(j.Dir, record.LastFile)
	f, err := checkpoint.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Metadata[cardKey] = strings.Replace(f.Metadata[cardKey], `"height":8,"width":8`, `"height":60000,"width":60000`, 1)
	if err := checkpoint.Write(path, f); err != nil {
		t.Fatal(err)
	}
	if _, _, err := LoadModel(path, j.Pool); err == nil || !strings.Contains(err.Error(), `tensor "fc1.weight" has shape [5 48], want [5 2700000000]`) {
		t.Errorf("error is %v", err)
	}
}

func TestModelThatMemoryCannotHold(t *testing.T) {
	if Available() == 0 {
		t.Skip("this system does not tell its memory")
	}
	j := job(t, images(t, 2, 1), func(j *Job, _ *dataset.Config) { j.Model.Filters, j.Model.Hidden = []int{65536}, []int{65536, 65536} })
	if _, err := Run(context.Background(), j); err == nil || !strings.Contains(err.Error(), "model: training takes about") {
		t.Errorf("error is %v", err)
	}
}

func TestMemoryOfModels(t *testing.T) {
	j := job(t, images(t, 2, 1), nil)
	m, err := Need(j.Config, j.Model, j.Data)
	seen := j.Data.Train.Transform()
	if want := int64((j.Data.Train.Len() + j.Data.Test.Len()) * j.Data.Train.Planes() * seen.Height * seen.Width); err != nil || m.Images != want {
		t.Errorf("images take %d bytes, %v, want %d", m.Images, err, want)
	}
	if Available() == 0 {
		t.Skip("this system does not tell its memory")
	}
	m = Memory{Model: Available()/4 + 1, Images: Available() / 4}
	if err := m.Fits(2); err != nil {
		t.Errorf("two models: %v", err)
	}
	if err := m.Fits(3); err == nil || !strings.Contains(err.Error(), "training 3 models at a time takes about") {
		t.Errorf("three models: error is %v", err)
	}
}

func TestPatienceNeedsValidation(t *testing.T) {
	j := job(t, images(t, 2, 1), func(j *Job, _ *dataset.Config) { j.Config.Patience = 3 })
	_, err := Run(context.Background(), j)
	if err == nil || err.Error() != "train.patience: value is 3 without validation, want --val-split or a val folder" || !fault.IsUsage(err) {
		t.Errorf("error is %v", err)
	}
}

func TestMeasure(t *testing.T) {
	for _, lr := range []float64{0.01, 1e30} {
		j := job(t, images(t, 2, 1), func(j *Job, _ *dataset.Config) { j.Config.LR, j.Config.Optimizer = lr, "sgd" })
		c, err := Measure(context.Background(), j)
		if err != nil || !(c.Train > 0 && c.Evaluate > 0) {
			t.Errorf("lr %g: cost is %+v, %v", lr, c, err)
		}
	}
}

// The time of a run is that of training, of validation after each epoch and of the test.
func TestCostOfARun(t *testing.T) {
	j := job(t, images(t, 8, 3), func(j *Job, d *dataset.Config) { j.Config.Epochs, d.ValSplit = 10, 0.25 })
	for want, c := range map[time.Duration]Cost{
		10 * 12 * time.Second: {Train: 1}, (10*4 + 6) * time.Second: {Evaluate: 1}, (10*12*2 + (10*4+6)*3) * time.Second: {2, 3},
	} {
		if got := c.Run(j); got != want {
			t.Errorf("a run takes %v, want %v", got, want)
		}
	}
}

func TestNoEpochsTestsTheInitialWeights(t *testing.T) {
	root := images(t, 7, 3)
	j := job(t, root, nil)
	want, err := Run(context.Background(), j)
	if err != nil {
		t.Fatal(err)
	}
	again := job(t, root, func(k *Job, _ *dataset.Config) {
		k.Config.Epochs, k.Config.Init, k.Config.Seed = 0, filepath.Join(j.Dir, record.LastFile), 99
	})
	got, err := Run(context.Background(), again)
	if err != nil {
		t.Fatal(err)
	}
	if *got.Test != *want.Test || len(got.Epochs) != 0 {
		t.Errorf("test is %+v after %d epochs, want %+v after none", *got.Test, len(got.Epochs), *want.Test)
	}
}

func TestInitNamesEveryFault(t *testing.T) {
	path := filepath.Join(t.TempDir(), "w.safetensors")
	zeros := func(name string, shape ...int) checkpoint.Tensor {
		n := 1
		for _, d := range shape {
			n *= d
		}
		return checkpoint.Tensor{Name: name, Shape: shape, Data: make([]float32, n)}
	}
	if err := checkpoint.Write(path, checkpoint.File{Tensors: []checkpoint.Tensor{
		zeros("conv1.weight", 3, 3, 3, 3), zeros("conv1.bias", 3), zeros("fc1.weight", 5, 12), zeros("fc1.bias", 5),
		zeros("fc2.weight", 2, 5), zeros("fc3.bias", 2),
	}}); err != nil {
		t.Fatal(err)
	}
	j := job(t, images(t, 2, 1), func(j *Job, _ *dataset.Config) { j.Config.Init = path })
	_, err := Run(context.Background(), j)
	want := []string{
		path + `: tensor "fc1.weight" has shape [5 12], want [5 48]`,
		path + `: tensor "fc2.bias" is missing, want shape [2]`,
		path + `: tensor "fc3.bias" of shape [2] is extra, the model has none of that name`,
	}
	if fmt.Sprint(err) != strings.Join(want, "\n") {
		t.Errorf("error is\n%v, want\n%s", err, strings.Join(want, "\n"))
	}
}

func TestResumeRefusesOtherData(t *testing.T) {
	j := job(t, images(t, 7, 3), nil)
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	other := job(t, images(t, 6, 3), nil)
	other.Dir, other.Resume = j.Dir, true
	if _, err := Run(context.Background(), other); err == nil || !strings.Contains(err.Error(), "data has hash") {
		t.Errorf("error is %v", err)
	}
}

func TestRate(t *testing.T) {
	c := Default()
	c.Epochs, c.LR, c.StepEpochs, c.Gamma = 10, 0.1, 3, 0.5
	for _, tc := range []struct {
		schedule string
		warmup   int
		update   int
		want     float64
	}{
		{"constant", 0, 0, 0.1}, {"constant", 0, 999, 0.1},
		{"constant", 2, 0, 0.1 / 200}, {"constant", 2, 99, 0.05}, {"constant", 2, 199, 0.1}, {"constant", 2, 200, 0.1},
		{"step", 0, 299, 0.1}, {"step", 0, 300, 0.05}, {"step", 0, 999, 0.0125}, {"step", 1, 399, 0.1}, {"step", 1, 400, 0.05},
		{"cosine", 0, 0, 0.1}, {"cosine", 0, 500, 0.05}, {"cosine", 0, 250, 0.05 * (1 + math.Sqrt2/2)}, {"cosine", 2, 600, 0.05},
	} {
		c.Schedule, c.WarmupEpochs = tc.schedule, tc.warmup
		if got := c.rate(tc.update, 100); math.Abs(got-tc.want) > 1e-15 {
			t.Errorf("%s with %d epochs of warm-up: rate of update %d is %g, want %g", tc.schedule, tc.warmup, tc.update, got, tc.want)
		}
	}
}

// The rates of twelve epochs of two updates are those of PyTorch's StepLR and MultiStepLR. Warm-up is its LinearLR, with
// which MultiStepLR is chained, and which StepLR follows in a SequentialLR.
func TestStepRatesArePyTorchs(t *testing.T) {
	text, err := os.ReadFile("../../testdata/reference/schedules.json")
	if err != nil {
		t.Fatal(err)
	}
	var reference struct {
		Rows []struct {
			Milestones   []int
			StepEpochs   int `json:"step_epochs"`
			WarmupEpochs int `json:"warmup_epochs"`
			Gamma        float64
			Rates        []float64
		}
	}
	if err := json.Unmarshal(text, &reference); err != nil {
		t.Fatal(err)
	}
	if len(reference.Rows) < 6 {
		t.Fatalf("%d rows, want 6 or more", len(reference.Rows))
	}
	for _, row := range reference.Rows {
		c := Default()
		c.LR, c.Schedule, c.Gamma, c.WarmupEpochs, c.Milestones = 0.1, "step", row.Gamma, row.WarmupEpochs, row.Milestones
		if row.StepEpochs > 0 {
			c.StepEpochs = row.StepEpochs
		}
		if err := c.Validate(); err != nil {
			t.Error(err)
		}
		for u, want := range row.Rates {
			if got := c.rate(u, len(row.Rates)/12); math.Abs(got-want) > 1e-15 {
				t.Errorf("%+v: rate of update %d is %g, want %g", row, u, got, want)
			}
		}
	}
}

func TestMilestonesRefused(t *testing.T) {
	for want, change := range map[string]func(*Config){
		"milestones: list is [3 6] with schedule cosine, want schedule step":                    func(c *Config) { c.Schedule = "cosine" },
		"milestones: list is [3 6] with step_epochs 7, want one of them":                        func(c *Config) { c.StepEpochs = 7 },
		"milestones: entry 2 is 3, want above 3, rising from the end of the warm-up":            func(c *Config) { c.Milestones = []int{3, 3} },
		"milestones: entry 1 is 3, want above 3, rising from the end of the warm-up":            func(c *Config) { c.WarmupEpochs = 3 },
		"milestones: entry 1 is -1, want 1 to 1000000\nmilestones: entry 1 is -1, want above 0": func(c *Config) { c.Milestones = []int{-1, 2} },
	} {
		c := Default()
		c.Schedule, c.Milestones = "step", []int{3, 6}
		change(&c)
		if err := c.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}

func TestBalanced(t *testing.T) {
	// scikit-learn's compute_class_weight("balanced") gives n/(k·count): 4/(2·3), 4/(2·1).
	if got, want := balanced([]int{0, 0, 1, 0}, 2), []float64{4.0 / 6, 2}; !slices.Equal(got, want) {
		t.Errorf("weights are %v, want %v", got, want)
	}
}

func TestValidateReportsEveryFault(t *testing.T) {
	c := Default()
	c.Epochs, c.BatchSize, c.LR, c.Optimizer, c.Momentum = -1, 0, math.NaN(), "adm", 1
	err := c.Validate()
	for _, want := range []string{
		"epochs: value is -1, want 0 to 1000000", "batch_size: value is 0, want 1 to 1024", "lr: value is NaN, want a number above 0",
		`optimizer: value is "adm", want one of adam, adamw, sgd, rmsprop`, "momentum: value is 1, want 0 to below 1",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is\n%v\nwant in it: %s", err, want)
		}
	}
	if err := Default().Validate(); err != nil {
		t.Errorf("the default is refused: %v", err)
	}
}
