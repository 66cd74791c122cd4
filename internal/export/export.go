// Package export writes a trained model for other programs, one file a format.
package export

import (
	"io"

	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/train"
)

// Model is a model to be written.
type Model struct {
	train.Card
	Net *model.Net
}

// Format is a way to write a model.
type Format struct {
	Name    string // as it is asked for
	Ending  string // of its files' names
	Summary string // in one line
	Help    string
	Write   func(w io.Writer, m Model) error
}

// Formats are all there are.
var Formats = []Format{pyTorch}

// Open reads the model of a weights file.
func Open(weights string) (Model, error) {
	net, card, err := train.LoadModel(weights, nil)
	return Model{card, net}, err
}

// Into writes the model of a weights file in a format.
func (f Format) Into(w io.Writer, weights string) error {
	m, err := Open(weights)
	if err != nil {
		return err
	}
	return fault.At(weights, f.Write(w, m))
}
