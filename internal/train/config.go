package train

import (
	"errors"
	"fmt"
	"slices"

	"actfn/internal/fault"
	"actfn/internal/optim"
	"actfn/internal/record"
	"actfn/internal/setting"
)

// Config decides how the model is trained: see Keys.
type Config struct {
	Epochs    int
	BatchSize int
	Shuffle   bool
	DropLast  bool
	Seed      uint64

	Optimizer string // one of optim.Names()
	optim.Settings
	ActivationLRFactor float64

	Schedule     string // constant, step or cosine; WarmupEpochs of linear growth come before it
	StepEpochs   int
	Milestones   []int // empty: every StepEpochs
	Gamma        float64
	MinLR        float64
	WarmupEpochs int

	LabelSmoothing float64
	ClipGrad       float64 // 0: off
	GradientNorm   bool
	Health         bool
	HealthImages   int    // 0: by the size of the training set, see health.Images
	ClassWeights   string // none or balanced
	Patience       int    // 0: off
	Init           string // a safetensors file; empty: the weights are drawn, by model.Config.Initialization
}

// Keys are the settings of c.
func (c *Config) Keys() []setting.Key {
	const many = 1_000_000
	loop := []setting.Key{
		{Name: "epochs", Value: &c.Epochs, Flag: "epochs", Arg: "N", Default: 10, Rule: setting.Whole(0, many), MayChange: true,
			Help: "passes over the training images"},
		{Name: "batch_size", Value: &c.BatchSize, Flag: "batch-size", Short: "b", Arg: "N", Default: 32, Rule: setting.Whole(1, 1024),
			Help: "images per step"},
		{Name: "shuffle", Value: &c.Shuffle, Flag: "shuffle", Default: true,
			Help: "shuffle the training images in every epoch; --shuffle=false keeps the order of the files"},
		{Name: "drop_last", Value: &c.DropLast, Flag: "drop-last",
			Help: "leave out the last batch of an epoch if it is smaller than the others"},
		{Name: "seed", Value: &c.Seed, Flag: "seed", Arg: "N", Scope: setting.Cell, Lists: "seeds",
			Help: "random seed for weights, order, split and augmentation"},
		{Name: "optimizer", Value: &c.Optimizer, Flag: "optimizer", Default: "adam", Rule: setting.OneOf(optim.Names()...),
			Help: "optimiser, by PyTorch's formulas"},
	}
	rest := []setting.Key{
		{Name: "activation_lr_factor", Value: &c.ActivationLRFactor, Flag: "activation-lr", Arg: "F", Default: 1,
			Rule: setting.NotNegative.Saying("0 (nothing is learnt) or more"),
			Help: "learning-rate multiplier for learnable activation parameters",
			More: "These parameters have no weight decay."},
		{Name: "schedule", Value: &c.Schedule, Flag: "schedule", Default: "constant", Rule: setting.OneOf("constant", "step", "cosine"),
			Help: "learning rate over the epochs",
			More: "step: multiplied by gamma every step_epochs, or at the milestones. cosine: down to min_lr."},
		{Name: "step_epochs", Value: &c.StepEpochs, Default: 5, Rule: setting.Whole(1, many), Help: "epochs between two decays, with schedule step",
			More: "They are counted from the end of the warm-up."},
		{Name: "milestones", Value: &c.Milestones, Flag: "milestones", Arg: "LIST", Rule: setting.Whole(1, many),
			Help: "epochs after which the learning rate decays, with schedule step, as in 100,150",
			More: "They come instead of step_epochs, in rising order, and count all epochs, those of the warm-up too."},
		{Name: "gamma", Value: &c.Gamma, Default: 0.1, Rule: setting.Number("above 0 to 1", func(v float64) bool { return v > 0 && v <= 1 }),
			Help: "factor of each decay, with schedule step"},
		{Name: "min_lr", Value: &c.MinLR, Rule: setting.NotNegative, Help: "learning rate at the end, with schedule cosine"},
		{Name: "warmup_epochs", Value: &c.WarmupEpochs, Flag: "warmup-epochs", Arg: "N", Rule: setting.Whole(0, many),
			Help: "epochs of linear growth before the schedule"},
		{Name: "label_smoothing", Value: &c.LabelSmoothing, Flag: "label-smoothing", Arg: "F", Rule: setting.Share,
			Help: "share of the target spread evenly over all classes"},
		{Name: "clip_grad", Value: &c.ClipGrad, Flag: "clip-grad", Arg: "F", Rule: setting.NotNegative.Saying("0 (off) or more"),
			Help: "largest L2 norm of the gradient over all parameters; 0: no clipping"},
		{Name: "gradient_norm", Value: &c.GradientNorm, Flag: "gradient-norm", Scope: setting.Runtime,
			Help: "measure the L2 norm of the gradient over all parameters: the mean over the steps of an epoch",
			More: "It is that before clipping. Measuring it takes some time, and moves no bit of the result."},
		{Name: "health", Value: &c.Health, Flag: "health", Default: true, Scope: setting.Runtime, MayChange: true,
			Help: "measure after each epoch what the activations receive and the gradients there, on a few training images",
			More: "It moves no bit of the result: see docs/health.md."},
		{Name: "health_images", Value: &c.HealthImages, Flag: "health-images", Arg: "N", Rule: setting.Whole(0, many),
			Scope: setting.Runtime, MayChange: true,
			Help: "training images to measure the health with; 0: 2 % of them, at least 32 and at most 256"},
		{Name: "class_weights", Value: &c.ClassWeights, Flag: "class-weights", Default: "none", Rule: setting.OneOf("none", "balanced"),
			Help: "weights of the classes in the loss",
			More: "balanced: images/(classes × images of the class)."},
		{Name: "patience", Value: &c.Patience, Flag: "patience", Arg: "N", Rule: setting.Whole(0, many), MayChange: true,
			Help: "stop after N epochs without a better validation loss; 0: never"},
		{Name: "init", Value: &c.Init, Flag: "init", Arg: "FILE", Help: "start from the weights in this safetensors file",
			More: `Without one, "", they are drawn: see model.initialization.`},
	}
	return slices.Concat(loop, c.Settings.Keys(), rest)
}

// Default is every key at its default: ten epochs of Adam at 0.001 in shuffled batches of 32.
func Default() Config { return setting.Default((*Config).Keys) }

// Validate reports every fault of the configuration, each led by its key.
func (c Config) Validate() error {
	faults := slices.Concat(setting.Check(c.Keys()), c.checkMilestones())
	return errors.Join(append(faults, optim.Check(c.Optimizer, c.Settings)...)...)
}

func (c Config) checkMilestones() []error {
	if len(c.Milestones) == 0 {
		return nil
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf("milestones: "+format, args...)) }
	if c.Schedule != "step" {
		fault("list is %v with schedule %s, want schedule step", c.Milestones, c.Schedule)
	}
	if c.StepEpochs != Default().StepEpochs {
		fault("list is %v with step_epochs %d, want one of them", c.Milestones, c.StepEpochs)
	}
	before := c.WarmupEpochs
	for i, m := range c.Milestones {
		if m <= before {
			fault("entry %d is %d, want above %d, rising from the end of the warm-up", i+1, m, before)
		}
		before = m
	}
	return faults
}

// Stops is why training stops after some epochs, a value of record.Stopped.Reason; "": it goes on. The validation loss
// was lowest after epoch best, 0 without validation.
func (c Config) Stops(done, best int) string {
	switch {
	case done >= c.Epochs:
		return record.AllEpochs
	case c.Patience > 0 && done-best >= c.Patience:
		return record.NoPatience
	}
	return ""
}

// Steps is the number of batches of an epoch over that many images.
func (c Config) Steps(images int) int {
	if c.DropLast {
		return images / c.BatchSize
	}
	return (images + c.BatchSize - 1) / c.BatchSize
}

// Needs reports what the configuration asks for that the data does not have.
func (c Config) Needs(data Data) error {
	if c.Patience > 0 && data.Val == nil {
		err := fmt.Errorf("value is %d without validation, want --val-split or a val folder", c.Patience)
		return fault.Usage(fault.At("train.patience", err))
	}
	if n := data.Train.Len(); c.Steps(n) == 0 {
		err := fmt.Errorf("value is %d, want at most the %d training images with drop_last", c.BatchSize, n)
		return fault.Usage(fault.At("train.batch_size", err))
	}
	return nil
}
