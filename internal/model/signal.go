package model

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"

	"actfn/internal/activations"
	"actfn/internal/layer"
	"actfn/internal/number"
)

// Moments are averages over values v: of the images that a network is fed, or of the results of a layer.
type Moments struct {
	Mean   float64 `json:"mean"`
	Square float64 `json:"square"` // E[v²]
	// Near are E[vv′] of values of a channel 1, 2, 4, … columns or rows apart, and Apart that of values which have
	// nothing to do with each other: the mean square of the channels' means.
	Near  []float64 `json:"near"`
	Apart float64   `json:"apart"`
}

// Unknown are the moments that stand for images that are not known: whose values are equal everywhere in an image.
var Unknown = Moments{Square: 1, Near: slices.Repeat([]float64{1}, 8)}

// Measure returns the moments of images, (planes, H, W, N), of which the first n columns are images.
func Measure(batch []float32, planes, height, width, n int) (m Moments) {
	columns := len(batch) / (planes * height * width)
	pixel := func(c, y, x int) []float32 { return batch[((c*height+y)*width+x)*columns:][:n] }
	mean := func(dy, dx int) float64 { // of the products of values so far apart, over all channels
		sum := 0.0
		for c := range planes {
			for y := range height - dy {
				for x := range width - dx {
					other := pixel(c, y+dy, x+dx)
					for i, v := range pixel(c, y, x) {
						sum += float64(v) * float64(other[i])
					}
				}
			}
		}
		return sum / float64(planes*(height-dy)*(width-dx)*n)
	}
	m.Square, m.Near = mean(0, 0), []float64{}
	for d := 1; d < min(height, width); d *= 2 {
		m.Near = append(m.Near, (mean(d, 0)+mean(0, d))/2)
	}
	for c := range planes {
		sum := 0.0
		for i := range height * width {
			for _, v := range pixel(c, 0, i) {
				sum += float64(v)
			}
		}
		channel := sum / float64(height*width*n)
		m.Mean += channel / float64(planes)
		m.Apart += channel * channel / float64(planes)
	}
	return m
}

// deviation is the standard deviation, and correlation that of values whose product has the mean given, from 0 to 1.
func (m Moments) deviation() float64 { return math.Sqrt(max(0, m.Square-m.Mean*m.Mean)) }

func (m Moments) correlation(product float64) float64 {
	variance := m.Square - m.Mean*m.Mean
	if !(variance > 0) {
		return 1
	}
	return min(1, max(0, (product-m.Mean*m.Mean)/variance))
}

// with are the moments of mean and square, and of what change makes of the means of products.
func (m Moments) with(mean, square float64, change func(product float64) float64) Moments {
	out := Moments{Mean: mean, Square: square, Apart: change(m.Apart)}
	for _, product := range m.Near {
		out.Near = append(out.Near, change(product))
	}
	return out
}

// neighbours is E[vv′] of values side by side.
func (m Moments) neighbours() float64 {
	if len(m.Near) == 0 {
		return m.Apart
	}
	return m.Near[0]
}

// every are the moments of every stride-th row and column.
func (m Moments) every(stride int) Moments {
	m.Near = m.Near[min(len(m.Near), bits.Len(uint(stride))-1):]
	return m
}

// Signal is what mean field theory predicts for the layers of a network before training: see Net.Signal.
type Signal struct {
	Images  Moments       `json:"images"`
	Assumed bool          `json:"images_assumed"` // the images are Unknown
	Layers  []LayerSignal `json:"layers"`
}

// LayerSignal is what mean field theory predicts for a layer with an activation before training.
type LayerSignal struct {
	Layer    string       `json:"layer"`
	Function string       `json:"function"`
	InputStd number.Float `json:"input_std"` // standard deviation of what the activation receives
	// Gradient is the root mean square of the gradient there over that at the last layer with an activation.
	Gradient number.Float `json:"gradient"`
	// What a probe has measured of both before training; nil: nothing.
	MeasuredStd      *number.Float `json:"measured_input_std,omitempty"`
	MeasuredGradient *number.Float `json:"measured_gradient,omitempty"`
}

// Signal predicts what the layers' activations receive before training, and the gradients there, from the functions
// and the initialization: the mean field theory of Poole et al. 2016 (arXiv:1606.05340) and Schoenholz et al. 2017
// (arXiv:1611.01232) with the layers' own numbers of inputs. Weights are independent of each other and of what they
// meet, and what an activation receives is normal. Then for a layer of weights of variance σ², each result of which
// sums n values v, E[z²] = n·σ²·E[v²] + E[b²], the mean over the places of a convolution whose border meets zeros;
// and a gradient goes back with the mean square times σ² and the number of results that a value has a part in.
//
// A norm divides by the standard deviation about the mean of a channel. What the gradient loses because that mean and
// deviation depend on the values is left out: little with relu, a factor of up to 6 over six layers with sigmoid,
// whose gradients are much the same for all images. The k values of which the maximum is taken are normal with the
// correlation of neighbours, which is that of the images at first and follows f, and the gradient goes to the
// largest; values that a norm has made of f(z) are taken to be normal too. Sums add independent terms. Dropout does
// nothing, as in a probe. Where no gradient reaches the last layer with an activation, the ratios are NaN.
func (net *Net) Signal(of Moments) ([]LayerSignal, error) {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return nil, err
	}
	shapes, err := list.Shapes()
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	begin := map[string]float64{} // the variances of parameters
	for _, p := range net.Parameters {
		begin[p.Name] = variance(p.Init)
	}
	straight, err := activations.Parse("x")
	if err != nil {
		return nil, err
	}
	results, activated := map[string]Moments{images: of}, map[string]bool{}
	// back is by how much the mean square of the gradient of a layer's result changes on its way to that of its
	// input.
	back := map[string]float64{}
	for i, n := range list.Layers {
		in, x, y := results[n.Inputs[0]], shapes[n.Inputs[0]], shapes[n.Name]
		out, factor := in, 1.0
		switch l := n.Layer.(type) {
		case layer.Convolution:
			met := l.Filters * pairs(l, x[1], y[1]) * pairs(l, x[2], y[2]) // products of a channel's values
			weights := begin[l.Name+".weight"]
			out = weighted(in, weights*float64(l.Channels*met)/float64(y.Size()), begin[l.Name+".bias"]).every(l.Stride)
			factor = weights * float64(met) / float64(x[1]*x[2])
		case layer.Linear:
			weights := begin[l.Name+".weight"]
			out = weighted(in, weights*float64(l.Inputs), begin[l.Name+".bias"])
			factor = weights * float64(l.Features)
		case layer.BatchNorm:
			factor = 1 / (in.Square - in.Apart)
			out = in.with(0, 1, func(product float64) float64 { return (product - in.Apart) * factor })
		case layer.Activation:
			out, factor = through(l.Function, in, pooled(list.Layers[i+1:], n.Name))
			activated[n.Name] = true
		case layer.MaxPool: // an activation before it has taken the maximum
			if !activated[n.Inputs[0]] {
				out, _ = through(straight, in, l.Size*l.Size)
			}
			out = out.every(l.Stride)
			factor = float64(y.Size()) / float64(x.Size())
		case layer.AveragePool:
			k := float64(l.Size * l.Size)
			out = in.every(l.Stride)
			out.Square = (in.Square + (k-1)*in.neighbours()) / k
			factor = float64(y.Size()) / float64(x.Size()) / k
		case layer.GlobalAverage:
			k := float64(x[1:].Size())
			out.Square = (in.Square + (k-1)*in.Apart) / k
			factor = 1 / (k * k)
		case layer.Add:
			other := results[n.Inputs[1]]
			both := 2 * in.Mean * other.Mean
			sum := func(product float64) float64 { return product + both }
			out = in.with(in.Mean+other.Mean, in.Square+other.Square+both, sum)
			out.Apart += other.Apart
			for i := range out.Near[:min(len(in.Near), len(other.Near))] {
				out.Near[i] += other.Near[i]
			}
		case layer.Shortcut:
			share := float64(x[0]) / float64(l.Channels) // the other channels are zeros
			out = in.with(in.Mean*share, in.Square*share, func(product float64) float64 { return product * share })
			out = out.every(l.Stride)
			factor = float64(y[1:].Size()) / float64(x[1:].Size())
		case layer.Flatten, layer.Dropout:
		default:
			return nil, fmt.Errorf("model: %s: signals through it are not known", n.Name)
		}
		results[n.Name], back[n.Name] = out, factor
	}
	gradients := map[string]float64{list.Output(): 1}
	var all []LayerSignal
	for _, n := range slices.Backward(list.Layers) {
		for _, from := range n.Inputs {
			gradients[from] += gradients[n.Name] * back[n.Name]
		}
		if l, ok := n.Layer.(layer.Activation); ok {
			all = append(all, LayerSignal{
				Layer: net.Activations[len(net.Activations)-1-len(all)].Layer, Function: l.Function.String(),
				InputStd: number.Float(results[n.Inputs[0]].deviation()),
				Gradient: number.Float(gradients[n.Inputs[0]]),
			})
		}
	}
	last := all[0].Gradient
	for i := range all {
		all[i].Gradient = number.Float(math.Sqrt(float64(all[i].Gradient / last)))
	}
	slices.Reverse(all)
	return all, nil
}

// weighted are the moments of sums of so many weighted values times the weights' variance, and a bias.
func weighted(m Moments, by, bias float64) Moments {
	sum := func(square float64) float64 { return by*square + bias }
	return m.with(0, sum(m.Square), sum)
}

// pairs counts the values along a side that a convolution multiplies, over all its places.
func pairs(l layer.Convolution, in, out int) (n int) {
	for at := range out {
		from := at*l.Stride - l.Padding
		n += min(from+l.Kernel, in) - max(from, 0)
	}
	return n
}

// pooled is the number of values of an activation's result of which the maximum is taken: 1 if it is not.
func pooled(after []layer.Named, name string) int {
	for _, n := range after {
		if l, ok := n.Layer.(layer.MaxPool); ok && n.Inputs[0] == name {
			return l.Size * l.Size
		}
	}
	return 1
}

// through are the moments of the maximum of f of k neighbours x that are normal with the moments m, and E[f′(x)²] of
// the x where it is.
func through(f activations.Activation, m Moments, k int) (out Moments, slope float64) {
	deviation := max(m.deviation(), 1e-12)
	one := maximum(f, m.Mean, deviation, 1, 1)
	out = m.with(one.mean, one.square, func(product float64) float64 {
		return maximum(f, m.Mean, deviation, m.correlation(product), 1).product
	})
	if k == 1 {
		out.Square, slope = f.Normal(m.Mean, deviation*deviation)
		return out, slope
	}
	largest := maximum(f, m.Mean, deviation, m.correlation(m.neighbours()), k)
	square := largest.mean * largest.mean
	return out.with(largest.mean, largest.square, func(product float64) float64 { // correlations stay
		return square + out.correlation(product)*(largest.square-square)
	}), largest.slope
}

// maxima are E[y], E[y²], E[yy′] of two windows with the same u, and E[f′(x)²] of what maximum computes.
type maxima struct{ mean, square, product, slope float64 }

// maximum describes the largest y = f(x) of k neighbours x = mean + deviation·(√correlation·u + √(1−correlation)·e),
// which have the same u and independent e; u and e are standard normal.
func maximum(f activations.Activation, mean, deviation, correlation float64, k int) (m maxima) {
	const n, bound = 64, 6.0 // places of u and e, on both sides of 0, to where the density is 1e-8
	var zs, shares [n]float64
	total := 0.0
	for i := range n {
		zs[i] = bound * (2*float64(i)/(n-1) - 1)
		shares[i] = math.Exp(-zs[i] * zs[i] / 2)
		total += shares[i]
	}
	common, own := deviation*math.Sqrt(correlation), deviation*math.Sqrt(1-correlation)
	var xs []float64
	for _, u := range zs {
		for _, e := range zs {
			xs = append(xs, mean+common*u+own*e)
		}
	}
	ys, slopes := f.Eval(xs)
	for i := range n {
		order := make([]int, n) // of e, by f
		for j := range order {
			order[j] = i*n + j
		}
		slices.SortFunc(order, func(a, b int) int { return cmp.Compare(ys[a], ys[b]) })
		below, average := 0.0, 0.0
		for _, at := range order {
			upTo := min(1, below+shares[at%n]/total)
			share := math.Pow(upTo, float64(k)) - math.Pow(below, float64(k)) // the chance that the largest is here
			below = upTo
			average += share * ys[at]
			m.square += shares[i] / total * share * ys[at] * ys[at]
			m.slope += shares[i] / total * share * slopes[at] * slopes[at]
		}
		m.mean += shares[i] / total * average
		m.product += shares[i] / total * average * average
	}
	return m
}
