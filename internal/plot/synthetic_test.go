package plot

import (
	"fmt"
	"math"
	"math/rand/v2"

	"actfn/internal/compare"
	"actfn/internal/number"
	"actfn/internal/record"
	"actfn/internal/statistics"
)

// outcome is how an activation does in synthetic runs.
type outcome struct {
	activation string
	accuracy   float64 // after many epochs
	step       float64 // time relative to the first's
}

var outcomes = []outcome{
	{"relu", 0.906, 1}, {"leaky_relu(slope=0.01)", 0.9065, 1.02}, {"tanh", 0.899, 1.09}, {"gelu", 0.911, 1.12},
	{"silu", 0.9095, 1.1}, {"mish", 0.9098, 1.18}, {"sigmoid", 0.1, 1.08},
}

// syntheticRuns are runs that look like those of a small network: each seed has its own luck, and an activation
// with an accuracy of 0.1 learns nothing.
func syntheticRuns(outcomes []outcome, seeds, epochs int, validated bool) []record.Run {
	random := rand.New(rand.NewPCG(1, 2))
	var runs []record.Run
	for _, o := range outcomes {
		for seed := range seeds {
			luck := random.NormFloat64()
			r := record.Run{Activation: o.activation, Seed: uint64(seed)}
			for i := range epochs {
				learnt := 1 - 0.35*math.Exp(-float64(i)/2)
				var fraction, loss float64
				if o.accuracy > 0.2 {
					fraction = o.accuracy*learnt + 0.02*float64(i)/float64(epochs) + 0.003*luck + 0.003*random.NormFloat64()
					loss = 2.3 * math.Pow(1-fraction, 0.9)
				} else {
					fraction, loss = 0.1+0.002*random.NormFloat64(), 2.304+0.002*random.NormFloat64()
				}
				e := record.Epoch{N: i + 1, Values: map[*record.Metric]float64{
					record.LR: 0.001, record.TrainLoss: loss, record.TrainAccuracy: fraction,
				}}
				if validated {
					e.Values[record.ValAccuracy] = fraction - 0.015*float64(i)/float64(epochs)
					e.Values[record.ValLoss] = loss + 0.02*float64(i)
				}
				r.Epochs = append(r.Epochs, e)
			}
			last := r.Epochs[epochs-1].Values
			r.Test = &record.Test{
				Loss: number.Float(last[record.TrainLoss] + 0.05), Accuracy: last[record.TrainAccuracy] - 0.01, Images: 10000,
			}
			runs = append(runs, r)
		}
	}
	return runs
}

// pointer is where a value is.
func pointer[T any](v T) *T { return &v }

// syntheticResult is a comparison to the first outcome, with rough intervals.
func syntheticResult(outcomes []outcome, seeds int) compare.Result {
	random := rand.New(rand.NewPCG(3, 4))
	r := compare.Result{Baseline: outcomes[0].activation, Alpha: 0.05, Rope: 0.005, Generalize: compare.OverSeeds,
		Data: compare.Data{Images: 10000, Classes: 10}}
	for seed := range seeds {
		r.Seeds = append(r.Seeds, uint64(seed))
	}
	for i, o := range outcomes {
		row := compare.Row{Activation: o.activation, N: seeds, Step: &compare.Step{Seconds: 0.007 * o.step, Ratio: pointer(o.step / outcomes[0].step)}, Parameters: 3215882}
		values := make([]float64, seeds)
		for j := range values {
			values[j] = o.accuracy + 0.002*random.NormFloat64()
			row.Values = append(row.Values, &values[j])
			if o.accuracy < 0.2 {
				row.AtChance = append(row.AtChance, uint64(j))
			}
		}
		e := statistics.OverSample(values, 0)
		row.Mean = &e.Mean
		if seeds > 1 {
			row.CI = new(e.Interval(confidence))
		}
		if i > 0 {
			d := &compare.Difference{N: seeds, Mean: e.Mean - *r.Rows[0].Mean}
			d.Verdict = compare.Inconclusive
			if seeds > 1 {
				half := 1.4 * e.HalfWidth(confidence)
				d.CI = &[2]float64{d.Mean - half, d.Mean + half}
				switch {
				case d.Mean-half > -r.Rope && d.Mean+half < r.Rope:
					d.Verdict = compare.Equivalent
				case d.Mean-half > 0:
					d.Verdict = compare.Better
				case d.Mean+half < 0:
					d.Verdict = compare.Worse
				}
			}
			row.Difference = d
		}
		r.Rows = append(r.Rows, row)
	}
	return r
}

// syntheticPredictions are images of classes of which some are taken for their neighbours.
func syntheticPredictions(classes, images int) (labels, predicted []int, names []string) {
	random := rand.New(rand.NewPCG(5, 6))
	fashion := []string{"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"}
	for i := range classes {
		names = append(names, fmt.Sprintf("%s %d", fashion[i%len(fashion)], i/len(fashion)))
		if classes <= len(fashion) {
			names[i] = fashion[i]
		}
	}
	for i := range images {
		label := i % classes
		p := label
		if random.Float64() < 0.03+0.25*float64(label%7)/7 {
			p = (label + 1 + random.IntN(1+classes/4)) % classes
		}
		labels, predicted = append(labels, label), append(predicted, p)
	}
	return labels, predicted, names
}

// syntheticLayers are those of a resnet of depth 6n+2.
func syntheticLayers(n int) []string {
	layers := []string{"conv1"}
	for stage := range 3 {
		for block := range n {
			for conv := range 2 {
				layers = append(layers, fmt.Sprintf("layer%d.%d.conv%d", stage+1, block, conv+1))
			}
		}
	}
	return layers
}

// syntheticHealth is a probe of layers that die one after the other from the first on, and whose gradient vanishes
// towards the first, by a factor a layer.
func syntheticHealth(function string, layers []string, epochs int, factor float64) []record.Health {
	random := rand.New(rand.NewPCG(7, 8))
	var all []record.Health
	for epoch := range epochs + 1 {
		for i, layer := range layers {
			progress := float64(epoch) / float64(max(1, epochs))
			units := 16 << (3 * i / len(layers))
			dead := math.Round(float64(units) * max(0, min(1, 1.6*progress-float64(i)/float64(len(layers)))))
			rms := 1e-3 * math.Pow(factor, float64(len(layers)-1-i)) * math.Exp(-progress+0.2*random.NormFloat64())
			mean, std := -4*progress*float64(i+1)/float64(len(layers)), 0.4+progress+0.05*random.Float64()
			h := record.Health{
				Epoch: epoch, Layer: layer, Function: function, Images: 256, Unit: "channel", Units: units,
				Values: map[*record.Figure]float64{
					record.InputMean: mean, record.InputStd: std, record.Dead: dead / float64(units), record.Saturated: 0,
					record.Linear: 0, record.Sameness: 0.3 + 0.69*progress, record.Gain: std,
					record.LayerGradientRMS: rms, record.LayerGradientNorm: 100 * rms, record.UpdateRatio: 30 * rms,
				},
				Quantiles: &[7]float64{},
				Histogram: &record.Histogram{Low: mean - 4*std, High: mean + 4*std},
			}
			if epoch == 0 {
				delete(h.Values, record.UpdateRatio)
				h.Missing = map[string]string{"update_ratio": "no step was made"}
			}
			for k, z := range []float64{-2.326, -1.645, -0.674, 0, 0.674, 1.645, 2.326} {
				h.Quantiles[k] = mean + z*std
			}
			for bin := range 64 {
				z := (float64(bin) - 31.5) / 8
				h.Histogram.Shares = append(h.Histogram.Shares, math.Exp(-z*z/2)/math.Sqrt(2*math.Pi)/8)
			}
			all = append(all, h)
		}
	}
	return all
}
