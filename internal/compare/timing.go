package compare

import (
	"math"

	"actfn/internal/record"
	"actfn/internal/statistics"
)

// Timing says how the steps of a comparison were timed: by themselves, in blocks, each of which has the time of a step
// of every activation.
type Timing struct {
	Baseline    string             `json:"baseline"` // of the ratios
	Batch       int                `json:"batch"`    // images of a step
	Environment record.Environment `json:"environment"`
}

// Timed are the steps with their Timing, by activation.
type Timed struct {
	Timing
	Steps map[string]Step
}

// Step is the time of a training step. Intervals are Student's of the mean logarithm over the blocks, at 95 %; null of
// one block.
type Step struct {
	Blocks  int         `json:"blocks"`
	Seconds float64     `json:"seconds"` // geometric mean over the blocks
	CI      *[2]float64 `json:"ci"`
	// Ratio is the time in units of the baseline's, the geometric mean of that in each block; null where the baseline
	// is not that of the Timing.
	Ratio   *float64    `json:"ratio"`
	RatioCI *[2]float64 `json:"ratio_ci"`
}

// NewStep is of an activation's seconds and the baseline's, in the same blocks.
func NewStep(seconds, baseline []float64) Step {
	ratios := make([]float64, len(seconds))
	for i := range seconds {
		ratios[i] = seconds[i] / baseline[i]
	}
	s := Step{Blocks: len(seconds)}
	s.Seconds, s.CI = geometric(seconds)
	ratio, ci := geometric(ratios)
	s.Ratio, s.RatioCI = &ratio, ci
	return s
}

// geometric is the geometric mean of values and its interval.
func geometric(values []float64) (mean float64, ci *[2]float64) {
	const confidence = 0.95
	logs := make([]float64, len(values))
	for i, v := range values {
		logs[i] = math.Log(v)
	}
	e := statistics.OverSample(logs, 0)
	if len(values) > 1 {
		i := e.Interval(confidence)
		ci = &[2]float64{math.Exp(i[0]), math.Exp(i[1])}
	}
	return math.Exp(e.Mean), ci
}

// Level reports that the interval of the ratio holds 1: there is no evidence that the step takes another time.
func (s Step) Level() bool { return s.RatioCI != nil && s.RatioCI[0] <= 1 && 1 <= s.RatioCI[1] }

// step is that of an activation, nil without one.
func (t *Timed) step(activation, baseline string) *Step {
	if t == nil {
		return nil
	}
	s, ok := t.Steps[activation]
	if !ok {
		return nil
	}
	if t.Baseline != baseline {
		s.Ratio, s.RatioCI = nil, nil
	}
	return &s
}

// timing is how they were timed, nil if they were not.
func (t *Timed) timing() *Timing {
	if t == nil {
		return nil
	}
	return &t.Timing
}

// Timed are the steps of a result, nil if none was timed.
func (r Result) Timed() *Timed {
	if r.Timing == nil {
		return nil
	}
	t := Timed{*r.Timing, map[string]Step{}}
	for _, row := range r.Rows {
		if row.Step != nil {
			t.Steps[row.Activation] = *row.Step
		}
	}
	return &t
}

// timing checks what was timed.
func (c *checker) timing() {
	if t := c.r.Timing; t != nil {
		c.want(t.Batch > 0, "timing.batch", t.Batch, "at least 1")
	}
}

// step checks a row's time.
func (c *checker) step(place string, s *Step) {
	if s == nil {
		return
	}
	place += ".step"
	positive := func(name string, v float64) { c.want(v > 0, place+name, v, "above 0") }
	within := func(name string, v float64, ci *[2]float64) {
		if ci != nil {
			c.want(ci[0] <= v && v <= ci[1], place+name, v, "within its interval, %v to %v", ci[0], ci[1])
			positive(name+"_ci[0]", ci[0])
		}
	}
	c.want(s.Blocks > 0, place+".blocks", s.Blocks, "at least 1")
	positive(".seconds", s.Seconds)
	within(".seconds", s.Seconds, s.CI)
	if s.Ratio != nil {
		positive(".ratio", *s.Ratio)
		within(".ratio", *s.Ratio, s.RatioCI)
	}
	c.want(s.Ratio != nil || s.RatioCI == nil, place+".ratio_ci", words("a list"), "null without a ratio")
}
