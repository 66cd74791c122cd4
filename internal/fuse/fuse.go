// Package fuse rewrites a network into one that computes the same faster, one file a rewrite. The plain list always
// works, and a test holds each rewrite equal to it: bit for bit, or to the error that the rewrite states.
package fuse

import (
	"fmt"
	"os"
	"slices"

	"actfn/internal/layer"
)

// Rewrite replaces layers of a list by others that compute the same.
type Rewrite struct {
	Name  string
	Apply func(layer.List) layer.List
}

// Evaluation are the rewrites that only a graph that evaluates has, before All.
var Evaluation = []Rewrite{Fold}

// All are the rewrites of any graph in the order in which they are made.
var All = []Rewrite{Flatten, Winograd, ConvPool, Gray, Zeros, Update}

// Variable is the environment variable that switches the rewrites off, for tests and for whoever doubts them: its only
// value is "off".
const Variable = "ACTFN_FUSE"

var asked = os.Getenv(Variable)

// Off reports that the environment asks for the plain list.
func Off() bool { return asked == "off" }

// CheckVariable says what is wrong with the environment's choice.
func CheckVariable() error {
	if asked != "" && asked != "off" {
		return fmt.Errorf("%s: value is %q, want off or nothing", Variable, asked)
	}
	return nil
}

// Apply makes rewrites, one after the other.
func Apply(l layer.List, rewrites ...Rewrite) layer.List {
	for _, r := range rewrites {
		l = r.Apply(l)
	}
	return l
}

// Except is All without some.
func Except(without ...Rewrite) []Rewrite {
	return slices.DeleteFunc(slices.Clone(All), func(r Rewrite) bool {
		return slices.ContainsFunc(without, func(w Rewrite) bool { return w.Name == r.Name })
	})
}

// each replaces every layer by what replace makes of it.
func each(l layer.List, replace func(layer.Named) layer.Named) layer.List {
	layers := make([]layer.Named, len(l.Layers))
	for i, n := range l.Layers {
		layers[i] = replace(n)
	}
	l.Layers = layers
	return l
}

// onlyReader returns the layer that alone reads a value, and reads nothing else.
func onlyReader(l layer.List, name string) (n layer.Named, ok bool) {
	readers := l.Readers(name)
	if len(readers) != 1 || len(l.Layers[readers[0]].Inputs) != 1 {
		return layer.Named{}, false
	}
	return l.Layers[readers[0]], true
}
