package layertest

import (
	"strings"
	"testing"
	"unsafe"

	"actfn/internal/kernel"
	"actfn/internal/layer"
)

// broken is y = k·x + s, where s is what a buffer holds, which counts the runs in training. It has a fault.
type broken struct{ fault string }

func (l broken) Params() []layer.Param {
	return []layer.Param{
		{Name: "a.k", Shape: []int{1}, Init: layer.Init{Value: 2}},
		{Name: "a.runs", Shape: []int{1}, Buffer: true},
	}
}

func (l broken) Out(in []layer.Shape) (layer.Shape, error) { return layer.Flatten{}.Out(in) }

func (l broken) Bytes([]layer.Shape, int, bool) int64 {
	if l.fault == "bytes" {
		return -1
	}
	return 0
}

func (l broken) Purpose() string { return "a" }

func (l broken) New(b layer.Build) layer.Op { return &brokenOp{broken: l, Build: b} }

type brokenOp struct {
	broken
	layer.Build
	runs float32
}

func (l *brokenOp) Forward(c *layer.Context, y []float32, x [][]float32) {
	k, s := c.Value[0][0], c.Value[1][0]
	l.runs++
	for i, v := range x[0] {
		y[i] = k*v + s
	}
	if c.Mode == layer.Train {
		c.Value[1][0]++
	}
	switch l.fault {
	case "value":
		y[3] *= 1.0001
	case "unwritten":
		y[3] = dirty
	case "mode":
		if c.Mode == layer.Evaluate {
			y[0]++
		}
	case "probe":
		if c.Mode == layer.Probe {
			y[0]++
		}
	case "draw":
		if c.Mode == layer.Probe {
			c.Draw(y[:1], 0, 0)
		}
	case "learns":
		c.Value[0][0]++
	case "counts":
		c.Value[1][0] = 9
	case "state":
		y[0] += l.runs
	case "workers":
		y[0] += float32(l.Pool.Workers())
	case "input":
		x[0][2] = 0
	case "outside":
		*(*float32)(unsafe.Add(unsafe.Pointer(&y[0]), 4*len(y))) = 0
	case "size":
		y[1] = y[1]*2 + float32(l.Columns)
	case "spreads":
		y[0] += 0 * x[0][7]
	}
}

func (l *brokenOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, x [][]float32) {
	var sum float64
	for i, d := range dy {
		if l.fault == "padding" {
			d += 1e-3
		}
		sum += float64(d) * float64(x[0][i])
	}
	g := c.Grad[0].Whole
	frozen := g == nil
	if frozen {
		g = make([]float32, 1)
	}
	switch l.fault {
	case "adds":
		if g[0] != g[0] {
			g[0] = 0
		}
		g[0] += float32(sum)
	case "gradient":
		g[0] = 1.01 * float32(sum)
	case "unwanted":
		g[0] = float32(sum)
		if dx[0] == nil {
			g[0] = 1
		}
	default:
		g[0] = float32(sum)
	}
	if dx[0] == nil {
		return
	}
	kernel.MulScalar(dx[0], dy, c.Value[0][0])
	switch l.fault {
	case "dx":
		dx[0][2] += 0.1
	case "frozen":
		if frozen {
			dx[0][0]++
		}
	case "dx of padding":
		dx[0][7] = 1
	case "y":
		y[0] = 0
	case "dy":
		dy[0] = 0
	}
}

// sound is the case of broken that has no fault.
func sound() Case {
	return Case{
		Layer: broken{}, In: []layer.Shape{{2, 3}}, Out: layer.Shape{6}, Params: []string{"a.k [1]", "a.runs [1]"},
		Values: func(x, p [][]float64) []float64 {
			var y []float64
			for _, v := range x[0] {
				y = append(y, p[0][0]*v+p[1][0])
			}
			return y
		},
	}
}

// TestFaultsAreFound gives Check layers that have one fault each, and cases that expect something else.
func TestFaultsAreFound(t *testing.T) {
	if found := faults(sound()); len(found) > 0 {
		t.Errorf("a sound layer has faults: %q", found)
	}
	for fault, want := range map[string]string{
		"bytes":         "Bytes is -1",
		"value":         "y: value",
		"unwritten":     "y is not finite or not written",
		"mode":          "Evaluate: value 0",
		"probe":         "Probe: y: value 0",
		"draw":          "something is drawn in mode 2",
		"learns":        "a run in mode 1 changes a.k",
		"counts":        "a run in mode 0 changes a.runs",
		"state":         "a second run: y",
		"workers":       "3 workers: y",
		"input":         "a run changes input 0",
		"outside":       "a run writes outside y",
		"size":          "y in a batch of another size",
		"spreads":       "NaN in padding: y",
		"padding":       "other values in padding: gradient of a.k",
		"adds":          "a second run: gradient of a.k",
		"gradient":      "gradient of a.k: slope along element 0",
		"unwanted":      "without the gradient of input 0: gradient of a.k",
		"frozen":        "without gradients of parameters: dx of input 0",
		"dx":            "dx of input 0: slope along",
		"dx of padding": "dx of input 0 is 1 in a padding column",
		"y":             "Backward changes y",
		"dy":            "Backward changes dy",
	} {
		c := sound()
		c.Layer = broken{fault}
		check(t, fault, c, want)
	}
	for want, change := range map[string]func(*Case){
		"Out is [6], want [7]":                func(c *Case) { c.Out = layer.Shape{7} },
		"Out refuses [[6] [6]]":               func(c *Case) { c.In = []layer.Shape{{6}, {6}} },
		"Out of [[6]] is [6], want an error":  func(c *Case) { c.Refuse = [][]layer.Shape{{{6}}} },
		`want ["a.k [2]"]`:                    func(c *Case) { c.Params = []string{"a.k [2]"} },
		"the case has neither Values nor Row": func(c *Case) { c.Values = nil },
		"has 1 inputs and 0 parameters":       func(c *Case) { c.Row = soundRow(); c.Row.Parameters = nil },
		"input 0 has shape [2 3 2]":           func(c *Case) { c.Row = soundRow(); c.Row.Inputs[0].Shape = []int{2, 3, 2} },
		"y: value 5":                          func(c *Case) { c.Row = soundRow(); c.Row.Y.Data[8] += 1e-4 },
		"dx of input 0: value 0 is 2":         func(c *Case) { c.Row = soundRow(); c.Row.DInputs[0].Data[0] = 3 },
		"gradient of a.k: value 0 is":         func(c *Case) { c.Row = soundRow(); c.Row.DParameters[0].Data[0]++ },
		"a.runs after the run: value 0 is 5":  func(c *Case) { c.Row = soundRow(); c.Row.After[1].Data[0]++ },
	} {
		c := sound()
		change(&c)
		check(t, want, c, want)
	}
	c := sound()
	c.Row = soundRow()
	if found := faults(c); len(found) > 0 {
		t.Errorf("a sound row has faults: %q", found)
	}
	check(t, "panels", Case{
		Layer: unclean{layer.Linear{Name: "fc1", Inputs: 2, Features: 3}}, In: []layer.Shape{{2}}, Out: layer.Shape{3},
		Params: []string{"fc1.weight [3 2]", "fc1.bias [3]"}, Values: func(_, _ [][]float64) []float64 { return nil },
	}, "the gradient of fc1.weight is not zero beside")
}

// check wants a fault to be found.
func check(t *testing.T, name string, c Case, want string) {
	t.Helper()
	if all := strings.Join(faults(c), "\n"); !strings.Contains(all, want) {
		t.Errorf("%s: faults are\n%s\nwant %s", name, all, want)
	}
}

// soundRow is a batch of 2 images: k = 2, s = 4.
func soundRow() *Row {
	of := func(data []float64, shape ...int) *Array { return &Array{shape, data} }
	r := &Row{
		Name: "sound", Mode: "train", Inputs: []*Array{of(make([]float64, 12), 2, 2, 3)},
		Parameters: []*Array{of([]float64{2}, 1), of([]float64{4}, 1)},
		Y:          of(make([]float64, 12), 2, 6), DY: of(make([]float64, 12), 2, 6),
		DInputs: []*Array{of(make([]float64, 12), 2, 2, 3)}, DParameters: []*Array{of([]float64{0}, 1), nil},
		After: []*Array{nil, of([]float64{5}, 1)},
	}
	for i := range 12 {
		x, dy := float64(i)-5, 1-float64(i)/4
		r.Inputs[0].Data[i], r.Y.Data[i], r.DY.Data[i], r.DInputs[0].Data[i] = x, 2*x+4, dy, 2*dy
		r.DParameters[0].Data[0] += x * dy
	}
	return r
}

// unclean leaves something beside the gradient's values.
type unclean struct{ layer.Linear }

func (l unclean) New(b layer.Build) layer.Op { return uncleanOp{l.Linear.New(b)} }

type uncleanOp struct{ layer.Op }

func (l uncleanOp) Backward(c *layer.Context, dx [][]float32, dy, y []float32, x [][]float32) {
	l.Op.Backward(c, dx, dy, y, x)
	if g := c.Grad[0].Whole; g != nil {
		g[15] = 1
	}
}
