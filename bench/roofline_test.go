package bench

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"actfn/internal/model"
	"actfn/internal/worker"
)

// shape is a model and a batch for it: blocks of as many filters of 3×3 over images of one side, halved
// by each block's pooling, one hidden layer, ten classes. The model has three channels; gray images give it the same
// plane in each, once: planes is 1.
type shape struct{ batch, filters, image, hidden, blocks, planes int }

// seed is the default model on images in colour.
var seed = shape{batch: 32, filters: 64, image: 28, hidden: 256, blocks: 1, planes: 3}

const channels, classes = 3, 10

// String tells all of the shape, in the form of benchmarks' names.
func (s shape) String() string {
	return fmt.Sprintf("batch=%d,filters=%d,image=%d,hidden=%d,blocks=%d,planes=%d", s.batch, s.filters, s.image, s.hidden, s.blocks, s.planes)
}

// declare is the model, without memory.
func (s shape) declare(pool *worker.Pool) (*model.Net, error) {
	return s.declareWith(pool, model.Default().Activation)
}

// declareWith is the same with another activation.
func (s shape) declareWith(pool *worker.Pool, activation string) (*model.Net, error) {
	cfg := model.Default()
	cfg.Activation = activation
	cfg.Filters = make([]int, s.blocks)
	for i := range cfg.Filters {
		cfg.Filters[i] = s.filters
	}
	cfg.Hidden = []int{s.hidden}
	return model.Declare(cfg, model.Input{Channels: channels, Height: s.image, Width: s.image}, classes, pool)
}

// cost is what a training step takes at least, by the dense algorithm.
type cost struct {
	flops  float64 // of the products
	bytes  float64 // read from and written to memory
	cached float64 // from and to the last cache
}

// caches are the sizes in bytes of a machine's last cache, and of the second-level caches of all cores together.
type caches struct{ last, own float64 }

// step is the cost of a training step with Adam.
//
// Operations: a layer's weights meet every value they are applied to in a multiplication and an addition,
// once forward, once for their own gradient and, but for the first layer, once for that of their input:
//
//	convolution: 2·F·C·3²·side²·N each    linear: 2·In·Out·N each
//
// where C of the first layer is the number of planes, since channels that see the same can share a product.
// Biases, pooling, activations and the loss are left out, a few hundredths together, and so is Adam: a
// dozen operations a parameter, which its bytes hide where there are many.
//
// Bytes: w and Adam's m and v, 12 bytes a parameter, are all used once a step. Where they are larger
// than the last cache they come from memory and go back, 24 bytes a parameter; where w alone is, it comes
// once more, forward, 4 bytes. A layer's values, where those of a
// batch are larger than the cache, are written and read forward, read by the gradient of the next
// layer's weights, and their gradient is written and read: 5 times their size; images, 3 times:
// written, and read forward and backward. What the last cache holds, but not the cores' own, comes from
// there and goes back.
func (s shape) step(net *model.Net, sizes caches) cost {
	var c cost
	n, parameters, weights := float64(s.batch), 0.0, 0.0
	moved := func(held, bytes float64) {
		switch {
		case held > sizes.last:
			c.bytes += bytes
		case held > sizes.own:
			c.cached += bytes
		}
	}
	values := func(size, passes float64) { moved(4*size, 4*size*passes) }
	side := s.image
	values(float64(s.planes*side*side)*n, 3)
	for i, p := range net.Parameters {
		size := float64(p.Size())
		parameters += size
		if !strings.HasSuffix(p.Name, ".weight") {
			continue
		}
		weights += size
		products, applied := 3.0, n // how often a weight is used
		if i == 0 {
			products = 2
			applied *= float64(s.planes) / channels
		}
		outputs := float64(p.Shape[0])
		if len(p.Shape) == 4 {
			applied *= float64(side * side)
			side /= 2
			outputs *= float64(side * side)
		}
		c.flops += products * 2 * size * applied
		values(outputs*n, 5)
	}
	moved(12*parameters, 24*parameters)
	moved(4*weights, 4*weights)
	return c
}

// seconds is the least time that the machine takes for it, one after the other: a processor can do both
// at once, but no step here reaches that.
func (c cost) seconds(m machine) float64 {
	return c.flops/m.flops + c.bytes/m.bytes + c.cached/m.cached
}

// TestStepCost counts the default model's step by hand, as RESULTS.md does.
func TestStepCost(t *testing.T) {
	pool := worker.New(1)
	defer pool.Close()
	net, err := seed.declare(pool)
	if err != nil {
		t.Fatal(err)
	}
	const conv, fc1, fc2 = 2 * 64 * 3 * 9 * 28 * 28 * 32, 2 * 12544 * 256 * 32, 2 * 256 * 10 * 32
	const parameters = 64*27 + 64 + 12544*256 + 256 + 256*10 + 10
	const flops, update, use, moved = 2*conv + 3*fc1 + 3*fc2, 24 * parameters, 4 * (64*27 + 12544*256 + 256*10), 4 * 32 * (3*3*784 + 5*(12544+256+10))
	const most = 4 * 32 * 5 * 12544
	for _, c := range []struct {
		sizes caches
		want  cost
	}{
		{caches{math.Inf(1), math.Inf(1)}, cost{flops: flops}},
		{caches{32 << 20, 2 << 20}, cost{flops: flops, bytes: update, cached: use}},
		{caches{32 << 20, 1 << 20}, cost{flops: flops, bytes: update, cached: use + most}},
		{caches{0, 0}, cost{flops: flops, bytes: update + use + moved}},
	} {
		if got := seed.step(net, c.sizes); got != c.want {
			t.Errorf("caches of %g bytes: cost is %+v, want %+v", c.sizes, got, c.want)
		}
	}
}
