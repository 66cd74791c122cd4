package train

import (
	"encoding/json"
	"math"
	"strings"
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

// What no run can have left is refused by name, whatever a file says.
func TestStateThatCannotBe(t *testing.T) {
	const steps, batch, all = 3, 4, 10
	whole := func() state {
		return state{
			Updates: 5, Epoch: 1, Step: 2, LossSum: 6, Correct: 3, Images: 8, Seconds: 2, BestEpoch: 1,
			Means:   map[string]mean{"gradient_norm": {1, 2}},
			History: []record.Epoch{{N: 1, Values: map[*record.Metric]float64{record.ValLoss: 1}}},
		}
	}
	for want, change := range map[string]func(*state){
		"":                             func(*state) {},
		"step is -5, want 0 to 3":      func(s *state) { s.Step, s.Updates, s.Images, s.Means = -5, -2, -20, nil },
		"step is 1000000000, want":     func(s *state) { s.Step = 1e9 },
		"epoch is -1, want":            func(s *state) { s.Epoch = -1 },
		"history is 1, want 2":         func(s *state) { s.Epoch, s.Updates = 2, 8 },
		"updates is 6, want 5":         func(s *state) { s.Updates++ },
		"images is 9, want 8":          func(s *state) { s.Images++ },
		"correct is 9, want 0 to 8":    func(s *state) { s.Correct = 9 },
		"best_epoch is 2, want 0 to 1": func(s *state) { s.BestEpoch = 2 },
		"history[0] has no val_loss":   func(s *state) { s.History[0].Values = nil },
		"history[0].epoch is 7":        func(s *state) { s.History[0].N = 7 },
		"loss_sum is -1e+300":          func(s *state) { s.LossSum = -1e300 },
		`means has "luck"`:             func(s *state) { s.Means["luck"] = mean{1, 2} },
		"means.gradient_norm is 3":     func(s *state) { s.Means["gradient_norm"] = mean{1, 3} },
	} {
		s := whole()
		change(&s)
		err := s.check(steps, batch, all)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
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
