// Package record reads and writes what a training run leaves behind beside its weights:
// a summary and the figures of each epoch.
//
// A figure that is NaN or infinite, the mark of a run that diverged, has no JSON number.
// It is written as the string "NaN", "Infinity" or "-Infinity", the spelling of Protocol
// Buffers' JSON mapping, which Python's float(), JavaScript's Number() and pandas take;
// null would be read as "not measured". CSV has the same words.
package record

import (
	"encoding/json"
	"fmt"

	"actfn/internal/number"
)

// Schema is the version of the summary's form. It grows when a key changes its meaning.
const Schema = 1

// Names of the files in a run's folder.
const (
	ConfigFile     = "config.yaml"        // the configuration, resolved
	MetricsFile    = "metrics.jsonl"      // one Epoch a line
	MetricsCSVFile = "metrics.csv"        // the same, for spreadsheets
	SummaryFile    = "summary.json"       // Run
	LastFile       = "last.safetensors"   // weights after the last epoch
	BestFile       = "best.safetensors"   // weights of the best validation, when there is one
	ResumeFile     = "resume.safetensors" // weights, optimiser moments and position
)

// Epoch is what one epoch of training measured. Accuracies are fractions. The validation
// figures are nil in a run without validation.
type Epoch struct {
	Epoch           int      `json:"epoch"` // from 1
	LR              float64  `json:"lr"`
	TrainLoss       float64  `json:"train_loss"`
	TrainAccuracy   float64  `json:"train_accuracy"`
	ValLoss         *float64 `json:"val_loss,omitempty"`
	ValAccuracy     *float64 `json:"val_accuracy,omitempty"`
	ImagesPerSecond float64  `json:"images_per_second"`
	WallSeconds     float64  `json:"wall_seconds"`
}

// Test is the one reading of the test set at the end of a run.
type Test struct {
	Loss     float64 `json:"loss"`
	Accuracy float64 `json:"accuracy"`
	Images   int     `json:"images"`
	Correct  int     `json:"correct"`
}

// Run is the summary of a run. Test is nil if the run did not come to it.
type Run struct {
	Schema     int     `json:"schema"`
	Run        string  `json:"run"`
	Epochs     []Epoch `json:"epochs"`
	Test       *Test   `json:"test,omitempty"`
	Activation string  `json:"activation"`
	Parameters int     `json:"parameters"`
	Seed       uint64  `json:"seed"`
	Kernel     string  `json:"kernel"`
	// Learnt is what the parameters of the activations have come to, where there are any that are learnt.
	Learnt []Learnt `json:"learnt,omitempty"`
	// Data is the hash of the images, and Classes the names of what they show.
	Data    string   `json:"data,omitempty"`
	Classes []string `json:"classes,omitempty"`
	// StepSeconds is the median time of a training step; 0 if none was made.
	StepSeconds float64 `json:"step_seconds,omitempty"`
	// Diverged says where the loss stopped being finite, in a run of a comparison that did. Test is then of
	// the weights at the end of the epoch before.
	Diverged    *Diverged   `json:"diverged,omitempty"`
	Environment Environment `json:"environment,omitzero"`
}

// Diverged is the step whose loss was not finite.
type Diverged struct {
	Epoch  int          `json:"epoch"` // from 1
	Step   int          `json:"step"`  // from 1
	LR     float64      `json:"lr"`
	Loss   number.Float `json:"loss"`
	Tensor string       `json:"tensor"` // the first that was not finite
}

// Environment is where a run was made. It decides the times and, with Run.Kernel, the last bits.
type Environment struct {
	Version string `json:"version"` // of the program
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
	CPU     string `json:"cpu"`
	// Instructions are those of the kernels: avx512, avx2 or generic; not there in older records.
	Instructions string `json:"instructions,omitempty"`
	Workers      int    `json:"workers"`
}

// Learnt is one parameter of a layer's activation, one value or one for each channel.
type Learnt struct {
	Parameter string         `json:"parameter"` // conv1.activation.slope
	Values    []number.Float `json:"values"`
}

// MarshalJSON writes an Epoch with its non-finite figures as strings.
func (e Epoch) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Epoch           int           `json:"epoch"`
		LR              number.Float  `json:"lr"`
		TrainLoss       number.Float  `json:"train_loss"`
		TrainAccuracy   number.Float  `json:"train_accuracy"`
		ValLoss         *number.Float `json:"val_loss,omitempty"`
		ValAccuracy     *number.Float `json:"val_accuracy,omitempty"`
		ImagesPerSecond number.Float  `json:"images_per_second"`
		WallSeconds     number.Float  `json:"wall_seconds"`
	}{
		e.Epoch, number.Float(e.LR), number.Float(e.TrainLoss), number.Float(e.TrainAccuracy),
		(*number.Float)(e.ValLoss), (*number.Float)(e.ValAccuracy), number.Float(e.ImagesPerSecond), number.Float(e.WallSeconds),
	})
}

// MarshalJSON writes a Test with its non-finite figures as strings.
func (t Test) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Loss     number.Float `json:"loss"`
		Accuracy number.Float `json:"accuracy"`
		Images   int          `json:"images"`
		Correct  int          `json:"correct"`
	}{number.Float(t.Loss), number.Float(t.Accuracy), t.Images, t.Correct})
}

// MarshalJSON writes a Run with an empty list, not null, for no epochs.
func (r Run) MarshalJSON() ([]byte, error) {
	type plain Run
	if r.Epochs == nil {
		r.Epochs = []Epoch{}
	}
	return json.Marshal(plain(r))
}

// UnmarshalJSON is the inverse of MarshalJSON, strict as ReadMetrics.
func (e *Epoch) UnmarshalJSON(data []byte) error { return decode(data, e) }

// UnmarshalJSON is the inverse of MarshalJSON, strict as ReadSummary.
func (t *Test) UnmarshalJSON(data []byte) error { return decode(data, t) }

// UnmarshalJSON is the inverse of MarshalJSON, strict as ReadSummary.
func (r *Run) UnmarshalJSON(data []byte) error { return decode(data, r) }

// check wants e to be item i of a list of epochs numbered from 1.
func (e Epoch) check(i int) error {
	if e.Epoch != i+1 {
		return fmt.Errorf("epoch is %d, want %d", e.Epoch, i+1)
	}
	return nil
}

func (t Test) check() error {
	if t.Images < 1 {
		return fmt.Errorf("images is %d, want at least 1", t.Images)
	}
	if t.Correct < 0 || t.Correct > t.Images {
		return fmt.Errorf("correct is %d, want 0 to %d, the images", t.Correct, t.Images)
	}
	return nil
}

func (r Run) check() error {
	for i, e := range r.Epochs {
		if err := e.check(i); err != nil {
			return fmt.Errorf("epochs[%d].%w", i, err)
		}
	}
	if r.Test != nil {
		if err := r.Test.check(); err != nil {
			return fmt.Errorf("test.%w", err)
		}
	}
	return nil
}
