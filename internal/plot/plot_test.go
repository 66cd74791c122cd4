package plot

import (
	"bytes"
	"image/png"
	"math"
	"slices"
	"strings"
	"testing"

	"actfn/internal/activations"
)

func parse(t *testing.T, specs ...string) []activations.Activation {
	t.Helper()
	var functions []activations.Activation
	for _, spec := range specs {
		f, err := activations.Parse(spec)
		if err != nil {
			t.Fatal(err)
		}
		functions = append(functions, f)
	}
	return functions
}

func TestRange(t *testing.T) {
	for _, test := range []struct {
		spec      string
		low, high float64
	}{
		{"gelu", -5, 5},
		{"relu6", -5, 8},               // to show the kink at 6
		{"max(x, -20)", -24, 5},        // and that at −20
		{"sin(30*x)", -1.25, 1.25},     // two turns in 0.21
		{"x/where(x<90, 1, 2)", -5, 5}, // a jump too far away to matter
	} {
		if low, high := Range(parse(t, test.spec)); low != test.low || high != test.high {
			t.Errorf("range of %s is [%g, %g], want [%g, %g]", test.spec, low, high, test.low, test.high)
		}
	}
}

// Between two breaks a curve is one piece, in ascending order, without a point at the break itself.
func TestPieces(t *testing.T) {
	x := pieces(-1, 1, []float64{-0.33333, 0, 1})
	if !slices.IsSorted(slices.DeleteFunc(slices.Clone(x), math.IsNaN)) {
		t.Error("points do not ascend")
	}
	parts := 1
	for i, v := range x {
		if math.IsNaN(v) {
			parts++
		}
		if v == 0 || v < -1 || v > 1 {
			t.Errorf("point %d is %g, want one in [-1, 1] that is no break", i, v)
		}
	}
	if parts != 4 {
		t.Errorf("pieces are %d, want 4", parts)
	}
}

// A pole, and a function that grows beyond all others, leave the rest to be seen.
func TestLimits(t *testing.T) {
	c := NewCurves(parse(t, "1/x"), -5, 5)
	if low, high := c.limits(value); low < -20 || high > 20 {
		t.Errorf("limits of 1/x are [%g, %g], want less than ±20", low, high)
	}
	c = NewCurves(parse(t, "relu", "gelu", "exp(x)"), -5, 5)
	if _, high := c.limits(value); high > 25 || high < 5 {
		t.Errorf("limit beside exp(x) is %g, want some times that of relu, which is 5", high)
	}
	c = NewCurves(parse(t, "x*0+2"), -5, 5)
	if low, high := c.limits(value); !(low < 2 && high > 2) {
		t.Errorf("limits of a constant are [%g, %g], want them around 2", low, high)
	}
}

func TestPictures(t *testing.T) {
	c := NewCurves(parse(t, "relu", "x*sigmoid(b*x); b=1.5!"), -5, 5)
	for format, first := range map[string]string{"svg": "<?xml", "png": "\x89PNG", "pdf": "%PDF"} {
		var b bytes.Buffer
		if err := c.Figure().WritePicture(&b, format); err != nil || !strings.HasPrefix(b.String(), first) {
			t.Errorf("%s: %v, begins with %.8q, want %q", format, err, b.String(), first)
		}
	}
	if err := c.Figure().WritePicture(new(bytes.Buffer), "jpg"); err == nil {
		t.Error("a picture as jpg is no error")
	}
	var b bytes.Buffer
	if err := c.Figure().WritePicture(&b, "png"); err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]uint32]bool{}
	for y := range picture.Bounds().Dy() {
		for x := range picture.Bounds().Dx() {
			r, g, b, _ := picture.At(x, y).RGBA()
			seen[[3]uint32{r >> 8, g >> 8, b >> 8}] = true
		}
	}
	for i := range 2 {
		p := colourOf(i).paper
		if !seen[[3]uint32{uint32(p.R), uint32(p.G), uint32(p.B)}] {
			t.Errorf("colour %d is nowhere in the picture", i)
		}
	}
}

// Whatever the width, no line is wider, and both panels are there.
func TestTerminalKeepsToItsWidth(t *testing.T) {
	c := NewCurves(parse(t, "relu", "pau", "1/x", "log(x)", "exp(x)"), -5, 5)
	keepsToWidth(t, c)
	for _, width := range []int{leastWidth, sideBySide} {
		for _, name := range []string{"f(x)", "f′(x)"} {
			if !strings.Contains(inTerminal(t, c, width), name) {
				t.Errorf("width %d: %s is missing", width, name)
			}
		}
	}
}

// The dots of a line go from edge to edge.
func TestTerminalDots(t *testing.T) {
	lines := strings.Split(inTerminal(t, NewCurves(parse(t, "identity"), -1, 1), 40), "\n")
	braille := func(r rune) bool { return r > blank && r <= blank+0xff }
	if first := []rune(lines[1]); len(first) != 40 || !strings.HasPrefix(lines[1], "   1┤") || !braille(first[39]) {
		t.Errorf("the first row is %q, want 1 and the end of the line in column 40", lines[1])
	}
	if last := []rune(lines[12]); !strings.HasPrefix(lines[12], "  −1┤") || !braille(last[5]) {
		t.Errorf("the last row is %q, want −1 and the beginning of the line", lines[12])
	}
}

func TestTicks(t *testing.T) {
	for _, bounds := range [][2]float64{{-5, 5}, {0, 1}, {-0.17, 8}, {-1e-7, 3e-7}, {-24, 5}, {1e6, 3e6}} {
		marks := ticks(bounds[0], bounds[1])
		if len(marks) < 4 || len(marks) > 11 {
			t.Errorf("[%g, %g] has %d marks: %v", bounds[0], bounds[1], len(marks), marks)
		}
		for _, m := range marks {
			if m.Value < bounds[0] || m.Value > bounds[1] {
				t.Errorf("[%g, %g] has a mark at %g", bounds[0], bounds[1], m.Value)
			}
		}
	}
}

func TestLimitsCutOnlyWhatTowers(t *testing.T) {
	for specs, want := range map[string][2]float64{
		"sin(x)|x^2|abs(x)|gelu":    {-1, 25}, // a little over four times as high as gelu
		"sin(x)|exp(x)|abs(x)|gelu": {-1, 20},
	} {
		var functions []activations.Activation
		for _, spec := range strings.Split(specs, "|") {
			f, err := activations.Parse(spec)
			if err != nil {
				t.Fatal(err)
			}
			functions = append(functions, f)
		}
		low, high := NewCurves(functions, -5, 5).limits(value)
		if math.Abs(low-want[0]) > 0.01 || math.Abs(high/want[1]-1) > 0.05 {
			t.Errorf("%s: limits are %g to %g, want %v", specs, low, high, want)
		}
	}
}
