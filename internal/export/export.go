// Package export writes a trained model for other programs, one file a format.
package export

import (
	"bytes"
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

// Of is the model of a weights file in the format.
func (f Format) Of(weights string) ([]byte, error) {
	net, card, err := train.LoadModel(weights, nil)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err = f.Write(&b, Model{card, net})
	return b.Bytes(), fault.At(weights, err)
}
