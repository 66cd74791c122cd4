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
