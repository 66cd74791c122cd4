package train

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/number"
	"actfn/internal/optim"
)

// Config decides how the model is trained.
type Config struct {
	Epochs    int    `mapstructure:"epochs" yaml:"epochs" json:"epochs"`
	BatchSize int    `mapstructure:"batch_size" yaml:"batch_size" json:"batch_size"`
	Shuffle   bool   `mapstructure:"shuffle" yaml:"shuffle" json:"shuffle"`
	Seed      uint64 `mapstructure:"seed" yaml:"seed" json:"seed"`

	// Optimizer is one of optim.Names().
	Optimizer      string `mapstructure:"optimizer" yaml:"optimizer" json:"optimizer"`
	optim.Settings `mapstructure:",squash" yaml:",inline"`
	// ActivationLRFactor times the learning rate is that of the parameters that activations learn, which have no
	// weight decay.
	ActivationLRFactor float64 `mapstructure:"activation_lr_factor" yaml:"activation_lr_factor" json:"activation_lr_factor"`

	// Schedule is constant, step or cosine; WarmupEpochs of linear growth come before it.
	Schedule     string  `mapstructure:"schedule" yaml:"schedule" json:"schedule"`
	StepEpochs   int     `mapstructure:"step_epochs" yaml:"step_epochs" json:"step_epochs"` // step: epochs between decays
	Gamma        float64 `mapstructure:"gamma" yaml:"gamma" json:"gamma"`                   // step: factor of each decay
	MinLR        float64 `mapstructure:"min_lr" yaml:"min_lr" json:"min_lr"`                // cosine: where it ends
	WarmupEpochs int     `mapstructure:"warmup_epochs" yaml:"warmup_epochs" json:"warmup_epochs"`

	LabelSmoothing float64 `mapstructure:"label_smoothing" yaml:"label_smoothing" json:"label_smoothing"`
	// ClipGrad > 0 scales the gradient down to that L2 norm over all parameters.
	ClipGrad float64 `mapstructure:"clip_grad" yaml:"clip_grad" json:"clip_grad"`
	// ClassWeights is none, or balanced: images/(classes × images of the class).
	ClassWeights string `mapstructure:"class_weights" yaml:"class_weights" json:"class_weights"`
	// Patience > 0 stops after that many epochs without a better validation loss.
	Patience int `mapstructure:"patience" yaml:"patience" json:"patience"`
	// Init names a safetensors file of initial weights; empty draws PyTorch's default initialisation.
	Init string `mapstructure:"init" yaml:"init" json:"init"`
}

// Default is ten epochs of Adam at 0.001 in shuffled batches of 32.
func Default() Config {
	return Config{
		Epochs: 10, BatchSize: 32, Shuffle: true,
		Optimizer: "adam", Settings: optim.Default(), ActivationLRFactor: 1,
		Schedule: "constant", StepEpochs: 5, Gamma: 0.1,
		ClassWeights: "none",
	}
}

// The values of the keys that choose.
var (
	Schedules    = []string{"constant", "step", "cosine"}
	ClassWeights = []string{"none", "balanced"}
)

// Validate reports every fault of the configuration.
func (c Config) Validate() error {
	var faults []error
	number := func(key string, v float64, ok bool, rule string) {
		if !number.Finite(v) || !ok {
			faults = append(faults, fmt.Errorf("train.%s: value is %g, want %s", key, v, rule))
		}
	}
	whole := func(key string, v, low, top int) {
		if v < low || v > top {
			faults = append(faults, fmt.Errorf("train.%s: value is %d, want %d to %d", key, v, low, top))
		}
	}
	choice := func(key, v string, of []string) {
		if !slices.Contains(of, v) {
			faults = append(faults, fmt.Errorf("train.%s: value is %q, want one of %s", key, v, strings.Join(of, ", ")))
		}
	}
	whole("epochs", c.Epochs, 0, 1_000_000)
	whole("batch_size", c.BatchSize, 1, 1024)
	for _, err := range optim.Check(c.Optimizer, c.Settings) {
		faults = append(faults, fmt.Errorf("train.%w", err))
	}
	number("activation_lr_factor", c.ActivationLRFactor, c.ActivationLRFactor >= 0, "0 (nothing is learnt) or more")
	choice("schedule", c.Schedule, Schedules)
	whole("step_epochs", c.StepEpochs, 1, 1_000_000)
	number("gamma", c.Gamma, c.Gamma > 0 && c.Gamma <= 1, "above 0 to 1")
	number("min_lr", c.MinLR, c.MinLR >= 0, "0 or more")
	whole("warmup_epochs", c.WarmupEpochs, 0, 1_000_000)
	number("label_smoothing", c.LabelSmoothing, c.LabelSmoothing >= 0 && c.LabelSmoothing < 1, "0 to below 1")
	number("clip_grad", c.ClipGrad, c.ClipGrad >= 0, "0 (off) or more")
	choice("class_weights", c.ClassWeights, ClassWeights)
	whole("patience", c.Patience, 0, 1_000_000)
	return errors.Join(faults...)
}

// Needs reports what the configuration asks for that the data does not have.
func (c Config) Needs(data *dataset.Data) error {
	if c.Patience > 0 && data.Val == nil {
		err := fmt.Errorf("value is %d without validation, want --val-split or a val folder", c.Patience)
		return fault.Usage(fault.At("train.patience", err))
	}
	return nil
}
