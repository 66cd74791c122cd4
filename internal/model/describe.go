package model

import (
	"fmt"
	"strings"

	"actfn/internal/layer"
)

// Summary is a network as people read about it.
type Summary struct {
	Outline      string         `json:"outline"` // conv 64 → fc 256 → fc 10
	Activation   string         `json:"activation"`
	Input        Input          `json:"input"`
	Classes      int            `json:"classes"`
	Layers       []LayerSummary `json:"layers"`
	Parameters   int            `json:"parameters"` // trainable
	Learnt       int            `json:"learnt_by_activations"`
	Buffers      int            `json:"buffers"`
	MultiplyAdds int64          `json:"multiply_adds"` // of one image
	BatchSize    int            `json:"batch_size"`
	Bytes        int64          `json:"bytes"` // in training, in batches of that size
}

// LayerSummary is a layer of it. Where a rewrite computes several layers at once, the memory is the last one's.
type LayerSummary struct {
	Name         string      `json:"name"`
	Kind         string      `json:"kind"`
	Output       layer.Shape `json:"output"`
	Parameters   int         `json:"parameters"`
	Buffers      int         `json:"buffers"`
	MultiplyAdds int64       `json:"multiply_adds"`
	Bytes        int64       `json:"bytes"`
}

// Summarize describes the network, and its training in batches by an optimiser that keeps some moments.
func (net *Net) Summarize(batch, moments int) (Summary, error) {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return Summary{}, err
	}
	shapes, err := list.Shapes()
	if err != nil {
		return Summary{}, err
	}
	s := Summary{
		Outline: net.Outline(), Activation: net.Activations.String(), Input: net.Input, Classes: net.Classes,
		Parameters: net.Size(), Learnt: net.Learnt(), BatchSize: batch, Bytes: net.Memory(batch, moments),
	}
	s.Buffers = net.count(func(p *Parameter) bool { return p.Buffer })
	work := net.work(batch)
	for _, n := range list.Layers {
		d := n.Layer.(layer.Describer).Describe(n.In(shapes))
		l := LayerSummary{Name: n.Name, Kind: d.Kind, Output: shapes[n.Name], MultiplyAdds: d.MultiplyAdds, Bytes: work[n.Name]}
		for _, p := range n.Params() {
			if l.Bytes += kept(p.Size(), moments); p.Buffer {
				l.Buffers += p.Size()
			} else {
				l.Parameters += p.Size()
			}
		}
		s.MultiplyAdds += l.MultiplyAdds
		s.Layers = append(s.Layers, l)
	}
	return s, nil
}

// Outline names the layers that have weights to multiply by, and their outputs: conv 64 → fc 256 → fc 10. Equal ones that
// follow each other are counted: conv 16 ×7.
func (net *Net) Outline() string {
	list, err := net.List(net.Input.Channels)
	if err != nil {
		return "" // Declare has refused it
	}
	shapes, err := list.Shapes()
	if err != nil {
		return ""
	}
	var parts []string
	var times []int
	for _, n := range list.Layers {
		if n.Layer.(layer.Describer).Describe(n.In(shapes)).MultiplyAdds == 0 {
			continue
		}
		kind := strings.TrimRight(n.Name[strings.LastIndexByte(n.Name, '.')+1:], "0123456789")
		part := fmt.Sprint(kind, " ", shapes[n.Name][0])
		if last := len(parts) - 1; last >= 0 && parts[last] == part {
			times[last]++
			continue
		}
		parts, times = append(parts, part), append(times, 1)
	}
	for i, n := range times {
		if n > 1 {
			parts[i] += fmt.Sprint(" ×", n)
		}
	}
	return strings.Join(parts, " → ")
}
