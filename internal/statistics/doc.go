// Package statistics says of a few numbers what they are evidence for: a mean and how far it may be from the truth,
// tests of paired differences, their correction for many, their power. It knows nothing of runs and activations;
// what a figure cannot be computed of gives NaN.
package statistics
