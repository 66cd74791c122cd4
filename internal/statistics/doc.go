// Package statistics says of a few numbers what they are evidence for: a mean and how far it may be from the truth,
// tests of paired differences, their correction for many, their power. It knows nothing of runs and activations;
// a figure that cannot be computed is NaN, unless it says otherwise.
package statistics
