// Package kernel implements the numeric kernels on []float32, and those on the bytes of images.
//
// Dimensions: N images of the batch, C channels, H×W pixels, F filters, K classes;
// In and Out are the features of a linear layer. Values lie batch-innermost, (C, H, W, N): the N values of one feature
// are neighbours, and flattening (C, H, W) moves nothing. A linear layer's weights lie in blocks and panels: see
// PackWeights.
//
// The slice that is written comes first and is called dst or by its own name; dv is the gradient of v.
// Work is cut by the problem and reduced in a fixed order, so results do not depend on the number of workers. NaN and ±Inf
// propagate, except where Linear.SkipZeros lets a product leave out zeros; by Conv.Winograd to whole tiles.
//
// Every kernel exists in portable Go; on amd64 a table of functions replaces them by assembly: see table.
package kernel
