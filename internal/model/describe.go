package model

import (
	"fmt"
	"strings"

	"actfn/internal/layer"
)

// Summary is a network as people read about it.
type Summary struct {
	Outline      string         `json:"outline"` // see Net.Outline
	Activation   string         `json:"activation"`
	Input        Input          `json:"input"`
	Classes      int            `json:"classes"`
	Layers       []LayerSummary `json:"layers"`
	Parameters   int            `json:"parameters"` // trainable
	Learnt       int            `json:"activation_parameters"`
	Buffers      int            `json:"buffers"`
	MultiplyAdds int64          `json:"multiply_adds"` // of one image
	BatchSize    int            `json:"batch_size"`
	ImageBytes   int64          `json:"image_bytes"`    // of the images of batches of that size
	Bytes        int64          `json:"training_bytes"` // in training: of the images and the layers
	Signal       *Signal        `json:"signal,omitempty"`
}

// LayerSummary is a layer of it. Of several that a rewrite computes at once, the last has the memory of all.
type LayerSummary struct {
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Output       layer.Shape `json:"output"`
	Parameters   int         `json:"parameters"`
	Buffers      int         `json:"buffers"`
	MultiplyAdds int64       `json:"multiply_adds"`
	Bytes        int64       `json:"training_bytes"`
}

// Summarize describes the network, and its training in batches by an optimiser that keeps so many moments.
func (net *Net) Summarize(batch, moments int) Summary {
	s := Summary{
		Outline: net.Outline(), Activation: net.Activations.String(), Input: net.Input, Classes: net.Classes,
		Parameters: net.Size(), Learnt: net.Learnt(), Buffers: net.count(func(p *Parameter) bool { return p.Buffer }),
		MultiplyAdds: net.MultiplyAdds(), BatchSize: batch, Bytes: net.Memory(batch, moments),
	}
	work := net.work(batch, rewrites(true))
	s.ImageBytes = work[images]
	for n, d := range net.described {
		l := LayerSummary{Name: n.Name, Kind: d.Kind, Output: d.Output, MultiplyAdds: d.MultiplyAdds, Bytes: work[n.Name]}
		for _, p := range n.Params() {
			if l.Bytes += kept(p.Size(), moments); p.Buffer {
				l.Buffers += p.Size()
			} else {
				l.Parameters += p.Size()
			}
		}
		s.Layers = append(s.Layers, l)
	}
	return s
}

// MultiplyAdds counts the products of values and weights for one image.
func (net *Net) MultiplyAdds() (n int64) {
	for _, d := range net.described {
		n += d.MultiplyAdds
	}
	return n
}

// Outline names the layers that multiply by weights, with the channels or features of their outputs: conv 64 → fc 10.
// Equal ones that follow each other are counted: conv 16 ×7.
func (net *Net) Outline() string {
	var parts []string
	times := 0
	for n, d := range net.described {
		if d.MultiplyAdds == 0 {
			continue
		}
		kind := strings.TrimRight(n.Name[strings.LastIndexByte(n.Name, '.')+1:], "0123456789")
		part, last := fmt.Sprint(kind, " ", d.Output[0]), len(parts)-1
		switch {
		case last < 0 || part != strings.Split(parts[last], " ×")[0]:
			parts, times = append(parts, part), 1
		default:
			times++
			parts[last] = fmt.Sprint(part, " ×", times)
		}
	}
	return strings.Join(parts, " → ")
}

// description is that of a layer and the shape of its result.
type description struct {
	layer.Description
	Output layer.Shape
}

// described visits the layers of the network as it is declared.
func (net *Net) described(yield func(layer.Named, description) bool) {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return // Declare has refused it
	}
	shapes, err := list.Shapes()
	if err != nil {
		return
	}
	for _, n := range list.Layers {
		if !yield(n, description{n.Layer.(layer.Describer).Describe(n.In(shapes)), shapes[n.Name]}) {
			return
		}
	}
}
