package plot

import (
	"strings"
	"testing"
)

func confusion(t *testing.T, labels, predicted []int, classes []string) Confusion {
	t.Helper()
	c, err := NewConfusion(labels, predicted, classes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestConfusion(t *testing.T) {
	labels, predicted := []int{0, 0, 0, 0, 1, 1, 2, 2, 2}, []int{0, 0, 0, 1, 1, 1, 0, 1, 2}
	c := confusion(t, labels, predicted, []string{"cat", "dog & <pup>", "empty\x1b", "none"})
	everyWay(t, c)
	wantTexts(t, c, "accuracy 66.67%, 6 of 9 images", "cat", "dog & <pup>", `empty\x1b`, "75.0%", "100.0%", "33.3%", "no images", "recall", "predicted class", "true class", "3")
	want := `accuracy 66.67%, 6 of 9 images

              0 1 2 3     recall
0 cat         3 1 · ·      75.0%
1 dog & <pup> · 2 · ·     100.0%
2 empty\x1b   1 1 1 ·      33.3%
3 none        · · · ·  no images

rows: true class; columns: predicted class
`
	if got := inTerminal(t, c, 80); got != want {
		t.Errorf("terminal is\n%s\nwant\n%s", got, want)
	}
}

func TestConfusionOfAllSizes(t *testing.T) {
	for _, k := range []int{1, 2, 20, 21, 100, 101, 1000} {
		labels, predicted, classes := syntheticPredictions(k, 3*k)
		classes[0] = strings.Repeat("a long name of a class ", 12)
		c := confusion(t, labels, predicted, classes)
		if k < 1000 {
			everyWay(t, c)
		} else {
			keepsToWidth(t, c)
		}
		counted := strings.Count(strings.Join(texts(t, c), "\n"), "\n3\n") > 0
		if counted != (k <= mostCounted) {
			t.Errorf("%d classes: counts are shown is %v, want %v", k, counted, k <= mostCounted)
		}
		if list := strings.Contains(inTerminal(t, c, 100), "largest confusions"); list != (k > mostCounted) {
			t.Errorf("%d classes: the terminal has a list is %v, want %v", k, list, k > mostCounted)
		}
	}
}

func TestConfusionRefuses(t *testing.T) {
	for _, test := range []struct {
		labels, predicted []int
		classes           []string
		want              string
	}{
		{nil, nil, []string{"a"}, "plot confusion: 0 images of 1 classes, want at least 1 of 1"},
		{[]int{0}, []int{0}, nil, "plot confusion: 1 images of 0 classes, want at least 1 of 1"},
		{[]int{0, 0}, []int{0}, []string{"a"}, "plot confusion: predictions are 1 of 2 images, want one for each"},
		{[]int{0, 1}, []int{0, 2}, []string{"a", "b"}, "plot confusion: image 1 is of class 2, want 0 to 1"},
		{[]int{-1}, []int{0}, []string{"a"}, "plot confusion: image 0 is of class -1, want 0 to 0"},
	} {
		if _, err := NewConfusion(test.labels, test.predicted, test.classes); err == nil || err.Error() != test.want {
			t.Errorf("error is %v, want %s", err, test.want)
		}
	}
}
