package train

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"iter"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/kernel"
	"actfn/internal/record"
	"actfn/internal/worker"
)

// network is a case of testdata/networks.py.
type network struct {
	Name      string          `json:"name"`
	Epochs    int             `json:"epochs"`
	Batch     int             `json:"batch"`
	Optimizer string          `json:"optimizer"`
	LR        float64         `json:"lr"`
	Model     json.RawMessage `json:"model"`
}

// networkOf is a case of 22 images: 5 steps an epoch, the last with 2 images.
func networkOf(name string, model ...string) network {
	return network{name, 4, 5, "sgd", 0.02, json.RawMessage("{" + strings.Join(model, ", ") + "}")}
}

// line is the case as networks.py reads it.
func (n network) line(t *testing.T) string {
	t.Helper()
	line, err := json.Marshal(n)
	if err != nil {
		t.Fatal(err)
	}
	return string(line)
}

const storedDir = "testdata/networks"

// stored are small enough for their values to lie in testdata, made by networks.py.
var stored = []network{
	networkOf("resnet", `"network": "resnet", "norm": "batch", "head": "average", "depth": 8, "width": 4, "activation": "tanh"`),
	networkOf("plain", `"filters": [4, 6], "hidden": [8], "norm": "batch"`,
		`"norm_order": "after", "pooling": "average", "activation": "elu"`),
	withAdam(networkOf("adam", `"filters": [4, 6], "hidden": [8], "activation": "tanh"`)),
}

var update = flag.Bool("update", false, "have PyTorch make testdata/networks anew")

// withAdam is the same trained by Adam.
func withAdam(n network) network {
	n.Optimizer, n.LR = "adam", 0.001
	return n
}

// TestNetworksEqualPyTorch starts from PyTorch's weights, running statistics among them, and after 20 steps in order has
// PyTorch's weights within 5e-5 and its logits within 2e-4. How far the steps of each epoch moved the weights of each layer
// is as in PyTorch within 1e-4 of it.
func TestNetworksEqualPyTorch(t *testing.T) {
	if *update {
		ask := python(t, "testdata/networks.py", storedDir)
		for _, n := range stored {
			ask(n.line(t), new(bool))
		}
	}
	for _, n := range stored {
		t.Run(n.Name, func(t *testing.T) { n.check(t, storedDir) })
	}
}

// TestNetworksEqualLivePyTorch is the same for networks whose values PyTorch computes now.
func TestNetworksEqualLivePyTorch(t *testing.T) {
	dir := t.TempDir()
	ask := python(t, "testdata/networks.py", dir)
	const (
		depth8   = `"network": "resnet", "head": "average", "width": 8, "depth": 8`
		depth14  = `"network": "resnet", "head": "average", "width": 8, "depth": 14`
		blocks   = `"filters": [8, 12]`
		withNorm = `"norm": "batch"`
	)
	all := []network{
		networkOf("no_shortcut", depth8, withNorm, `"shortcut": false, "activation": "silu"`),
		networkOf("no_norm", depth8, `"norm": "none", "activation": "elu"`),
		networkOf("average_head", blocks, withNorm, `"hidden": [], "head": "average", "activation": "elu"`),
		networkOf("average_pooling", blocks, withNorm, `"hidden": [16, 9], "pooling": "average", "activation": "tanh"`),
	}
	for _, name := range []string{"tanh", "leaky_relu", "silu", "elu"} {
		f := fmt.Sprintf(`"activation": %q`, name)
		all = append(all,
			networkOf("depth_8_"+name, depth8, withNorm, f),
			networkOf("depth_14_"+name, depth14, withNorm, f),
			networkOf("before_"+name, blocks, withNorm, `"hidden": [16]`, f),
			networkOf("after_"+name, blocks, withNorm, `"hidden": [16], "norm_order": "after"`, f),
		)
	}
	for _, n := range all {
		ask(n.line(t), new(bool))
		t.Run(n.Name, func(t *testing.T) { n.check(t, dir) })
	}
}

// check trains the network on each path of kernels and compares it with the values in a folder.
func (n network) check(t *testing.T, dir string) {
	initial := filepath.Join(dir, n.Name+".initial.safetensors")
	want, err := checkpoint.Read(filepath.Join(dir, n.Name+".final.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	pictures := newArrays(want)
	logits, _ := want.Tensor("logits")
	own, _ := want.Tensor("own_error")
	most := max(1e-4, 2*float64(own.Data[0]))
	for _, path := range []string{"avx2", "generic"} {
		restore, err := kernel.Use(path)
		if err != nil {
			t.Log(err)
			continue
		}
		j := Job{Config: Default(), Data: Data{Train: pictures, Test: pictures, Hash: n.Name}, Pool: worker.New(2), Dir: t.TempDir()}
		if err := json.Unmarshal(n.Model, &j.Model); err != nil {
			t.Fatal(err)
		}
		c := &j.Config
		c.Epochs, c.BatchSize, c.LR, c.Shuffle, c.Init = n.Epochs, n.Batch, n.LR, false, initial
		if c.Optimizer = n.Optimizer; n.Optimizer == "sgd" {
			c.Momentum, c.WeightDecay = 0.9, 5e-4
		}
		if _, err := Run(context.Background(), j); err != nil {
			t.Fatal(err)
		}
		net, _, err := LoadModel(filepath.Join(j.Dir, record.LastFile), j.Pool)
		if err != nil {
			t.Fatal(err)
		}
		var worst float64
		for _, p := range net.Parameters {
			tensor, ok := want.Tensor(p.Name)
			if !ok || !slices.Equal(tensor.Shape, p.Shape) {
				t.Fatalf("PyTorch has no %s, but %v", p, tensor.Shape)
			}
			apart := furthest(t, p.Export(p.Values()), float64s(tensor.Data))
			if worst = max(worst, apart); !(apart <= 5e-5) {
				t.Errorf("%s: %s is %g from PyTorch's, want at most 5e-5", path, p, apart)
			}
		}
		all := slices.DeleteFunc(slices.Clone(want.Tensors), func(t checkpoint.Tensor) bool {
			return slices.Contains([]string{"x", "y", "logits", "own_error"}, t.Name) || strings.HasPrefix(t.Name, updateRatios)
		})
		if len(net.Parameters) != len(all) {
			t.Errorf("%d tensors, want PyTorch's %d", len(net.Parameters), len(all))
		}
		n.checkUpdates(t, j.Dir, want)
		got, err := Logits(context.Background(), net, pictures)
		if err != nil {
			t.Fatal(err)
		}
		apart := furthest(t, got, float64s(logits.Data))
		if !(apart <= most) {
			t.Errorf("%s: logits are %g from PyTorch's, want at most %g", path, apart, most)
		}
		t.Logf("%s: weights are within %.1e, logits within %.1e", path, worst, apart)
		j.Pool.Close()
		restore()
	}
}

const updateRatios = "update_ratio."

// checkUpdates compares the update ratios of a run with PyTorch's.
func (n network) checkUpdates(t *testing.T, dir string, want checkpoint.File) {
	t.Helper()
	all, err := record.ReadHealth(dir)
	if err != nil {
		t.Fatal(err)
	}
	var worst float64
	for _, h := range all {
		if h.Epoch == 0 {
			continue
		}
		tensor, _ := want.Tensor(updateRatios + h.Layer)
		if len(tensor.Data) != n.Epochs {
			t.Fatalf("PyTorch has %d ratios of %s, want %d", len(tensor.Data), h.Layer, n.Epochs)
		}
		theirs := float64(tensor.Data[h.Epoch-1])
		apart := math.Abs(h.Values[record.UpdateRatio]-theirs) / theirs
		if worst = max(worst, apart); !(apart <= 1e-4) {
			t.Errorf("%s, epoch %d: update ratio is %g, in PyTorch %g", h.Layer, h.Epoch, h.Values[record.UpdateRatio], theirs)
		}
	}
	t.Logf("update ratios are within %.1e", worst)
}

// A norm of one value in each channel has no variance: a batch with a single image is refused, as PyTorch refuses it.
func TestBatchesTooSmallForANorm(t *testing.T) {
	for _, c := range []struct {
		images, batch int
		drop          bool
		want          string
	}{
		{6, 3, false, ""},
		{8, 3, false, ""},
		{7, 3, true, ""},
		{7, 3, false, "train.batch_size: value is 3, with which the last batch of the 7 training images has 1, want at least 2: " +
			"layer3.0.bn1 has one value in each channel of an image"},
		{6, 1, true, "train.batch_size: value is 1, want at least 2: layer3.0.bn1 has one value in each channel of an image"},
	} {
		// 4×4, then 2×2 and 1×1
		data := Data{Train: squares{0, 1, 0, 1, 0, 1, 1, 0}[:c.images], Test: squares{1}, Hash: "squares"}
		j := Job{Config: Default(), Data: data, Pool: worker.New(1)}
		resnet(&j, new(dataset.Config))
		j.Config.Epochs, j.Config.BatchSize, j.Config.DropLast = 1, c.batch, c.drop
		_, err := Run(context.Background(), j)
		if c.want == "" && err != nil || c.want != "" && (!fault.IsUsage(err) || err.Error() != c.want) {
			t.Errorf("%d images in batches of %d: error is %v, want %q", c.images, c.batch, err, c.want)
		}
		if _, err := Need(j.Config, j.Model, j.Data); (err != nil) != (c.want != "") {
			t.Errorf("%d images in batches of %d: before the run, error is %v, want %q", c.images, c.batch, err, c.want)
		}
		j.Pool.Close()
	}
}

// A file without running statistics is one fault, however many norms there are.
func TestInitWithoutRunningStatistics(t *testing.T) {
	j := job(t, images(t, 4, 1), resnet)
	if _, err := Run(context.Background(), j); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.Read(filepath.Join(j.Dir, record.LastFile))
	if err != nil {
		t.Fatal(err)
	}
	f.Tensors = slices.DeleteFunc(f.Tensors, func(t checkpoint.Tensor) bool { return strings.Contains(t.Name, "running") })
	path := filepath.Join(t.TempDir(), "w.safetensors")
	if err := checkpoint.Write(path, f); err != nil {
		t.Fatal(err)
	}
	j.Config.Init, j.Dir = path, ""
	_, err = Run(context.Background(), j)
	if want := path + `: has no running statistics, want tensor "bn1.running_mean" and 13 more`; fmt.Sprint(err) != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func float64s(values []float32) []float64 {
	wide := make([]float64, len(values))
	for i, v := range values {
		wide[i] = float64(v)
	}
	return wide
}

// arrays are images in memory, x of shape (N, C, H, W), with their labels.
type arrays struct {
	x      checkpoint.Tensor
	labels []int
}

func newArrays(f checkpoint.File) arrays {
	x, _ := f.Tensor("x")
	y, _ := f.Tensor("y")
	a := arrays{x: x}
	for _, v := range y.Data {
		a.labels = append(a.labels, int(v))
	}
	return a
}

func (a arrays) Len() int      { return len(a.labels) }
func (a arrays) Labels() []int { return a.labels }
func (a arrays) Planes() int   { return a.x.Shape[1] }
func (a arrays) Bytes() int64  { return 0 }
func (a arrays) Classes() (names []string) {
	for i := range slices.Max(a.labels) + 1 {
		names = append(names, fmt.Sprint(i))
	}
	return names
}
func (a arrays) Transform() dataset.Transform {
	return dataset.Transform{Channels: a.x.Shape[1], Height: a.x.Shape[2], Width: a.x.Shape[3]}
}
func (a arrays) MeanSquare() float64 { return 1 }
func (a arrays) IDs() []uint64       { return make([]uint64, a.Len()) }

func (a arrays) Batches(_ context.Context, v dataset.View) iter.Seq2[dataset.Batch, error] {
	return func(yield func(dataset.Batch, error) bool) {
		if v.Order == nil {
			v.Order = inOrder(a.Len())
		}
		size := len(a.x.Data) / a.Len()
		for index := range slices.Chunk(v.Order, v.Size) {
			b := dataset.Batch{X: make([]float32, size*v.Columns), Y: make([]float32, v.Columns), Index: index}
			for k := range b.X {
				b.X[k] = 7 // in the padding too, where it must not count
			}
			for k := range b.Y {
				b.Y[k] = dataset.Unlabelled
			}
			for k, i := range index {
				b.Y[k] = float32(a.labels[i])
				for p := range size {
					b.X[p*v.Columns+k] = a.x.Data[i*size+p]
				}
			}
			if !yield(b, nil) {
				return
			}
		}
	}
}
