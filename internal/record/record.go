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
	"math"

	"actfn/internal/number"
	"actfn/internal/strictjson"
)

// Schema is the version of the summary's form. It grows when a key changes its meaning.
const Schema = 1

// Names of the files in a run's folder.
const (
	ConfigFile     = "config.yaml"        // the configuration, resolved
	MetricsFile    = "metrics.jsonl"      // one Epoch a line
	MetricsCSVFile = "metrics.csv"        // the same, for spreadsheets
	SummaryFile    = "summary.json"       // Run
	LastFile       = "last.safetensors"   // weights after the last epoch, of a run that diverged after the last finite one
	BestFile       = "best.safetensors"   // weights of the best validation, when there is one
	ResumeFile     = "resume.safetensors" // weights, optimiser moments and position
)

// Epoch is what was measured of one epoch of training.
type Epoch struct {
	N      int // from 1
	Values map[*Metric]float64
}

// Test is the one reading of the test set at the end of a run.
type Test struct {
	Loss     number.Float `json:"loss"`
	Accuracy float64      `json:"accuracy"`
	Images   int          `json:"images"`
	Correct  int          `json:"correct"`
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
	// EarlierKernels are the classes of arithmetic that made the first steps of a run that another one went on with.
	EarlierKernels []string `json:"earlier_kernels,omitempty"`
	// Learnt is what the parameters of the activations have come to, where there are any that are learnt.
	Learnt []Learnt `json:"learnt,omitempty"`
	// Data is the hash of the images, and Classes the names of what they show.
	Data    string   `json:"data,omitempty"`
	Classes []string `json:"classes,omitempty"`
	// StepSeconds is the median time of a training step; 0 if none was made.
	StepSeconds float64 `json:"step_seconds,omitempty"`
	// Stopped says why training ended, and which weights were tested; older records lack it.
	Stopped *Stopped `json:"stopped,omitempty"`
	// Diverged says where the loss stopped being finite, in a run that did.
	Diverged *Diverged `json:"diverged,omitempty"`
	// Health is that of the network in the epoch that was tested, and Diagnosis says in sentences what is wrong with it, the
	// worst first.
	Health      *Checkup    `json:"health,omitempty"`
	Diagnosis   []string    `json:"diagnosis,omitempty"`
	Environment Environment `json:"environment,omitzero"`
}

// Stopped is the end of a training.
type Stopped struct {
	Reason string `json:"reason"` // AllEpochs, NoPatience or LossNotFinite
	Epoch  int    `json:"epoch"`  // the last that was completed; 0: none
	// BestEpoch is that of the lowest validation loss; 0: none was validated.
	BestEpoch int `json:"best_epoch,omitempty"`
	// TestedEpoch is the epoch after which the weights were that were tested: the best; without one the last or, in a run
	// that diverged, the last from which training went on with a finite loss. 0: the initial weights.
	TestedEpoch int `json:"tested_epoch"`
	// Weights is the file of the folder that holds them; "": they were not kept.
	Weights string `json:"weights,omitempty"`
}

// Tested says which weights were tested.
func (s Stopped) Tested() string {
	switch {
	case s.TestedEpoch == 0:
		return "the initial weights"
	case s.TestedEpoch == s.BestEpoch:
		return fmt.Sprintf("the weights of epoch %d, which has the lowest validation loss", s.TestedEpoch)
	case s.Reason == LossNotFinite:
		return fmt.Sprintf("the weights of epoch %d, the last that ended with a finite loss", s.TestedEpoch)
	}
	return fmt.Sprintf("the weights of epoch %d, the last", s.TestedEpoch)
}

// The values of Stopped.Reason.
const (
	AllEpochs     = "epochs"   // all were done
	NoPatience    = "patience" // too many of them without a lower validation loss
	LossNotFinite = "diverged"
)

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

// epochKey is the key of Epoch.N.
const epochKey = "epoch"

// MarshalJSON writes the number of the epoch, then its values in the order of the table.
func (e Epoch) MarshalJSON() ([]byte, error) {
	text := fmt.Appendf(nil, `{"%s":%d`, epochKey, e.N)
	for _, m := range Metrics {
		if v, ok := e.Values[m]; ok {
			text = fmt.Appendf(text, `,"%s":`, m.Name)
			figure, _ := number.Float(v).MarshalJSON() // has no error
			text = append(text, figure...)
		}
	}
	return append(text, '}'), nil
}

// UnmarshalJSON is the inverse of MarshalJSON, strict as ReadMetrics.
func (e *Epoch) UnmarshalJSON(text []byte) error { return strictjson.Unmarshal(text, e, nil) }

// Set stores the value of a JSON key, as strictjson.Object.
func (e *Epoch) Set(key string, decode func(into any) error) (known bool, err error) {
	if key == epochKey {
		return true, decode(&e.N)
	}
	m := Named(key)
	if m == nil {
		return false, nil
	}
	var v number.Float
	err = decode(&v)
	if e.Values == nil {
		e.Values = map[*Metric]float64{}
	}
	e.Values[m] = float64(v)
	return true, err
}

// Required are the JSON keys that every epoch has.
func (e *Epoch) Required() []string {
	keys := []string{epochKey}
	for _, m := range Metrics {
		if !m.Optional {
			keys = append(keys, m.Name)
		}
	}
	return keys
}

// MarshalJSON writes a Run with an empty list, not null, for no epochs.
func (r Run) MarshalJSON() ([]byte, error) {
	type plain Run
	if r.Epochs == nil {
		r.Epochs = []Epoch{}
	}
	return json.Marshal(plain(r))
}

// check wants e to be item i of a list of epochs numbered from 1.
func (e Epoch) check(i int) error {
	if e.N != i+1 {
		return fmt.Errorf("epoch is %d, want %d", e.N, i+1)
	}
	for _, m := range Metrics {
		most := math.Inf(1)
		if m.Unit == "%" {
			most = 1
		}
		if v := e.Values[m]; v < 0 || v > most { // NaN is what a loss may be
			return fmt.Errorf("%s is %g, want %s", m.Name, v, within(most))
		}
	}
	return nil
}

func within(most float64) string {
	if math.IsInf(most, 1) {
		return "at least 0"
	}
	return fmt.Sprintf("0 to %g", most)
}

func (t Test) check() error {
	if t.Images < 1 {
		return fmt.Errorf("images is %d, want at least 1", t.Images)
	}
	if t.Correct < 0 || t.Correct > t.Images {
		return fmt.Errorf("correct is %d, want 0 to %d, the images", t.Correct, t.Images)
	}
	if share := float64(t.Correct) / float64(t.Images); math.Abs(t.Accuracy-share) > 1e-9 {
		return fmt.Errorf("accuracy is %g, want %g, the share of the images that are correct", t.Accuracy, share)
	}
	if t.Loss < 0 {
		return fmt.Errorf("loss is %g, want at least 0", float64(t.Loss))
	}
	return nil
}

func (r Run) check() error {
	for i, e := range r.Epochs {
		if err := e.check(i); err != nil {
			return fmt.Errorf("epochs[%d].%w", i, err)
		}
	}
	if !(r.StepSeconds >= 0) {
		return fmt.Errorf("step_seconds is %g, want at least 0", r.StepSeconds)
	}
	if r.Test != nil {
		if err := r.Test.check(); err != nil {
			return fmt.Errorf("test.%w", err)
		}
	}
	return nil
}
