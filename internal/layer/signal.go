package layer

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"actfn/internal/activations"
)

// Signaler is a layer of which mean field theory says what it does to signals and gradients before training: see
// model.Net.Signal.
type Signaler interface {
	// Signal returns the moments of the result, and by how much the mean square of its gradient changes on the way to
	// that of an input.
	Signal(Start) (result Moments, back float64)
}

// Start is what a Signaler is told of the network before training.
type Start struct {
	In       []Shape
	Moments  []Moments // of the inputs
	Variance []float64 // of the values of each of Params
	Readers  []Layer   // of the result
}

// Moments are averages over values v: of the images that a network is fed, or of the results of a layer.
type Moments struct {
	Mean   float64 `json:"mean"`
	Square float64 `json:"square"` // E[v²]
	// Near are E[vv′] of values of a channel 1, 2, 4, … columns or rows apart, and Apart that of values which have
	// nothing to do with each other: the mean square of the channels' means.
	Near  []float64 `json:"near"`
	Apart float64   `json:"apart"`

	largest bool // of the windows that a MaxPool is about to take
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

// Deviation is the standard deviation, and correlation that of values whose product has the mean given, from 0 to 1.
func (m Moments) Deviation() float64 { return math.Sqrt(max(0, m.Square-m.Mean*m.Mean)) }

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

// weighted are the moments of sums of so many weighted values times the weights' variance, and a bias.
func (m Moments) weighted(by, bias float64) Moments {
	sum := func(square float64) float64 { return by*square + bias }
	return m.with(0, sum(m.Square), sum)
}

// through are the moments of the maximum of f of k neighbours x that are normal with the moments m, and E[f′(x)²] of
// the x where it is.
func through(f activations.Activation, m Moments, k int) (out Moments, slope float64) {
	deviation := max(m.Deviation(), 1e-12)
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
