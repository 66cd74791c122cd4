package plot

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"slices"

	"actfn/internal/record"
	"actfn/internal/wording"
)

// probe is what was measured of the layers of a run.
type probe struct {
	layers []string // in their order
	epochs []int    // rising
	at     map[spot]record.Health
}

// spot is a layer after an epoch.
type spot struct {
	layer string
	epoch int
}

func newProbe(all []record.Health) (probe, error) {
	if len(all) == 0 {
		return probe{}, errors.New("number of layers is 0, want at least 1")
	}
	p := probe{at: map[spot]record.Health{}}
	for _, h := range all {
		p.at[spot{h.Layer, h.Epoch}] = h
		p.epochs = append(p.epochs, h.Epoch)
		if !slices.Contains(p.layers, h.Layer) {
			p.layers = append(p.layers, h.Layer)
		}
	}
	slices.Sort(p.epochs)
	p.epochs = slices.Compact(p.epochs)
	return p, nil
}

// value is a figure of a layer after an epoch, or NaN.
func (p probe) value(layer string, epoch int, f *record.Figure) float64 {
	if v, ok := p.at[spot{layer, epoch}].Values[f]; ok {
		return finite(v)
	}
	return math.NaN()
}

// reasons are why values of a figure in some epochs do not fit, and where.
func (p probe) reasons(f *record.Figure, epochs []int, fits func(v float64) bool) []string {
	var reasons, places []string
	for _, epoch := range epochs {
		for _, layer := range p.layers {
			v, reason := p.value(layer, epoch, f), "zero"
			if fits(v) {
				continue
			}
			if math.IsNaN(v) {
				reason = cmp.Or(p.at[spot{layer, epoch}].Missing[f.Name], "not measured")
			}
			reasons = append(reasons, wording.Printable(reason))
			places = append(places, fmt.Sprintf("%s after epoch %d", wording.Printable(layer), epoch))
		}
	}
	return grouped(reasons, places)
}

// grouped is each of the reasons once, with the first of its places and the number of the others.
func grouped(reasons, places []string) (groups []string) {
	for i, reason := range reasons {
		if slices.Index(reasons, reason) < i {
			continue
		}
		where, n := places[i], 0
		for _, other := range reasons[i+1:] {
			if other == reason {
				n++
			}
		}
		if n > 0 {
			where += fmt.Sprintf(", and %d more", n)
		}
		groups = append(groups, fmt.Sprintf("%s (%s)", reason, where))
	}
	return groups
}
