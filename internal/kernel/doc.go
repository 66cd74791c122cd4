// Package kernel computes on slices of float32: what it is given in, what it is asked for out.
// It knows nothing of graphs.
//
// Dimensions: N images of the batch, C channels, H×W pixels, F filters, K classes;
// In and Out are the features of a linear layer. Activations lie batch-innermost,
// (C, H, W, N): the N values of one feature are neighbours, so every product of the model
// is a sum of weight × row with rows of at least N values, and flattening (C, H, W) moves
// nothing. A linear layer's weights lie in blocks and panels: see PackWeights.
//
// The slice written comes first and is called dst or by its own name; dv is the gradient of v.
// Work is cut by the problem and reduced in a fixed order, so results do not depend on the
// number of workers. NaN and ±Inf propagate.
package kernel

// Lanes is the number of values that the kernels take at a time: a number of columns N that is a
// multiple of it costs least.
const Lanes = 8
