package train

import (
	"fmt"

	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/optim"
)

// fits returns an error if training would take more memory than the machine has; nothing is allocated yet.
func fits(net *model.Net, c Config) error {
	o, err := optim.Named(c.Optimizer)
	if err != nil {
		return err
	}
	need := net.Memory(max(c.BatchSize, evaluationBatch(net.Input)), len(o.Moments))
	have := totalMemory()
	if have == 0 || need <= int64(have) { // 0: unknown on this system
		return nil
	}
	err = fmt.Errorf("model: training takes about %.1f GiB, want at most the %.1f GiB of this machine", gibibytes(need), gibibytes(int64(have)))
	return fault.Hint(err, "a smaller --image-size, --hidden or --filters, or more blocks as in --filters 32,64,128, make it smaller")
}

func gibibytes(bytes int64) float64 { return float64(bytes) / (1 << 30) }
