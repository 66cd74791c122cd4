// Package activations provides activation functions: a catalogue of published ones, and any other that a formula of x
// defines. The value, the derivatives, the kernels and the properties are all derived from the formula. The package does
// not depend on a graph.
//
// A spec is the name of a function or a formula, with the parameters that are learnable:
//
//	relu   LeakyReLU   leaky_relu(slope=0.2)   leaky_relu(0.2)   prelu(slope=0.1!channel)   swish(beta!)
//	x*sigmoid(x)   0.5*relu(x) + 0.5*tanh(x)   leaky_relu(x, slope=0.3)^2   x*sigmoid(b*x); b=1!
package activations
