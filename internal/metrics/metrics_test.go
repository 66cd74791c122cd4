package metrics

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func wantEqual[T any](t *testing.T, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(1e-14, 0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// oneHot returns logits, (N, k), that predict those classes.
func oneHot(predicted []int, k int) []float32 {
	logits := make([]float32, len(predicted)*k)
	for i, p := range predicted {
		logits[i*k+p] = 1
	}
	return logits
}

// The figures are those of scikit-learn's documentation: the example of
// precision_recall_fscore_support(average=None) and that of classification_report, which
// prints two digits.
func TestPerClassKnownValues(t *testing.T) {
	for _, c := range []struct {
		names             []string
		labels, predicted []int
		want              []Class
	}{
		{[]string{"pig", "dog", "cat"}, []int{2, 1, 0, 2, 1, 0}, []int{2, 0, 1, 2, 2, 1}, []Class{
			{"pig", 0, 0, 0, 2},
			{"dog", 0, 0, 0, 2},
			{"cat", 2.0 / 3, 1, 0.8, 2},
		}},
		{[]string{"class 0", "class 1", "class 2"}, []int{0, 1, 2, 2, 2}, []int{0, 0, 2, 2, 1}, []Class{
			{"class 0", 0.5, 1, 2.0 / 3, 1},
			{"class 1", 0, 0, 0, 1},
			{"class 2", 1, 2.0 / 3, 0.8, 3},
		}},
		{[]string{"seen", "neither seen nor predicted", "predicted"}, []int{0, 0}, []int{0, 2}, []Class{
			{"seen", 1, 0.5, 2.0 / 3, 2},
			{"neither seen nor predicted", 0, 0, 0, 0},
			{"predicted", 0, 0, 0, 0},
		}},
	} {
		e, err := Evaluate(c.labels, oneHot(c.predicted, len(c.names)), c.names)
		if err != nil {
			t.Fatal(err)
		}
		wantEqual(t, e.PerClass, c.want)
	}
}

func TestWorstFirst(t *testing.T) {
	given := []Class{{"a", 1, 1, 1, 1}, {"b", 0.9, 0.5, 0.5, 1}, {"c", 0, 0, 0, 1}, {"d", 0.5, 0.4, 0.5, 1}, {"e", 0, 0, 0, 1}}
	before := slices.Clone(given)
	got := ""
	for _, c := range WorstFirst(given) {
		got += c.Class
	}
	if got != "cedba" {
		t.Errorf("order is %s, want cedba", got)
	}
	wantEqual(t, given, before)
}

func TestLargestConfusions(t *testing.T) {
	names := []string{"a", "b", "c"}
	confusion := [][]int{
		{9, 3, 0},
		{3, 0, 5},
		{3, 0, 1},
	}
	all := []Confusion{
		{"b", "c", 5, 5.0 / 8},
		{"a", "b", 3, 3.0 / 12},
		{"b", "a", 3, 3.0 / 8},
		{"c", "a", 3, 3.0 / 4},
	}
	for _, k := range []int{-1, 0, 1, 3, 4, 9} {
		wantEqual(t, LargestConfusions(confusion, names, k), all[:max(0, min(k, 4))])
	}
	wantEqual(t, LargestConfusions([][]int{{5}}, names[:1], 3), []Confusion{})
}

func TestLogSoftmax(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	minus, not := math.Inf(-1), math.NaN()
	for _, c := range []struct {
		row  []float32
		want []float64
	}{
		{[]float32{3}, []float64{0}},
		{[]float32{0, 0}, []float64{-math.Ln2, -math.Ln2}},
		// torch.log_softmax(torch.tensor([1., 2., 3.], dtype=float64), 0)
		{[]float32{1, 2, 3}, []float64{-2.40760596444438, -1.4076059644443801, -0.4076059644443803}},
		// A float32 softmax is 1, 0, 0 here, and −log 0 infinite.
		{[]float32{200, 0, -200}, []float64{-math.Exp(-200), -200, -400}},
		{[]float32{math.MaxFloat32, -math.MaxFloat32}, []float64{0, -2 * math.MaxFloat32}},
		{[]float32{0, -inf}, []float64{0, minus}},
		{[]float32{-inf, -inf}, []float64{not, not}},
		{[]float32{0, inf}, []float64{minus, not}},
		{[]float32{0, nan, 1}, []float64{not, not, not}},
	} {
		got := make([]float64, len(c.row))
		LogSoftmax(got, c.row)
		if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(1e-14, 0), cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("LogSoftmax(%v) (-want +got):\n%s", c.row, diff)
		}
		Softmax(got, c.row)
		for i, p := range got {
			if want := math.Exp(c.want[i]); p != want && !(math.IsNaN(p) && math.IsNaN(want)) && math.Abs(p-want) > 1e-15 {
				t.Errorf("Softmax(%v)[%d] = %v, want %v", c.row, i, p, want)
			}
		}
	}
}

func TestArgmaxAndTopK(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct {
		row   []float32
		order []int
	}{
		{[]float32{1}, []int{0}},
		{[]float32{1, 3, 2}, []int{1, 2, 0}},
		{[]float32{2, 1, 2, 1}, []int{0, 2, 1, 3}},
		{[]float32{-inf, 0, inf}, []int{2, 1, 0}},
		{[]float32{-inf, -inf}, []int{0, 1}},
		{[]float32{inf, nan, 0, nan}, []int{1, 3, 0, 2}},
	} {
		if got := Argmax(c.row); got != c.order[0] {
			t.Errorf("Argmax(%v) = %d, want %d", c.row, got, c.order[0])
		}
		for k := -1; k <= len(c.row)+1; k++ {
			if got, want := TopK(c.row, k), c.order[:max(0, min(k, len(c.row)))]; !slices.Equal(got, want) {
				t.Errorf("TopK(%v, %d) = %v, want %v", c.row, k, got, want)
			}
		}
	}
}

func TestEvaluate(t *testing.T) {
	logits := []float32{
		2, 1, 0,
		0, 0, 500, // sure and wrong: the loss is 500, not infinite
		1, 3, 2,
		0, 4, 0,
	}
	e, err := Evaluate([]int{0, 0, 1, 2}, logits, []string{"a", "b", "c"})
	if err != nil {
		t.Fatal(err)
	}
	low, high := Wilson(2, 4, 0.95)
	const loss = 126.21279705715924 // torch.nn.functional.cross_entropy in float64
	wantEqual(t, e, Evaluation{
		Accuracy: 0.5, AccuracyCI95: [2]float64{low, high}, Loss: loss, Images: 4, Correct: 2,
		Classes:   []string{"a", "b", "c"},
		PerClass:  []Class{{"a", 1, 0.5, 2.0 / 3, 2}, {"b", 0.5, 1, 2.0 / 3, 1}, {"c", 0, 0, 0, 1}},
		Confusion: [][]int{{1, 0, 1}, {0, 1, 0}, {0, 1, 0}},
	})
}

func TestEvaluateRefuses(t *testing.T) {
	names := []string{"a", "b"}
	for _, c := range []struct {
		labels []int
		logits []float32
		names  []string
		want   string
	}{
		{nil, nil, names, "labels: 0 images of 2 classes, want at least 1 of 1"},
		{[]int{0}, nil, nil, "labels: 1 images of 0 classes, want at least 1 of 1"},
		{[]int{0, 1}, make([]float32, 3), names, "logits: number of values is 3, want 4 for 2 images of 2 classes"},
		{[]int{0, 2}, make([]float32, 4), names, "labels: image 1 is of class 2, want 0 to 1"},
		{[]int{-1, 0}, make([]float32, 4), names, "labels: image 0 is of class -1, want 0 to 1"},
	} {
		if _, err := Evaluate(c.labels, c.logits, c.names); err == nil || err.Error() != c.want {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
}

// What holds for any classifier, on random ones.
func TestEvaluateProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		n, k := 1+random.IntN(60), 1+random.IntN(7)
		names := make([]string, k)
		for i := range names {
			names[i] = fmt.Sprint("class ", i)
		}
		labels, logits := make([]int, n), make([]float32, n*k)
		for i := range labels {
			labels[i] = random.IntN(k)
		}
		for i := range logits {
			logits[i] = float32(10 * random.NormFloat64())
		}
		e, err := Evaluate(labels, logits, names)
		if err != nil {
			t.Fatal(err)
		}
		trace, sum, support, recalled := 0, 0, 0, 0.0
		for i, row := range e.Confusion {
			trace += row[i]
			for _, v := range row {
				sum += v
			}
			support += e.PerClass[i].Images
			recalled += e.PerClass[i].Recall * float64(e.PerClass[i].Images)
		}
		if sum != n || support != n || e.Images != n || trace != e.Correct || e.Accuracy != float64(trace)/float64(sum) {
			t.Errorf("accuracy is %v of %d, confusion matrix has %d of %d, supports %d", e.Accuracy, e.Images, trace, sum, support)
		}
		if math.Abs(recalled-float64(e.Correct)) > 1e-9 { // accuracy is the recall weighted by support
			t.Errorf("weighted recall is %v, want %d", recalled, e.Correct)
		}
		if low, high := e.AccuracyCI95[0], e.AccuracyCI95[1]; !(low <= e.Accuracy && e.Accuracy <= high) {
			t.Errorf("interval %v–%v is not around %v", low, high, e.Accuracy)
		}
		// Log-probabilities are logits: evaluated again, up to their rounding, nothing changes.
		again, logProbs := make([]float32, 0, n*k), make([]float64, k)
		for row := range slices.Chunk(logits, k) {
			LogSoftmax(logProbs, row)
			for _, l := range logProbs {
				again = append(again, float32(l))
			}
		}
		f, err := Evaluate(labels, again, names)
		if err != nil {
			t.Fatal(err)
		}
		if math.Abs(float64(f.Loss-e.Loss)) > 1e-5 || f.Correct != e.Correct {
			t.Errorf("loss is %v and %d correct, from log-probabilities %v and %d", e.Loss, e.Correct, f.Loss, f.Correct)
		}
		if p := Predictions(logits, k); len(p) != n {
			t.Errorf("%d predictions, want %d", len(p), n)
		}
	}
}

// A diverged model is evaluated, and the result is JSON all the same.
func TestDivergedIsJSON(t *testing.T) {
	nan := float32(math.NaN())
	for _, c := range []struct {
		logits []float32
		want   string
	}{
		{[]float32{nan, nan, nan, nan}, `"NaN"`},
		{[]float32{float32(math.Inf(-1)), 0, 0, 0}, `"Infinity"`},
		{[]float32{0, 0, 0, 0}, `0.6931471805599453`},
	} {
		e, err := Evaluate([]int{0, 1}, c.logits, []string{"a", "b"})
		if err != nil {
			t.Fatal(err)
		}
		e.Checkpoint, e.Activation = "last.safetensors", "relu"
		b, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var v map[string]json.RawMessage
		if err := json.Unmarshal(b, &v); err != nil || string(v["loss"]) != c.want {
			t.Errorf("loss is %s (%v), want %s", v["loss"], err, c.want)
		}
		wantEqual(t, slices.Sorted(maps.Keys(v)), strings.Fields("accuracy accuracy_ci95 activation checkpoint classes confusion correct images loss per_class"))
		if !strings.HasPrefix(string(b), `{"accuracy":`) || string(v["accuracy_ci95"]) == "[0,0]" {
			t.Errorf("JSON is %s", b)
		}
	}
}
