package dataset

import (
	"fmt"
	"math"
	"testing"

	"actfn/internal/dataset/picture"
)

// The expected values are computed in the plain way from what the model would see.
func TestNormalizeTrain(t *testing.T) {
	for _, channels := range []int{1, 3} {
		cfg := config(sampleTree().zip(t, ""))
		cfg.Normalize, cfg.Channels, cfg.ValSplit = NormalizeTrain, channels, 0.3
		d := mustLoad(t, cfg, Options{Workers: 3})
		tf := d.Train.Transform()
		for c := range channels {
			var sum, square, n float64
			for _, item := range d.Train.items {
				p := picture.Pixels{W: 6, H: 5, Data: item.data}
				for i := range 30 {
					v := float64(valueAt(p, i, c)) / 255
					sum, square, n = sum+v, square+v*v, n+1
				}
			}
			mean := sum / n
			std := math.Sqrt(square/n - mean*mean)
			if math.Abs(tf.Mean[c]-mean) > 1e-12 || math.Abs(tf.Std[c]-std) > 1e-12 {
				t.Errorf("channel %d of %d: mean %v and std %v, want %v and %v", c, channels, tf.Mean[c], tf.Std[c], mean, std)
			}
		}
		for _, s := range []*Set{d.Val, d.Test} {
			if fmt.Sprint(s.Transform()) != fmt.Sprint(tf) {
				t.Errorf("transform is %v, want the training set's %v", s.Transform(), tf)
			}
		}
		// What the model sees has mean 0 and standard deviation 1.
		x := allBatches(t, d.Train, nil, d.Train.Len())[0].X
		var sum, square float64
		for _, v := range x {
			sum, square = sum+float64(v), square+float64(v)*float64(v)
		}
		if n := float64(len(x)); math.Abs(sum/n) > 1e-6 || math.Abs(square/n-1) > 1e-6 {
			t.Errorf("normalised images have mean %v and mean square %v", sum/n, square/n)
		}
	}
}

func TestNormalizeConstantChannel(t *testing.T) {
	gray := measure(picture.Pixels{W: 2, H: 1, Data: []byte{51, 51}})
	mean, std := normalization([]item{{moments: gray}, {moments: gray}}, 3, 2)
	if mean[0] != 0.2 || std[0] != 1 || mean[2] != 0.2 {
		t.Errorf("mean %v, std %v, want 0.2 and 1", mean, std)
	}
}

func TestNormalizeFixed(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.Normalize, cfg.Mean, cfg.Std = NormalizeFixed, []float64{0.5, 0.4, 0.3}, []float64{0.2, 0.3, 0.4}
	d := mustLoad(t, cfg, Options{})
	b := allBatches(t, d.Train, []int{1}, 1)[0]
	p := picture.Pixels{W: 6, H: 5, Data: d.Train.items[1].data}
	for c := range 3 {
		for i := range 30 {
			want := (float32(valueAt(p, i, c))/255 - float32(cfg.Mean[c])) / float32(cfg.Std[c])
			if got := b.X[c*30+i]; got != want {
				t.Fatalf("channel %d, pixel %d: %v, want %v", c, i, got, want)
			}
		}
	}
}

// The mean square is that of the values in the batches, which here come in one plane of gray images or in three.
func TestMeanSquare(t *testing.T) {
	for _, normalize := range []string{NormalizeNone, NormalizeTrain, NormalizeFixed} {
		for _, channels := range []int{1, 3} {
			cfg := config(sampleTree().zip(t, ""))
			cfg.Normalize, cfg.Channels = normalize, channels
			if normalize == NormalizeFixed {
				cfg.Mean, cfg.Std = []float64{0.5, 0.4, 0.3}[:channels], []float64{0.2, 0.3, 0.4}[:channels]
			}
			set := mustLoad(t, cfg, Options{}).Train
			var want float64
			x := allBatches(t, set, nil, set.Len())[0].X
			for _, v := range x {
				want += float64(v) * float64(v) / float64(len(x))
			}
			if got := set.MeanSquare(); math.Abs(got-want) > 1e-6*want {
				t.Errorf("%s, %d channels: mean square is %v, want %v", normalize, channels, got, want)
			}
		}
	}
}
