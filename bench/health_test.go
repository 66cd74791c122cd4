package bench

import (
	"os"
	"slices"
	"testing"
	"time"

	"actfn/internal/dataset"
	"actfn/internal/model"
	"actfn/internal/record"
	"actfn/internal/statistics"
	"actfn/internal/train"
	"actfn/internal/worker"
)

// BenchmarkHealth is the cost of measuring the health: two runs with the same settings, one with the probe and one without,
// train by turns, an epoch each, so that both meet the same machine and the probe finds the caches as training leaves them.
// %probe is the time from the last step of an epoch to its end, less that of the run without, and %epoch the time that the
// whole epoch takes longer, as shares of the epoch without: medians over the epochs but the first, and quartiles. The images
// are those of load, or of the built-in sample 1600.
//
//	go test ./bench -run '^$' -bench 'Health/plain' -benchtime 40x
func BenchmarkHealth(b *testing.B) {
	b.Run("plain", func(b *testing.B) { benchmarkHealth(b, func(*model.Config, *train.Config) {}) })
	b.Run("resnet20", func(b *testing.B) {
		benchmarkHealth(b, func(m *model.Config, c *train.Config) {
			m.Network, m.Depth, m.Norm, m.Head, c.BatchSize = "resnet", 20, "batch", "average", 128
		})
	})
}

func benchmarkHealth(b *testing.B, change func(*model.Config, *train.Config)) {
	cfg := dataset.Default()
	if cfg.Root = os.Getenv(dataVariable); cfg.Root == "" {
		cfg.ValSplit = 0.2
	}
	loaded, err := dataset.Load(b.Context(), cfg, 0, dataset.Options{})
	if err != nil {
		b.Fatal(err)
	}
	data := train.Loaded(loaded)
	data.Val = nil
	pool := worker.New(0)
	defer pool.Close()
	runs := [2]*turns{{mine: make(chan struct{}, 1)}, {mine: make(chan struct{}, 1)}}
	runs[0].mine <- struct{}{}
	ended := make(chan error)
	for i, t := range runs {
		t.other = runs[1-i].mine
		c, m := train.Default(), model.Default()
		c.Epochs, c.Health = b.N+1, i == 0
		change(&m, &c)
		go func() {
			<-t.mine
			_, err := train.Run(b.Context(), train.Job{Config: c, Model: m, Data: data, Pool: pool, Observers: []train.Observer{t}})
			close(t.other)
			ended <- err
		}()
	}
	for range runs {
		if err := <-ended; err != nil {
			b.Fatal(err)
		}
	}
	var probe, epoch []float64
	for i, without := range runs[1].epochs[1:] {
		with, after := runs[0].epochs[1+i], runs[0].after[1+i]-runs[1].after[1+i]
		probe, epoch = append(probe, 100*after/without), append(epoch, 100*(with/without-1))
	}
	for name, shares := range map[string][]float64{"%probe": probe, "%epoch": epoch} {
		slices.Sort(shares)
		b.ReportMetric(statistics.Median(shares), name)
		b.ReportMetric(shares[len(shares)/4], name+"-low")
		b.ReportMetric(shares[len(shares)*3/4], name+"-high")
	}
	b.ReportMetric(1e3*statistics.Median(runs[1].epochs[1:]), "ms/epoch")
}

// turns is an observer that lets its run and another train by turns.
type turns struct {
	mine, other    chan struct{} // whose turn it is
	began, stepped time.Time
	epochs, after  []float64 // seconds of each epoch, and of what comes after its last step
}

func (t *turns) Step(int, int, int) { t.stepped = time.Now() }

func (t *turns) Epoch(record.Epoch) {
	t.epochs = append(t.epochs, time.Since(t.began).Seconds())
	t.after = append(t.after, time.Since(t.stepped).Seconds())
	t.other <- struct{}{}
	<-t.mine
	t.began = time.Now()
}
