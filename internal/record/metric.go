package record

import (
	"fmt"
	"math"

	"actfn/internal/statistics"
)

// Metric is a row of the table of what is measured of each epoch. JSON, CSV, the line of an epoch and the plots read the
// row. No value is below 0.
type Metric struct {
	// Name is the key in JSON and the column in CSV: lower snake_case, with the unit where it is not obvious.
	Name string
	// Unit is the unit in which people read the metric. "%": the value is a fraction and is shown times 100.
	Unit string
	// Help says what it is, for docs/data.md.
	Help   string
	Better Direction
	// Aggregate makes one value of those of several seeds.
	Aggregate func(values []float64) float64
	// Format is the fmt format of the value in its unit, with its label, in the line of an epoch.
	Format string
	// Timing: it depends on the machine and on what else that does, and comparisons leave it out.
	Timing bool
	// Optional: not every run measures it. It is left out where it was not measured.
	Optional bool
	// Panel is the title of the panel in which `plot curves` draws the metric, as a line; "": it has none.
	Panel string
	// Validates is the metric that this one measures on the validation images; it is drawn in its panel.
	Validates *Metric
}

// Direction is which of two values is better. It is the sign of what makes a value better, 0 of a metric that has no
// better value.
type Direction int

// The directions.
const (
	Lower  Direction = -1
	Higher Direction = 1
)

// Metrics is the table, in the order of the keys and columns.
var Metrics []*Metric

// The rows. A metric is added by a row, and measured by package train.
var (
	LR = row(Metric{
		Name: "lr", Aggregate: mean, Format: "lr %.3g", Help: "learning rate of the last step of the epoch",
	})

	TrainLoss = row(Metric{
		Name: "train_loss", Better: Lower, Aggregate: mean, Format: "loss %.4f", Panel: "loss",
		Help: "mean loss of the training images in their steps: cross-entropy in nats, smoothed and weighted as set",
	})
	TrainAccuracy = row(Metric{
		Name: "train_accuracy", Unit: "%", Better: Higher, Aggregate: mean, Format: "accuracy %.2f%%", Panel: "accuracy",
		Help: "share of the training images that were classified correctly in their steps",
	})
	ValLoss = row(Metric{
		Name: "val_loss", Better: Lower, Aggregate: mean, Format: "validation loss %.4f", Optional: true,
		Validates: TrainLoss, Help: "mean cross-entropy of the validation images after the epoch, in nats",
	})
	ValAccuracy = row(Metric{
		Name: "val_accuracy", Unit: "%", Better: Higher, Aggregate: mean, Format: "accuracy %.2f%%", Optional: true,
		Validates: TrainAccuracy, Help: "share of the validation images that are classified correctly after the epoch",
	})
	GradientNorm = row(Metric{
		Name: "gradient_norm", Aggregate: mean, Format: "gradient norm %.4g", Optional: true, Panel: "gradient norm",
		Help: "L2 norm of the gradient of all parameters before clipping, mean over the steps",
	})

	ImagesPerSecond = row(Metric{
		Name: "images_per_second", Unit: "images/s", Better: Higher, Aggregate: statistics.Median, Format: "%.0f images/s",
		Timing: true, Help: "training images over the time of the training steps",
	})
	WallSeconds = row(Metric{
		Name: "wall_seconds", Unit: "s", Better: Lower, Aggregate: statistics.Median, Format: "%.1f s", Timing: true,
		Help: "time of the epoch, with validation and measurement of the health",
	})
)

// row adds a row to the table.
func row(m Metric) *Metric {
	Metrics = append(Metrics, &m)
	return &m
}

func mean(values []float64) float64 {
	m, _ := statistics.Moments(values)
	return m
}

// Named is the metric of a name; nil: there is none.
func Named(name string) *Metric {
	for _, m := range Metrics {
		if m.Name == name {
			return m
		}
	}
	return nil
}

// String is the name.
func (m *Metric) String() string { return m.Name }

// Shown is a value in the metric's unit.
func (m *Metric) Shown(v float64) float64 {
	if m.Unit == "%" {
		return 100 * v
	}
	return v
}

// Text is a value for people, with its label.
func (m *Metric) Text(v float64) string { return fmt.Sprintf(m.Format, m.Shown(v)) }

// IsBetter reports that a is better than b. It is false if one of them is NaN.
func (m *Metric) IsBetter(a, b float64) bool { return float64(m.Better)*(a-b) > 0 }

// Worst is where a run that diverges goes: -Inf if Higher is better, else +Inf.
func (m *Metric) Worst() float64 { return math.Inf(-int(m.Better)) }

// Last is the metric after the last epoch of a run, if it was measured then.
func (m *Metric) Last(r Run) (v float64, ok bool) {
	if len(r.Epochs) == 0 {
		return 0, false
	}
	v, ok = r.Epochs[len(r.Epochs)-1].Values[m]
	return v, ok
}
