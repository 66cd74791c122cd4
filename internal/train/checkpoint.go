package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"actfn/internal/checkpoint"
	"actfn/internal/dataset"
	"actfn/internal/fault"
	"actfn/internal/model"
	"actfn/internal/worker"
)

// Card is the metadata of a weights file: what is needed to build the model again and to prepare images for it.
type Card struct {
	Schema     int               `json:"schema"`
	Model      model.Config      `json:"model"`
	Input      model.Input       `json:"input"`
	Classes    []string          `json:"classes"`
	Transform  dataset.Transform `json:"transform"`
	Activation string            `json:"activation"` // with its parameters' values
	Epoch      int               `json:"epoch"`      // epochs trained
	Seed       uint64            `json:"seed"`
}

const cardSchema = 1

// cardKey is the card's key in the metadata of a safetensors file.
const cardKey = "actfn"

// metadata is the card as metadata of a safetensors file. PyTorch's loaders expect "format".
func (c Card) metadata() map[string]string {
	text, err := json.Marshal(c)
	if err != nil {
		panic(fmt.Sprintf("train: card: %v", err)) // strings, integers and finite numbers
	}
	return map[string]string{"format": "pt", cardKey: string(text)}
}

// readCard reads the card of a weights file.
func readCard(path string, f checkpoint.File) (Card, error) {
	text, ok := f.Metadata[cardKey]
	if !ok {
		err := fmt.Errorf("%s: metadata has no %q, want a file that actfn wrote", path, cardKey)
		return Card{}, fault.Hint(err, "weights made elsewhere start a run: actfn train --init %s", path)
	}
	var c Card
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		return Card{}, fmt.Errorf("%s: metadata %q is not what actfn writes, want a file that it wrote", path, cardKey)
	}
	if c.Schema != cardSchema {
		return Card{}, fmt.Errorf("%s: schema is %d, want %d", path, c.Schema, cardSchema)
	}
	return c, nil
}

// weights are copies of the net's parameters, buffers included, with the order, names and shapes of PyTorch's
// state_dict.
func weights(net *model.Net) []checkpoint.Tensor {
	var tensors []checkpoint.Tensor
	for _, p := range net.Parameters {
		tensors = append(tensors, tensorOf(p))
	}
	return tensors
}

func tensorOf(p *model.Parameter) checkpoint.Tensor {
	return checkpoint.Tensor{Name: p.Name, Shape: p.Shape, Data: p.Export(p.Values())}
}

// setWeights loads the file's weights into the net, all or none. The error names every tensor that is missing, extra or
// of another shape.
func setWeights(net *model.Net, path string, f checkpoint.File) error {
	if err := checkWeights(net, path, f); err != nil {
		return err
	}
	for _, p := range net.Parameters {
		t, _ := f.Tensor(p.Name)
		p.Set(t.Data)
	}
	return nil
}

// checkWeights compares the file's names and shapes with the net's. Buffers are the running statistics of norms.
func checkWeights(net *model.Net, path string, f checkpoint.File) error {
	var faults []error
	var buffers []string // those that are missing
	known := map[string]bool{}
	for _, p := range net.Parameters {
		known[p.Name] = true
		t, ok := f.Tensor(p.Name)
		switch {
		case !ok && p.Buffer:
			buffers = append(buffers, p.Name)
		case !ok:
			faults = append(faults, fmt.Errorf("%s: tensor %q is missing, want shape %v", path, p.Name, p.Shape))
		case !slices.Equal(t.Shape, p.Shape):
			faults = append(faults, fmt.Errorf("%s: tensor %q has shape %v, want %v", path, p.Name, t.Shape, p.Shape))
		}
	}
	if n := len(buffers); n > 0 { // of a file without them: a fault, and not one for each norm
		more := ""
		if n > 1 {
			more = fmt.Sprintf(" and %d more", n-1)
		}
		faults = append(faults, fmt.Errorf("%s: has no running statistics, want tensor %q%s", path, buffers[0], more))
	}
	for _, t := range f.Tensors {
		if !known[t.Name] {
			faults = append(faults, fmt.Errorf("%s: tensor %q of shape %v is extra, the model has none of that name", path, t.Name, t.Shape))
		}
	}
	return errors.Join(faults...)
}

// LoadModel builds the model of a weights file that actfn wrote, on the pool's workers.
func LoadModel(path string, pool *worker.Pool) (*model.Net, Card, error) {
	f, err := checkpoint.Read(path)
	if err != nil {
		return nil, Card{}, err
	}
	card, err := readCard(path, f)
	if err != nil {
		return nil, Card{}, err
	}
	net, err := model.Declare(card.Model, card.Input, len(card.Classes), pool)
	if err != nil {
		return nil, Card{}, fmt.Errorf("%s: %w", path, err)
	}
	return net, card, setWeights(net, path, withoutMoments(f))
}
