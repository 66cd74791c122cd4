// Package activations knows the activation functions: a catalogue of those that have been published, and
// whatever else a formula can say. From the formula come the value, the derivatives, the kernels and the
// properties. It knows no graph.
//
// A spec names a function or writes it out, and says which of its parameters are learnt:
//
//	relu   LeakyReLU   leaky_relu(slope=0.2)   leaky_relu(0.2)   prelu(slope=0.1!channel)   swish(beta!)
//	x*sigmoid(x)   0.5*relu(x) + 0.5*tanh(x)   leaky_relu(x, slope=0.3)^2   x*sigmoid(b*x); b=1!
package activations
