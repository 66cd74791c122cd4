package dataset

import (
	"errors"
	"fmt"

	"actfn/internal/dataset/picture"
	"actfn/internal/setting"
)

// Transform is everything that turns a decoded file into the model's input, in this order: luma
// if Channels is 1; resize and crop if Resize is not 0; pixel/255; (x − Mean)/Std if there are
// any. A checkpoint stores it, so that a model sees its images the same way ever after.
type Transform struct {
	Channels int `json:"channels"`
	Height   int `json:"height"`
	Width    int `json:"width"`
	// Resize is the length the shorter side gets before the centre square is cut out; 0 wants
	// images that are Height×Width already.
	Resize int       `json:"resize"`
	Mean   []float64 `json:"mean,omitempty"`
	Std    []float64 `json:"std,omitempty"`
}

// Validate returns every fault of a transform that was read from somewhere.
func (t Transform) Validate() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if t.Channels != 1 && t.Channels != 3 {
		fault("channels: value is %d, want 3 or 1", t.Channels)
	}
	if min(t.Width, t.Height) < 1 || max(t.Width, t.Height) > picture.MaxSide || t.Width*t.Height > picture.MaxPixels {
		fault("height, width: values are %d, %d, want 1 to %d and at most %d pixels",
			t.Height, t.Width, picture.MaxSide, picture.MaxPixels)
	}
	if t.Resize != 0 && (t.Resize != t.Height || t.Resize != t.Width) {
		fault("resize: value is %d with height %d and width %d, want 0 or the same as both", t.Resize, t.Height, t.Width)
	}
	if len(t.Mean) > 0 || len(t.Std) > 0 {
		faults = append(faults, checkCounts(t.Mean, t.Std, t.Channels)...)
		faults = append(faults, setting.Check(momentKeys(&t.Mean, &t.Std))...)
	}
	return errors.Join(faults...)
}

// form is the part that works on bytes. The size is not checked there: only whoever has all the images can say which of two
// sizes is wrong.
func (t Transform) form() picture.Form { return picture.Form{Gray: t.Channels == 1, Side: t.Resize} }

// table holds what each byte becomes in one channel.
type table [256]float32

// tables does the part that works on numbers: v/255 as ToTensor, then (x − mean)/std as Normalize,
// each step rounded to float32.
func (t Transform) tables() []table {
	tables := make([]table, t.Channels)
	for c := range tables {
		for v := range tables[c] {
			x := float32(v) / 255
			if len(t.Mean) > 0 {
				x = float32(x-float32(t.Mean[c])) / float32(t.Std[c])
			}
			tables[c][v] = x
		}
	}
	return tables
}
