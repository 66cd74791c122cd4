package health

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"actfn/internal/metrics"
	"actfn/internal/record"
	"actfn/internal/wording"
)

// Run is a run that is judged.
type Run struct {
	Health []record.Health // of all epochs
	Epochs []record.Epoch
	Tested int // the epoch whose weights are tested; 0: the first weights
	// Images is the number of training images, Chance the share of the most frequent class among them.
	Images int
	Chance float64
}

// Rule is a row of the table of what may be wrong with a run.
type Rule struct {
	Name string
	// When says in words when it applies, with its threshold; Source is where that comes from.
	When, Source string
	// Warning: the run is hardly of use. Other rules are notes.
	Warning bool
	// find is what is wrong, "" if nothing is. The layers are those of the tested epoch.
	find func(r Run, layers []record.Health) string
}

// ours marks thresholds that are of this program: they were tried on runs of known state, see docs/health.md.
const ours = "ours"

// Rules are the rules, the worst first.
var Rules = []Rule{
	{
		Name: "not_finite", Warning: true, Source: "Keras' TerminateOnNaN, of the loss",
		When: "what an activation receives, its derivative or the loss is NaN or infinite on the probe",
		find: func(_ Run, layers []record.Health) string {
			for _, l := range layers {
				if _, ok := l.Values[record.InputMean]; !ok {
					return l.Layer + ": what the activation receives is not finite"
				}
				if _, ok := l.Values[record.Dead]; !ok {
					return fmt.Sprintf("%s: the derivative of %s is not finite where its inputs lie", l.Layer, l.Function)
				}
			}
			return ""
		},
	},
	{
		Name: "dead", Warning: true, When: "dead ≥ 50 % in a layer",
		Source: "SageMaker Debugger's dead_relu rule has 50 % of a layer's neurons, too",
		find:   dead(0.5),
	},
	{
		Name: "no_gradient", Warning: true, Source: ours,
		When: "gradient_norm is 0 in the last layer with an activation, and not all of its units are dead",
		find: func(_ Run, layers []record.Health) string {
			last := layers[len(layers)-1]
			if v, ok := last.Values[record.LayerGradientNorm]; ok && v == 0 && last.Values[record.Dead] < 1 {
				return "no gradient reaches " + last.Layer
			}
			return ""
		},
	},
	{
		Name: "vanishing", Warning: true, When: "gradient_norm of the first layer is below 1/1000 of that of the last",
		Source: "AUTOTRAINER (Zhang et al. 2021, doi:10.1109/ICSE43902.2021.00043) has it, of the gradients of weights",
		find: func(_ Run, layers []record.Health) string {
			return ratio(layers, "vanishes", func(r float64) bool { return r < 1e-3 })
		},
	},
	{
		Name: "exploding", Warning: true, When: "gradient_norm of the first layer is above 70 times that of the last",
		Source: "AUTOTRAINER, too",
		find: func(_ Run, layers []record.Health) string {
			return ratio(layers, "explodes", func(r float64) bool { return r > 70 })
		},
	},
	{
		Name: "saturated", Warning: true, When: "saturated ≥ 50 % in a layer",
		Source: "Glorot and Bengio 2010 look at the same; SageMaker Debugger's saturated_activation rule has 50 %",
		find: func(_ Run, layers []record.Health) string {
			l, also := worst(layers, record.Saturated, func(v float64) bool { return v >= 0.5 })
			if l == nil {
				return ""
			}
			return fmt.Sprintf("%s: %s is flat where its inputs lie (mean %s)%s", l.Layer, l.Function,
				record.InputMean.Text(l.Values[record.InputMean]), also)
		},
	},
	{
		Name: "replaced", Warning: true, When: "update_ratio > 0.1 in a layer",
		Source: "Karpathy 2017 (CS231n, babysitting the learning process) wants about 0.001",
		find: func(_ Run, layers []record.Health) string {
			l, also := worst(layers, record.UpdateRatio, func(v float64) bool { return v > 0.1 })
			if l == nil {
				return ""
			}
			return fmt.Sprintf("%s: weights are replaced within ten steps (a step is %.0f %% of them)%s", l.Layer,
				100*l.Values[record.UpdateRatio], also)
		},
	},
	{
		Name: "sameness", Warning: true, When: "sameness > 0.99 in a layer, and training accuracy is still that of guessing",
		Source: ours,
		find: func(r Run, layers []record.Health) string {
			if !r.guesses() {
				return ""
			}
			for _, l := range layers {
				if l.Values[record.Sameness] > 0.99 {
					return "all images look alike after " + l.Layer
				}
			}
			return ""
		},
	},
	{
		Name: "gain", Warning: true, Source: "ours, after TAT (Zhang et al. 2022, arXiv:2203.08120)",
		When: "before training the variances of two layers' inputs differ more than tenfold, training accuracy is still that of " +
			"guessing, and no layer is dead",
		find: func(r Run, layers []record.Health) string {
			if dead(0.5)(r, layers) != "" {
				return "" // training did that
			}
			least, largest := math.Inf(1), 0.0
			for _, l := range Of(r.Health, 0) {
				if std, ok := l.Values[record.InputStd]; ok {
					least, largest = min(least, std), max(largest, std)
				}
			}
			if r.guesses() && largest*largest > 10*least*least {
				return "initialization does not fit this function: --initialization matched"
			}
			return ""
		},
	},
	{
		Name: "frozen", Warning: true, When: "update_ratio < 0.00001 in a layer, in every epoch", Source: ours,
		find: func(r Run, layers []record.Health) string {
			for _, l := range layers {
				most, measured := 0.0, false
				for _, h := range r.Health {
					if v, ok := h.Values[record.UpdateRatio]; ok && h.Layer == l.Layer {
						most, measured = max(most, v), true
					}
				}
				if measured && most < 1e-5 {
					return fmt.Sprintf("%s: weights are frozen (a step moves them by %.1g of their size)", l.Layer, most)
				}
			}
			return ""
		},
	},
	{
		Name: "linear", Warning: true, When: "linear ≥ 90 % in a layer", Source: ours,
		find: func(_ Run, layers []record.Health) string {
			l, also := worst(layers, record.Linear, func(v float64) bool { return v >= 0.9 })
			if l == nil {
				return ""
			}
			return l.Layer + ": the activation is a straight line here" + also
		},
	},
	{
		Name: "some_dead", When: "dead ≥ 5 % in a layer", Source: ours,
		find: func(r Run, layers []record.Health) string {
			if dead(0.5)(r, layers) != "" {
				return "" // a warning says it
			}
			return dead(0.05)(r, layers)
		},
	},
}

// Finding is a rule that applies.
type Finding struct {
	Rule     string
	Warning  bool
	Sentence string
}

// Diagnose says what is wrong with a run, the worst first.
func Diagnose(r Run) []Finding {
	layers := Of(r.Health, r.Tested)
	if len(layers) == 0 {
		return nil
	}
	var found []Finding
	for _, rule := range Rules {
		if sentence := rule.find(r, layers); sentence != "" {
			found = append(found, Finding{rule.Name, rule.Warning, sentence})
		}
	}
	return found
}

// Sentences are those of the first findings, three at most.
func Sentences(found []Finding) []string {
	var sentences []string
	for _, f := range found[:min(3, len(found))] {
		sentences = append(sentences, f.Sentence)
	}
	return sentences
}

// guesses says that the training accuracy of the tested epoch is not above that of guessing the most frequent class: its
// interval by Wilson, of 95 %, begins there or below.
func (r Run) guesses() bool {
	if r.Tested < 1 || r.Tested > len(r.Epochs) {
		return false
	}
	accuracy := r.Epochs[r.Tested-1].Values[record.TrainAccuracy]
	low, _ := metrics.Wilson(int(math.Round(accuracy*float64(r.Images))), r.Images, 0.95)
	return low <= r.Chance
}

// dead names the layers of which at least a share is dead, four at most.
func dead(least float64) func(Run, []record.Health) string {
	return func(_ Run, layers []record.Health) string {
		var parts []string
		for _, l := range layers {
			if v, ok := l.Values[record.Dead]; ok && v >= least {
				count := int(math.Round(v * float64(l.Units)))
				parts = append(parts, fmt.Sprintf("%s: %d of %s", l.Layer, count, wording.Counted(l.Units, l.Unit)))
			}
		}
		switch more := len(parts) - 4; {
		case len(parts) == 0:
			return ""
		case more > 0:
			parts = append(parts[:4], "and more in "+wording.Counted(more, "other layer"))
		}
		return strings.Join(parts, ", ") + " get no gradient from any image"
	}
}

// ratio says what the gradient does on its way to the first layer, if that is bad.
func ratio(layers []record.Health, does string, bad func(float64) bool) string {
	r, ok := Ratio(layers)
	if !ok || !bad(r) {
		return ""
	}
	return fmt.Sprintf("the gradient %s: in %s it is %.2g times that in %s", does, layers[0].Layer, r, layers[len(layers)-1].Layer)
}

// worst is the layer with the largest figure of those that are bad, nil if none is, and says how many others are.
func worst(layers []record.Health, f *record.Figure, bad func(float64) bool) (l *record.Health, also string) {
	var all []record.Health
	for _, l := range layers {
		if v, ok := l.Values[f]; ok && bad(v) {
			all = append(all, l)
		}
	}
	if len(all) == 0 {
		return nil, ""
	}
	most := slices.MaxFunc(all, func(a, b record.Health) int { return cmp.Compare(a.Values[f], b.Values[f]) })
	if others := len(all) - 1; others > 0 {
		also = fmt.Sprintf(" (also in %s)", wording.Counted(others, "other layer"))
	}
	return &most, also
}
