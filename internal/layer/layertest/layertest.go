// Package layertest checks that a layer is what package layer promises of one: its shape, its values, every gradient,
// and the rest that a graph relies on. A layer is tested by a few Cases. Only tests import this package.
package layertest

import (
	"fmt"
	"os"
	"testing"

	"actfn/internal/kernel"
	"actfn/internal/layer"
	"actfn/internal/rng"
	"actfn/internal/worker"
)

// Case is a layer and what is expected of it.
type Case struct {
	Name   string // of the subtest
	Layer  layer.Layer
	In     []layer.Shape
	Out    layer.Shape
	Params []string        // as layer.Param prints them: "conv1.bias [4]"
	Refuse [][]layer.Shape // shapes of inputs that Out must refuse

	// Values computes the result of one image from its inputs and the parameters, which are in PyTorch's order: one value
	// for each of y, for the mode Evaluate, and for the others too unless Modal. Row holds PyTorch's values. A case has
	// one of the two, or both.
	Values func(x, p [][]float64) []float64
	Row    *Row

	// Fill gives an input its values for one image or, where image is negative, for a column of padding. Nil is Spread
	// with a stream of the input and the image. Values must be Step away from where the layer has no derivative: from
	// kinks, and twice as far from each other where the layer takes a maximum.
	Fill func(x []float32, input, image int)
	// Step is how far the finite differences move a value; 0: a small step that Spread's values allow. The results of a
	// layer that is linear are exact for any step, and more so for a long one. NoSlopes: there are no finite differences.
	Step float64
	// Constant lists the inputs that have no gradient, as labels.
	Constant []int
	// Coupled: the result of an image depends on the other images, as it does after a norm of the batch.
	Coupled bool
	// Modal: the mode changes the result, as it does where something is drawn.
	Modal bool
	// Batches are the sizes of the batches; nil: Batches.
	Batches []Batch
}

// NoSlopes is the Step of a layer of several parts that takes the maximum of what it computes: no step is so small that it
// changes no maximum. Something else must check its gradients.
const NoSlopes = -1

// Batch is a number of columns and the number of images in them; the rest is padding.
type Batch struct{ Columns, Images int }

// Batches are the usual ones: with padding and without, and with more columns than any kernel takes at once.
var Batches = []Batch{{8, 5}, {16, 16}, {72, 67}}

// Check checks a layer in every way that this package knows, on each path of the kernels. With dy zero in padding columns,
// as it always is, it holds that:
//
//   - Out, Params, Stored, Export and Import are what the case says, and inverse;
//   - y, dx and the parameters' gradients are PyTorch's, y is that of Case.Values, and every gradient is the slope of
//     L = Σ c·y along some elements and some random directions, by central differences;
//   - Forward and Backward write all of their results whatever was there, nothing beside them, and none of what they
//     read; a value of a parameter changes in training alone, and only if it is a buffer;
//   - a gradient of an input that is not wanted changes no other;
//   - dx is zero in padding columns, whose values, any finite ones, move no bit of the parameters' gradients or of any
//     image's y and dx. NaN and ±Inf in padding are outside the contract, because 0·NaN is NaN in a sum over columns;
//     but they must not reach an image's y and dx where images are not Coupled;
//   - results are the same bits for 1 and 3 workers, in a second run and in a second graph; those of an image are the
//     same in a batch of any size, in the mode Evaluate, unless images are Coupled;
//   - nothing is drawn but in training, and unless the case is Modal every mode has the same results.
func Check(t *testing.T, c Case) {
	t.Helper()
	t.Run(c.Name, func(t *testing.T) {
		OnEachPath(t, func(t *testing.T) {
			for _, fault := range faults(c) {
				t.Error(fault)
			}
		})
	})
}

// OnEachPath runs a test on each path of the kernels that this processor has, or on that which the environment chooses. Under
// the race detector, which makes the tests ten times slower, it is the path of this process alone.
func OnEachPath(t *testing.T, test func(t *testing.T)) {
	t.Helper()
	for _, path := range paths() {
		t.Run(path, func(t *testing.T) {
			restore, err := kernel.Use(path)
			if err != nil {
				t.Skip(err)
			}
			defer restore()
			test(t)
		})
	}
}

func paths() []string {
	if raceDetector || os.Getenv(kernel.PathVariable) != "" {
		return []string{kernel.Instructions()}
	}
	return []string{"avx512", "avx2", "generic"}
}

// Spread gives x values between −2 and 2 in random order that are at least 2.4/len(x) apart from each other, and half of
// that from zero.
func Spread(x []float32, s rng.Stream) {
	gap := spreadWidth / float64(len(x))
	for i, k := range s.Perm(len(x)) {
		x[i] = float32((float64(k)+0.5+s.Uniform(uint64(len(x)+i), -0.2, 0.2))*gap - spreadWidth/2)
	}
}

const spreadWidth = 4

// checker checks one case.
type checker struct {
	Case
	pools  map[int]*worker.Pool // by their number of workers
	params []layer.Param
	found  []string // what is wrong
	at     string   // what is being checked
}

// faults says what is wrong with a layer.
func faults(c Case) []string {
	if c.Fill == nil {
		c.Fill = func(x []float32, input, image int) { Spread(x, rng.New(1, fmt.Sprint("input ", input), image)) }
	}
	k := &checker{Case: c, pools: map[int]*worker.Pool{}, params: c.Layer.Params()}
	for _, n := range []int{1, 3} {
		k.pools[n] = worker.New(n)
		defer k.pools[n].Close()
	}
	if c.Values == nil && c.Row == nil {
		k.fault("the case has neither Values nor Row")
	}
	if k.description(); len(k.found) > 0 {
		return k.found // the rest would make no sense
	}
	if c.Row != nil {
		k.row()
	}
	batches := c.Batches
	if batches == nil {
		batches = Batches
	}
	var narrow []float32
	for i, b := range batches {
		k.at = fmt.Sprintf("%d images in %d columns: ", b.Images, b.Columns)
		y := k.batch(b)
		if i == 0 {
			narrow = y
		}
		if !c.Coupled {
			k.sameColumns("y in a batch of another size", y, narrow, b.Columns, batches[0].Columns, min(b.Images, batches[0].Images))
		}
	}
	return k.found
}

func (k *checker) fault(format string, args ...any) {
	k.found = append(k.found, k.at+fmt.Sprintf(format, args...))
}

// training is a run that others are compared with.
type training struct {
	given
	batch Batch
	want  []bool // gradients of inputs
	first outcome
}

// batch makes every check that is made of a batch, and returns the result in the mode Evaluate.
func (k *checker) batch(b Batch) []float32 {
	t := training{given: k.given(b), batch: b, want: k.gradients()}
	op := k.build(b, true, t.want, 1)
	t.first = op.run(layer.Train, t.given, dirty)
	k.complete(t)
	k.same("a second run", op.run(layer.Train, t.given, dirtier), t.first)
	k.same("3 workers", k.build(b, true, t.want, 3).run(layer.Train, t.given, dirty), t.first)
	k.unwanted(t)
	k.padding(t)
	y := k.modes(t)
	if k.Values != nil {
		k.near("y", images(y, b), k.expected(t))
	}
	k.slopes("", op, layer.Train, t, t.first)
	return y
}

// gradients says which inputs have one.
func (k *checker) gradients() []bool {
	want := make([]bool, len(k.In))
	for i := range want {
		want[i] = true
	}
	for _, i := range k.Constant {
		want[i] = false
	}
	return want
}
