package plot

import (
	"strings"
	"testing"
)

// A figure that none of the files describes yet: panels of different heights, of which a terminal leaves one out, and
// a legend that begins with what only a picture shows.
func (f Figure) Figure() Figure { return f }

func TestFigure(t *testing.T) {
	short := panel{x: axis{name: "layer", high: 2}, y: axis{name: "gradient", low: -1, high: 1}, rows: 5,
		series: []series{{places: []place{{x: 0, y: -1}, {x: 2, y: 1}}, colour: palette[0], size: 1, mark: "a"}}}
	high, hidden := short, short
	high.rows, high.y.name = 9, "rate"
	hidden.pictureOnly, hidden.y.name = true, "hidden"
	f := Figure{
		notes:  []string{"a note"},
		panels: []panel{short, hidden, high, short},
		legend: []entry{{"one seed", []series{{alpha: 0.5, size: 1}}}, {"first", short.series}},
	}
	everyWay(t, f)
	wantTexts(t, f, "a note", "one seed", "first", "layer", "gradient", "rate", "hidden")
	for _, width := range []int{80, 120} {
		got := inTerminal(t, f, width)
		for _, want := range []string{"a note\n\n", "\n\na first\n", "gradient", "rate", "layer", "a"} {
			if !strings.Contains(got, want) {
				t.Errorf("width %d: terminal lacks %q:\n%s", width, want, got)
			}
		}
		if strings.Contains(got, "hidden") || strings.Contains(got, "one seed") {
			t.Errorf("width %d: terminal shows what is for pictures only:\n%s", width, got)
		}
	}
	if lines := strings.Split(inTerminal(t, f, 120), "\n"); !strings.Contains(lines[2], "gradient") || !strings.Contains(lines[2], "rate") {
		t.Errorf("panels are not beside each other: %q", lines[2])
	}
}

// The numbers on a logarithmic axis: powers of ten, within a few of them 2 and 5 times them too, and within less than
// one whatever is there.
func TestPowers(t *testing.T) {
	for _, test := range []struct {
		low, high float64
		want      string
	}{
		{-3.1, 0.1, "0.001 0.01 0.1 1"},
		{-10.2, 2.1, "1e−10 1e−8 1e−6 1e−4 0.01 1 100"},
		{-4.5, -2.9, "5e−5 1e−4 2e−4 5e−4 0.001"},
		{0.31, 0.45, "2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8"},
		{28, 41, "1e28 1e30 1e32 1e34 1e36 1e38 1e40"},
	} {
		var got []string
		for _, m := range powers(test.low, test.high) {
			if m.Value < test.low || m.Value > test.high {
				t.Errorf("%g to %g: %s is at %g", test.low, test.high, m.Label, m.Value)
			}
			got = append(got, m.Label)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%g to %g: numbers are %q, want %q", test.low, test.high, got, test.want)
		}
	}
	if (axis{low: -1, high: 1, log: true}).hasZero() {
		t.Error("a logarithmic axis has a line at 0, where 1 is")
	}
}

func TestShort(t *testing.T) {
	for text, want := range map[string]string{
		"1.2e-05": "1.2e−5", "0.00029": "2.9e−4", "0.001": "0.001", "-0.0005": "−5e−4", "1e+20": "1e20", "3e+07": "3e7",
		"0": "0", "0.0": "0.0", "100": "100", "1e-120": "1e−120", "1e+100": "1e100",
	} {
		if got := short(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// A note that is wider than the figure goes on in the next line.
func TestNotesAreFolded(t *testing.T) {
	f := Figure{notes: []string{"left out of relu: zero (conv1 after epoch 1, and 5 more)", strings.Repeat("word", 20)}}
	want := "left out of relu: zero (conv1\nafter epoch 1, and 5 more)\n" + strings.Repeat("word", 7) + "w…\n"
	if got := inTerminal(t, f, 30); got != want {
		t.Errorf("terminal is %q, want %q", got, want)
	}
	everyWay(t, f)
}
