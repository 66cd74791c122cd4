package train

import (
	"fmt"

	"actfn/internal/fault"
	"actfn/internal/health"
	"actfn/internal/model"
	"actfn/internal/optim"
)

// Memory is about what a training run takes, in bytes.
type Memory struct {
	Model  int64 // parameters, gradients, averages and what the layers compute
	Images int64 // the decoded ones, which runs at the same time share
}

// Need is what a training run takes. Nothing is allocated.
func Need(c Config, m model.Config, data Data) (Memory, error) {
	net, err := declare(c, m, data, nil)
	if err != nil {
		return Memory{}, err
	}
	return need(net, c, data)
}

// Summarize describes a network and its training.
func Summarize(net *model.Net, c Config) (model.Summary, error) {
	o, err := optim.Named(c.Optimizer)
	if err != nil {
		return model.Summary{}, err
	}
	return net.Summarize(c.BatchSize, len(o.Moments)), nil
}

func need(net *model.Net, c Config, data Data) (Memory, error) {
	o, err := optim.Named(c.Optimizer)
	if err != nil {
		return Memory{}, err
	}
	memory := Memory{Model: net.Memory(max(c.BatchSize, evaluationBatch(net.Input)), len(o.Moments))}
	if c.Health {
		memory.Model += health.Memory(net, c.probeImages(data.Train.Len()), c.BatchSize)
	}
	for _, images := range []Images{data.Train, data.Val, data.Test} {
		if images != nil {
			memory.Images += images.Bytes()
		}
	}
	return memory, nil
}

// All is what that many models at a time take, in bytes.
func (m Memory) All(models int) int64 { return m.Images + int64(models)*m.Model }

// Fits returns an error if that many models at a time take more memory than this process may use.
func (m Memory) Fits(models int) error {
	all, have := m.All(models), Available()
	if have == 0 || all <= have { // 0: not known on this system
		return nil
	}
	what := "training"
	if models > 1 {
		what = fmt.Sprintf("training %d models at a time", models)
	}
	return fmt.Errorf("%s takes about %.1f GiB, of which the images are %.1f, want at most the %.1f GiB that this process may use",
		what, gibibytes(all), gibibytes(m.Images), gibibytes(have))
}

// fits returns an error if training would take more memory than there is; nothing is allocated yet.
func fits(net *model.Net, c Config, data Data) error {
	memory, err := need(net, c, data)
	if err != nil {
		return err
	}
	return fault.Hint(fault.At("model", memory.Fits(1)),
		"a smaller --image-size, --hidden or --filters, or more blocks as in --filters 32,64,128, make it smaller")
}

func gibibytes(bytes int64) float64 { return float64(bytes) / (1 << 30) }
