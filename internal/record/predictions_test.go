package record_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"actfn/internal/record"
)

func TestPredictionsRoundTrip(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []int{0, 1, 2, 31, 1000} {
		want := record.Predictions{Labels: make([]int, n), Predicted: make([]int, n)}
		for i := range n {
			want.Labels[i], want.Predicted[i] = i%record.MaxClasses, (i*7919+65535)%record.MaxClasses
		}
		if err := record.WritePredictions(dir, want); err != nil {
			t.Fatal(err)
		}
		got, err := record.ReadPredictions(dir)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%d images: read %v, %v", n, got, err)
		}
		b, err := os.ReadFile(filepath.Join(dir, record.PredictionsFile))
		if err != nil || (len(b)-4*n)%64 != 0 || !strings.Contains(string(b), "'<u2'") {
			t.Errorf("%d images: file is %.90q of %d bytes, %v", n, b, len(b), err)
		}
	}
}

func TestPredictionsRefused(t *testing.T) {
	dir := t.TempDir()
	for _, p := range []record.Predictions{
		{Labels: []int{0}}, {Labels: []int{-1}, Predicted: []int{0}}, {Labels: []int{0}, Predicted: []int{1 << 16}},
	} {
		if err := record.WritePredictions(dir, p); err == nil {
			t.Errorf("%v was written", p)
		}
	}
	if err := record.WritePredictions(dir, record.Predictions{Labels: []int{1, 2}, Predicted: []int{3, 4}}); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, record.PredictionsFile)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range []string{
		"", "PK", string(whole[:9]), string(whole[:len(whole)-1]), string(whole) + "x",
		strings.Replace(string(whole), "<u2", "<i2", 1), strings.Replace(string(whole), "(2, 2)", "(2, 3)", 1),
	} {
		if err := os.WriteFile(path, []byte(b), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := record.ReadPredictions(dir); err == nil || !strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%d bytes: error is %v", len(b), err)
		}
	}
}
