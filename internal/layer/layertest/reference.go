package layertest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"actfn/internal/layer"
)

// Row is what PyTorch computes of a layer, in float64.
type Row struct {
	Name        string
	Mode        string   // train or evaluate
	Inputs      []*Array // (N, …)
	Parameters  []*Array
	Y           *Array
	DY          *Array   // nil: no backward pass
	DInputs     []*Array // the gradients of Σ dy·y; nil where there is none
	DParameters []*Array
	After       []*Array // the parameters after the run; nil where they do not change
}

// Array is a tensor in PyTorch's order.
type Array struct {
	Shape []int
	Data  []float64
}

// rows are those of layers.json by name. A test runs in the folder of its package, somewhere below the module's.
var rows = sync.OnceValues(func() (map[string]*Row, error) {
	root := "."
	for range 10 {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		root = filepath.Join("..", root)
	}
	text, err := os.ReadFile(filepath.Join(root, "testdata/reference/layers.json"))
	if err != nil {
		return nil, err
	}
	var all struct{ Rows []*Row }
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, err
	}
	named := map[string]*Row{}
	for _, r := range all.Rows {
		named[r.Name] = r
	}
	return named, nil
})

// PyTorch is a row of testdata/reference/layers.json.
func PyTorch(t testing.TB, name string) *Row {
	t.Helper()
	named, err := rows()
	if err != nil {
		t.Fatal(err)
	}
	r := named[name]
	if r == nil {
		t.Fatalf("layers.json has no row %q", name)
	}
	return r
}

// row checks values and gradients against PyTorch's, in batches with and without padding.
func (k *checker) row() {
	n := k.Row.Inputs[0].Shape[0]
	if err := k.checkRow(n); err != nil {
		k.fault("row %q: %v", k.Row.Name, err)
		return
	}
	for _, columns := range []int{n, (n + 7) / 8 * 8, 16, 72} {
		k.at = fmt.Sprintf("row %q in %d columns: ", k.Row.Name, columns)
		b := Batch{Columns: columns, Images: n}
		k.rowIn(b)
	}
	k.at = ""
}

// checkRow says whether a row of n images is of the layer's shapes.
func (k *checker) checkRow(n int) error {
	r := k.Row
	if len(r.Inputs) != len(k.In) || len(r.Parameters) != len(k.params) {
		return fmt.Errorf("it has %d inputs and %d parameters, want %d and %d", len(r.Inputs), len(r.Parameters), len(k.In), len(k.params))
	}
	batch := func(what string, a *Array, shape layer.Shape) error {
		if !slices.Equal(a.Shape, append([]int{n}, shape...)) || len(a.Data) != n*shape.Size() {
			return fmt.Errorf("%s has shape %v, want %d of %v", what, a.Shape, n, shape)
		}
		return nil
	}
	for i, shape := range k.In {
		if err := batch(fmt.Sprint("input ", i), r.Inputs[i], shape); err != nil {
			return err
		}
	}
	for i, p := range k.params {
		if !slices.Equal(r.Parameters[i].Shape, p.Shape) {
			return fmt.Errorf("parameter %d has shape %v, want %s", i, r.Parameters[i].Shape, p)
		}
	}
	return batch("y", r.Y, k.Out)
}

// rowIn checks a row in a batch.
func (k *checker) rowIn(b Batch) {
	r, padding := k.Row, k.Fill
	k.Fill = func(x []float32, input, image int) {
		if image >= 0 {
			copy(x, convert[float32](r.Inputs[input].image(image)))
		} else {
			padding(x, input, image)
		}
	}
	g := k.given(b)
	k.Fill = padding
	for i, a := range r.Parameters {
		g.p[i] = convert[float32](a.Data)
	}
	mode := map[string]layer.Mode{"train": layer.Train, "evaluate": layer.Evaluate}[r.Mode]
	if mode == layer.Train {
		for n := range b.Images {
			setColumn(g.dy, n, b.Columns, convert[float32](r.DY.image(n)))
		}
	} else {
		g.dy = nil
	}
	o := k.build(b, mode == layer.Train, k.gradients(), 1).run(mode, g, dirty)
	k.near("y", images(o.y, b), r.Y.innermost())
	for i, dx := range o.dx {
		if dx != nil {
			k.near(fmt.Sprint("dx of input ", i), images(dx, b), r.DInputs[i].innermost())
		}
	}
	for i, p := range k.params {
		if o.gradients[i] != nil {
			k.near("gradient of "+p.Name, p.Export(o.gradients[i]), r.DParameters[i].Data)
		}
		if len(r.After) > 0 && r.After[i] != nil {
			k.near(p.Name+" after the run", p.Export(o.parameters[i]), r.After[i].Data)
		}
	}
}

// image is the values of one image.
func (a *Array) image(n int) []float64 {
	size := len(a.Data) / a.Shape[0]
	return a.Data[n*size:][:size]
}

// innermost is a, (N, …), with the batch innermost.
func (a *Array) innermost() []float64 {
	var all []float64
	for e := range len(a.Data) / a.Shape[0] {
		for n := range a.Shape[0] {
			all = append(all, a.image(n)[e])
		}
	}
	return all
}
