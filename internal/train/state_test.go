package train

import (
	"encoding/json"
	"math"
	"testing"

	"actfn/internal/record"
)

// A state of before, without means, is read.
func TestStateOfBefore(t *testing.T) {
	const text = `{"schema":1,"data":"d","updates":3,"epoch":1,"step":1,"loss_sum":6,"correct":3,"images":4,"seconds":2,` +
		`"step_seconds":[0.5],"history":[{"epoch":1,"lr":0.001,"train_loss":"NaN","train_accuracy":0.5,"images_per_second":7,` +
		`"wall_seconds":2.5}],"best_epoch":0}`
	var s state
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		t.Fatal(err)
	}
	if v, ok := record.TrainLoss.Last(record.Run{Epochs: s.History}); !ok || !math.IsNaN(v) {
		t.Errorf("loss is %g, %v, want NaN", v, ok)
	}
	if v := s.measured(); v[record.TrainLoss] != 1.5 || v[record.TrainAccuracy] != 0.75 || v[record.ImagesPerSecond] != 2 || len(v) != 3 {
		t.Errorf("measured are %v", v)
	}
	again, err := json.Marshal(s)
	if err != nil || string(again) != text {
		t.Errorf("written again it is\n%s, %v, want\n%s", again, err, text)
	}
}

// The mean over the steps of an epoch is the same when the run is resumed within it.
func TestMeansAreResumed(t *testing.T) {
	for _, values := range [][]float64{{1, 2, 6}, {0.1, 0.2, 0.7}, {1, math.Inf(1), 2}, {math.NaN(), 1, 1}} {
		want := (values[0] + values[1] + values[2]) / 3
		var s state
		for _, v := range values {
			s.add(record.LR, v)
			text, err := json.Marshal(s)
			if err != nil {
				t.Fatal(err)
			}
			s = state{}
			if err := json.Unmarshal(text, &s); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.measured()[record.LR]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Errorf("mean of %v is %v, want %v", values, got, want)
		}
		if s.next(); len(s.Means) > 0 || s.Epoch != 1 {
			t.Errorf("the next epoch begins with %+v", s)
		}
	}
}
