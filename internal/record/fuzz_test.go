package record

import (
	"bytes"
	"encoding/json"
	"testing"
)

const seedEpoch = `{"epoch":1,"lr":0.001,"train_loss":"NaN","train_accuracy":1e-7,"val_loss":-0,"images_per_second":"Infinity","wall_seconds":2.5}`

// FuzzSummary wants an error or a run whose text is stable: written, read and written again
// it is the same.
func FuzzSummary(f *testing.F) {
	f.Add([]byte(`{"schema":1,"run":"r","epochs":[` + seedEpoch + `],"test":{"loss":"-Infinity","accuracy":0.5,"images":4,"correct":2},"activation":"relu","parameters":7,"seed":18446744073709551615,"kernel":"avx2"}`))
	f.Add([]byte(`{"schema":2}`))
	f.Add([]byte(`{"schema":1,"run":"\ud800","epochs":[],"activation":"","parameters":0,"seed":0,"kernel":""}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := parseRun(b)
		if err != nil {
			return
		}
		stable(t, r, parseRun)
	})
}

// FuzzEpoch is the same for a line of metrics.
func FuzzEpoch(f *testing.F) {
	f.Add([]byte(seedEpoch))
	f.Add([]byte(`{"epoch":1,"epoch":1}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		epochs, err := parseMetrics(b)
		if err != nil || len(epochs) != 1 {
			return
		}
		stable(t, epochs[0], func(b []byte) (Epoch, error) {
			epochs, err := parseMetrics(b)
			if err != nil {
				return Epoch{}, err
			}
			return epochs[0], nil
		})
	})
}

func stable[T any](t *testing.T, v T, parse func([]byte) (T, error)) {
	t.Helper()
	first, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	again, err := parse(first)
	if err != nil {
		t.Fatalf("%s: %v", first, err)
	}
	second, err := json.Marshal(again)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(first, second) {
		t.Fatalf("text is\n%s, then\n%s", first, second)
	}
}

// FuzzPredictions wants an error or an array that is written as it was read, but for the padding of the header.
func FuzzPredictions(f *testing.F) {
	for _, p := range []Predictions{{}, {[]int{1, 65535}, []int{0, 2}}} {
		b, err := p.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte(npyMagic))
	f.Add([]byte(npyMagic + "\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePredictions(b)
		if err != nil {
			return
		}
		again, err := p.encode()
		if err != nil {
			t.Fatal(err)
		}
		if n := 4 * len(p.Labels); !bytes.Equal(again[len(again)-n:], b[len(b)-n:]) {
			t.Errorf("%q is written as %q", b, again)
		}
	})
}

// FuzzHealth is the same for a line of health.
func FuzzHealth(f *testing.F) {
	f.Add([]byte(`{"epoch":1,"epoch":1}`))
	f.Add([]byte(`{"epoch":0,"layer":"fc1","function":"x","images":1,"unit":"feature","units":1,"input_quantiles":[1,2,3,4,5,6,7],` +
		`"input_histogram":{"low":-0,"high":1,"shares":[0.5]},"missing":{"gain":"x"},"input_mean":1e-7,"input_std":0,"dead":null,` +
		`"saturated":0,"linear":0,"sameness":null,"gain":null,"gradient_rms":0,"gradient_norm":0,"update_ratio":null}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := parseHealth(b)
		if err != nil || len(all) != 1 {
			return
		}
		stable(t, all[0], func(b []byte) (Health, error) {
			all, err := parseHealth(b)
			if err != nil {
				return Health{}, err
			}
			return all[0], nil
		})
	})
}
