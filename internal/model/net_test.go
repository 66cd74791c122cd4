package model

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fuse"
	"actfn/internal/layer"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// variants are classifiers of every kind the configuration allows.
var variants = []struct {
	name    string
	cfg     Config
	in      Input
	classes int
	batch   int
}{
	{"one_block", Config{Filters: []int{4}, Hidden: []int{8}}, Input{3, 8, 8}, 3, 5},
	{"three_blocks", Config{Filters: []int{4, 6, 5}, Hidden: []int{9}}, Input{1, 16, 12}, 4, 3},
	{"two_hidden_overlapping_pools", Config{Filters: []int{3, 4}, Kernel: []int{5, 3}, Padding: []int{2, 0}, Pool: []int{3}, Hidden: []int{7, 6}}, Input{2, 15, 15}, 2, 4},
	{"no_hidden_no_pool_strided", Config{Filters: []int{3, 5}, Stride: []int{2, 1}, Pool: []int{1}, PoolStride: []int{1}}, Input{3, 9, 9}, 5, 2},
}

// complete fills in the defaults, but for the hidden layers.
func complete(c Config, activation string) Config {
	full := Default()
	for _, list := range []struct{ to, from *[]int }{
		{&full.Filters, &c.Filters}, {&full.Kernel, &c.Kernel}, {&full.Stride, &c.Stride}, {&full.Padding, &c.Padding},
		{&full.Pool, &c.Pool}, {&full.PoolStride, &c.PoolStride},
	} {
		if *list.from != nil {
			*list.to = *list.from
		}
	}
	full.Hidden, full.Activation = c.Hidden, activation
	return full
}

// initialised is a net with values.
func initialised(cfg Config, in Input, classes int, seed uint64, pool *worker.Pool) (*Net, error) {
	net, err := Declare(cfg, in, classes, pool)
	if err == nil {
		net.Initialise(seed)
	}
	return net, err
}

// batchOf draws images and labels for n columns; the last column is no image.
func batchOf(in Input, classes, n int) (x, y []float32) {
	s := rng.New(1, "images", 0)
	x, y = make([]float32, in.Channels*in.Height*in.Width*n), make([]float32, n)
	for i := range x {
		x[i] = float32(s.Float64(uint64(i)))
	}
	for i := range y {
		y[i] = float32(i % classes)
	}
	y[n-1] = -1
	return x, y
}

// TestGradients compares the gradient of every parameter, those of the activations too, with central
// differences of the loss along a random direction. The functions are smooth, so only the maxima that
// change hands disturb it.
func TestGradients(t *testing.T) {
	for _, v := range variants {
		for _, spec := range append([]string{"tanh"}, learning...) {
			t.Run(v.name+"/"+spec, func(t *testing.T) { testGradients(t, complete(v.cfg, spec), v.in, v.classes, v.batch) })
		}
	}
}

func testGradients(t *testing.T, cfg Config, in Input, classes, batch int) {
	pool := worker.New(2)
	defer pool.Close()
	net, err := initialised(cfg, in, classes, 3, pool)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := net.NewTrainer(batch, in.Channels, Training{Smoothing: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batchOf(in, classes, trainer.Columns())
	lossAt := func() float64 {
		loss, err := trainer.Run(x, y, trainer.Columns()-1)
		if err != nil {
			t.Fatal(err)
		}
		return loss
	}
	lossAt()
	gradients := make([][]float32, len(net.Parameters))
	for i := range gradients {
		gradients[i] = slices.Clone(trainer.Gradient(net.Parameters[i]))
	}
	for i, p := range net.Parameters {
		start := slices.Clone(p.Values())
		direction := rng.New(9, p.Name, 0)
		// Normed, so that the step moves the parameter as a whole by h.
		var norm, want float64
		for j := range start {
			d := direction.Uniform(uint64(j), -1, 1)
			norm += d * d
			want += d * float64(gradients[i][j])
		}
		norm = math.Sqrt(norm)
		want /= norm
		const h = 1e-3
		move := func(by float64) float64 {
			for j := range start {
				p.Values()[j] = start[j] + float32(by*direction.Uniform(uint64(j), -1, 1)/norm)
			}
			return lossAt()
		}
		got := (move(h) - move(-h)) / (2 * h)
		copy(p.Values(), start)
		// float32 losses near 1 have steps of 6e-8: 6e-5 in the difference.
		if math.Abs(got-want) > 1e-4+0.03*math.Abs(want) {
			t.Errorf("%s: slope of the loss is %g, gradient says %g", p, got, want)
		}
	}
}

// The forward graph gives the trained graph's logits, whatever the batch it is cut into.
func TestPredictorEqualsTrainer(t *testing.T) {
	for _, v := range variants {
		pool := worker.New(2)
		net, err := initialised(complete(v.cfg, "leaky_relu"), v.in, v.classes, 3, pool)
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := net.NewTrainer(v.batch, net.Input.Channels, Training{})
		if err != nil {
			t.Fatal(err)
		}
		x, y := batchOf(v.in, v.classes, trainer.Columns())
		if _, err := trainer.Run(x, y, trainer.Columns()-1); err != nil {
			t.Fatal(err)
		}
		single, err := net.NewPredictor(1, net.Input.Channels)
		if err != nil {
			t.Fatal(err)
		}
		columns := trainer.Columns()
		one := make([]float32, len(x)/columns*single.Columns())
		for n := range columns {
			for i := range len(x) / columns {
				one[i*single.Columns()] = x[i*columns+n]
			}
			z, err := single.Run(one, 1)
			if err != nil {
				t.Fatal(err)
			}
			for k := range v.classes {
				if got, want := z[k*single.Columns()], trainer.Logits()[k*columns+n]; got != want {
					t.Errorf("%s: logit %d of image %d is %g alone, %g in the batch", v.name, k, n, got, want)
				}
			}
		}
		pool.Close()
	}
}

func TestSameBitsForAnyNumberOfWorkers(t *testing.T) {
	for _, spec := range append([]string{"sigmoid", "rrelu", "prelu(slope!channel)"}, learning...) {
		testWorkers(t, spec)
	}
}

func testWorkers(t *testing.T, spec string) {
	v := variants[1]
	var want [][]float32
	for _, workers := range []int{1, 4} {
		pool := worker.New(workers)
		net, err := initialised(complete(v.cfg, spec), v.in, v.classes, 3, pool)
		if err != nil {
			t.Fatal(err)
		}
		trainer, err := net.NewTrainer(v.batch, net.Input.Channels, Training{})
		if err != nil {
			t.Fatal(err)
		}
		x, y := batchOf(v.in, v.classes, trainer.Columns())
		if _, err := trainer.Run(x, y, trainer.Columns()-1); err != nil {
			t.Fatal(err)
		}
		for i, p := range net.Parameters {
			g := slices.Clone(trainer.Gradient(net.Parameters[i]))
			if workers == 1 {
				want = append(want, g)
			} else if !slices.Equal(g, want[i]) {
				t.Errorf("%s: %s: the gradient depends on the number of workers", spec, p)
			}
		}
		pool.Close()
	}
}

func TestFirstNonFinite(t *testing.T) {
	v := variants[0]
	pool := worker.New(1)
	net, err := initialised(complete(v.cfg, "relu"), v.in, v.classes, 3, pool)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := net.NewTrainer(v.batch, net.Input.Channels, Training{})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batchOf(v.in, v.classes, trainer.Columns())
	first := func() string {
		if _, err := trainer.Run(x, y, trainer.Columns()-1); err != nil {
			t.Fatal(err)
		}
		return trainer.FirstNonFinite()
	}
	if got := first(); got != "" {
		t.Errorf("a sound run has %q not finite", got)
	}
	old := net.Parameters[0].Values()[0]
	net.Parameters[0].Values()[0] = 3e38
	for i := range x {
		x[i] = 100
	}
	overflowing := "output of pool1" // fused with its convolution, whose own output does not exist
	if fuse.Off() {
		overflowing = "output of conv1"
	}
	if got := first(); got != overflowing {
		t.Errorf("an overflow in the convolution is found in %q", got)
	}
	net.Parameters[0].Values()[0] = float32(math.NaN())
	if got := first(); got != "conv1.weight" {
		t.Errorf("a NaN among the filters is found in %q", got)
	}
	net.Parameters[0].Values()[0] = old
	x[7] = float32(math.Inf(1))
	if got := first(); got != "images" {
		t.Errorf("an infinite pixel is found in %q", got)
	}
}

func TestInitialisationIsPyTorchs(t *testing.T) {
	pool := worker.New(1)
	net, err := initialised(Default(), Input{3, 28, 28}, 10, 5, pool)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, p := range net.Parameters {
		names = append(names, p.String())
		bound := 1 / math.Sqrt(float64(p.Init.FanIn))
		var top, squares float64
		for _, w := range p.Export(p.Values()) {
			top = max(top, math.Abs(float64(w)))
			squares += float64(w) * float64(w)
		}
		if top > bound {
			t.Errorf("%s: largest is %g, want at most 1/√%d = %g", p, top, p.Init.FanIn, bound)
		}
		n := float64(p.Size())
		if n > 1000 && math.Abs(math.Sqrt(squares/n)-bound/math.Sqrt(3)) > 3*bound/math.Sqrt(n) {
			t.Errorf("%s: root mean square is %g, want %g of a uniform draw", p, math.Sqrt(squares/n), bound/math.Sqrt(3))
		}
	}
	want := "conv1.weight [64 3 3 3],conv1.bias [64],fc1.weight [256 12544],fc1.bias [256],fc2.weight [10 256],fc2.bias [10]"
	if got := strings.Join(names, ","); got != want {
		t.Errorf("parameters are %s, want %s", got, want)
	}
	if got := net.Size(); got != 64*27+64+12544*256+256+2560+10 {
		t.Errorf("size is %d", got)
	}
	// A draw depends on its place in PyTorch's shape, not on the kernels' order.
	p := net.Parameters[2]
	s := rng.New(5, "initialise fc1.weight", 0)
	if got, want := p.Export(p.Values())[12544+3], float32(s.Uniform(12544+3, -1/112.0, 1/112.0)); got != want {
		t.Errorf("fc1.weight[1, 3] is %g, want %g", got, want)
	}
}

func TestExportImport(t *testing.T) {
	p := Parameter{Param: layer.Linear{Name: "fc1", Inputs: 33, Features: 70}.Params()[0]}
	p.allocate()
	in := make([]float32, 70*33)
	for i := range in {
		in[i] = float32(i)
	}
	p.Import(p.Values(), in)
	if got, want := p.Values()[(1*33+5)*16+2], in[18*33+5]; got != want {
		t.Errorf("value 2 of panel 1 at input 5 is %g, want that of output 18, %g", got, want)
	}
	if !slices.Equal(p.Export(p.Values()), in) {
		t.Error("export after import changes the values")
	}
}

func TestRefusals(t *testing.T) {
	pool := worker.New(1)
	for _, tc := range []struct {
		change  func(*Config)
		in      Input
		classes int
		want    string
	}{
		{func(c *Config) { c.Filters = nil }, Input{3, 8, 8}, 2, "filters: list is empty, want one entry for each block"},
		{func(c *Config) { c.Kernel = []int{3, 3} }, Input{3, 8, 8}, 2, "kernel: list has 2 entries, want 1 or one for each of the 1 blocks"},
		{func(c *Config) { c.Hidden = []int{8, 0} }, Input{3, 8, 8}, 2, "hidden: entry 2 is 0, want 1 to 65536"},
		{func(c *Config) { c.Activation = "relo" }, Input{3, 8, 8}, 2, `activation: activation is "relo", which is unknown`},
		{func(c *Config) { c.Kernel = []int{7} }, Input{3, 4, 4}, 2, "model: conv1: filter is 7×7 over 4×4 values with padding 1, want one that fits"},
		{func(c *Config) { c.Filters = []int{4, 4, 4} }, Input{3, 4, 4}, 2, "model: pool3: pooling window is 2×2 over 1×1 values, want one that fits"},
		{func(c *Config) {}, Input{3, 8, 8}, 0, "model: number of classes is 0, want at least 1"},
	} {
		cfg := Default()
		tc.change(&cfg)
		_, err := Declare(cfg, tc.in, tc.classes, pool)
		if fmt.Sprint(err) != tc.want {
			t.Errorf("error is %q, want %q", err, tc.want)
		}
	}
}

// Images whose channels are equal may come as one plane: the losses and gradients are the same but for
// rounding, and the weights of every channel have the same gradient.
func TestSharedPlane(t *testing.T) {
	v := variants[0]
	pool := worker.New(2)
	defer pool.Close()
	net, err := initialised(complete(v.cfg, "tanh"), v.in, v.classes, 3, pool)
	if err != nil {
		t.Fatal(err)
	}
	three, err := net.NewTrainer(v.batch, 3, Training{})
	if err != nil {
		t.Fatal(err)
	}
	one, err := net.NewTrainer(v.batch, 1, Training{})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batchOf(v.in, v.classes, three.Columns())
	plane := x[:len(x)/3]
	copy(x[len(plane):], plane)
	copy(x[2*len(plane):], plane)
	want, err := three.Run(x, y, three.Columns()-1)
	if err != nil {
		t.Fatal(err)
	}
	got, err := one.Run(plane, y, one.Columns()-1)
	if err != nil || math.Abs(got-want) > 1e-6 {
		t.Errorf("loss is %v, %v, want %v", got, err, want)
	}
	for _, p := range net.Parameters {
		for j, want := range three.Gradient(p) {
			if got := one.Gradient(p)[j]; math.Abs(float64(got-want)) > 1e-6 {
				t.Fatalf("gradient %d of %s is %g, want %g", j, p, got, want)
			}
		}
	}
	if _, err := net.NewTrainer(v.batch, 2, Training{}); err == nil {
		t.Error("two planes are taken for three channels")
	}
}

// A loss that was not finite does not hide the error of a later run.
func TestErrorAfterNonFiniteLoss(t *testing.T) {
	v := variants[0]
	pool := worker.New(1)
	defer pool.Close()
	net, err := initialised(complete(v.cfg, "relu"), v.in, v.classes, 3, pool)
	if err != nil {
		t.Fatal(err)
	}
	trainer, err := net.NewTrainer(v.batch, net.Input.Channels, Training{})
	if err != nil {
		t.Fatal(err)
	}
	x, y := batchOf(v.in, v.classes, trainer.Columns())
	sound := x[0]
	x[0] = float32(math.NaN())
	if loss, err := trainer.Run(x, y, len(y)); err != nil || !math.IsNaN(loss) {
		t.Errorf("loss of a NaN is %g, %v", loss, err)
	}
	x[0], y[0] = sound, float32(v.classes)
	if loss, err := trainer.Run(x, y, len(y)); err == nil || !strings.Contains(err.Error(), "label 0 is 3, want below 3") {
		t.Errorf("a label out of range gives loss %g, error %v", loss, err)
	}
	y[0] = 0
	if loss, err := trainer.Run(x, y, len(y)); err != nil || math.IsNaN(loss) {
		t.Errorf("a sound batch after that gives loss %g, error %v", loss, err)
	}
}
