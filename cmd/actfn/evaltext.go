package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"actfn/internal/metrics"
	"actfn/internal/record"
)

// evaluation is the result of `actfn eval`.
type evaluation struct {
	metrics.Evaluation
	Learnt  []record.Learnt // what the model's activations have learnt
	Against *comparison
}

// comparison is the same images seen by another model.
type comparison struct {
	Checkpoint string  `json:"checkpoint"`
	Activation string  `json:"activation"`
	Accuracy   float64 `json:"accuracy"`
	OnlyFirst  int     `json:"only_first"`  // right by the first model alone
	OnlySecond int     `json:"only_second"` // right by the other alone
	P          float64 `json:"p"`           // exact McNemar test, two-sided
	Flipped    []flip  `json:"flipped"`
}

// flip is an image that one model has right and the other wrong.
type flip struct {
	Path   string `json:"path"`
	True   string `json:"true"`
	First  string `json:"first"`
	Second string `json:"second"`
}

// MarshalJSON adds learnt and against, where there are such, to the evaluation's own keys.
func (e evaluation) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal(e.Evaluation)
	if err != nil {
		return nil, err
	}
	more, err := json.Marshal(struct {
		Learnt  []record.Learnt `json:"learnt,omitempty"`
		Against *comparison     `json:"against,omitempty"`
	}{e.Learnt, e.Against})
	if err != nil || len(more) == len("{}") {
		return own, err
	}
	return slices.Concat(own[:len(own)-1], []byte(","), more[1:]), nil
}

// writeText writes the evaluation for a person to read.
func (e evaluation) writeText(w io.Writer) error {
	printf(w, "Accuracy: %s\n", percent(e.Accuracy))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printf(tw, "95%% interval\t%s to %s\n", percent(e.AccuracyCI95[0]), percent(e.AccuracyCI95[1]))
	printf(tw, "images\t%d, %d correct\n", e.Images, e.Correct)
	printf(tw, "loss\t%.4f\n", e.Loss)
	printf(tw, "activation\t%s\n", e.Activation)
	for _, l := range e.Learnt {
		printf(tw, "learnt\t%s\n", learntText(l))
	}
	printf(tw, "weights\t%s\n", e.Checkpoint)
	tw.Flush()

	tw = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "\nprecision\trecall\tf1\timages\t  class")
	for _, c := range metrics.WorstFirst(e.PerClass) {
		printf(tw, "%.3f\t%.3f\t%.3f\t%d\t  %s\n", c.Precision, c.Recall, c.F1, c.Images, c.Class)
	}
	tw.Flush()

	const largest = 5
	confusions := metrics.LargestConfusions(e.Confusion, e.Classes, largest)
	if len(confusions) > 0 {
		fmt.Fprintln(w, "\nlargest confusions")
	}
	for _, c := range confusions {
		printf(tw, "%d\t%s\t  %s taken for %s\n", c.Count, percent(c.Share), c.True, c.Predicted)
	}
	if err := tw.Flush(); err != nil || e.Against == nil {
		return err
	}
	return e.Against.writeText(w, e.Accuracy)
}

func (c *comparison) writeText(w io.Writer, accuracy float64) error {
	printf(w, "\nagainst %s, %s\n", c.Checkpoint, c.Activation)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	printf(tw, "accuracy\t%s here, %s there\n", percent(accuracy), percent(c.Accuracy))
	printf(tw, "right\t%d images only here, %d only there\n", c.OnlyFirst, c.OnlySecond)
	printf(tw, "p\t%.4g (exact McNemar test that both err equally often)\n", c.P)
	tw.Flush()
	if len(c.Flipped) > 0 {
		fmt.Fprintln(tw, "\nflipped\there\tthere")
	}
	for _, f := range c.Flipped {
		printf(tw, "%s\t%s\t%s\n", f.Path, f.First, f.Second)
	}
	return tw.Flush()
}
