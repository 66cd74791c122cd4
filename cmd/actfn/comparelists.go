package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"actfn/internal/fault"
	"actfn/internal/study"
	"actfn/internal/wording"
)

// activationsFlag collects the activations of a comparison: --activations a list of specs with commas between
// them, --activation one spec, whose commas are its own.
type activationsFlag struct {
	specs *[]string
	one   bool
}

func (f activationsFlag) Set(text string) error {
	if f.one {
		*f.specs = append(*f.specs, text)
		return nil
	}
	for _, spec := range splitSpecs(text) {
		if spec = strings.TrimSpace(spec); spec == "" {
			return fmt.Errorf("value is %q, want specs with commas between them", text)
		}
		if _, _, layered := strings.Cut(spec, "="); layered && !strings.ContainsAny(spec, "(;<>!") {
			return fault.Hint(fmt.Errorf("%q is of a layer, want specs of whole models here", spec),
				"--activation %s, once for each such model", wording.Quoted(text))
		}
		*f.specs = append(*f.specs, spec)
	}
	return nil
}
func (f activationsFlag) String() string { return "" }
func (f activationsFlag) Type() string {
	if f.one {
		return "SPEC"
	}
	return "LIST"
}

// splitSpecs cuts a list at the commas that stand outside parentheses. The parameters behind a semicolon belong
// to their formula: "x*sigmoid(b*x); b=1!, c=2" is one spec.
func splitSpecs(text string) []string {
	var specs []string
	depth, from, parameters := 0, 0, false
	for i, r := range text {
		switch {
		case r == '(':
			depth++
		case r == ')':
			depth--
		case r == ';':
			parameters = true
		case r == ',' && depth <= 0 && !(parameters && assigns(text[i+1:])):
			specs = append(specs, text[from:i])
			from, parameters = i+1, false
		}
	}
	return append(specs, text[from:])
}

// assigns reports that text begins as a parameter does: name = …
func assigns(text string) bool { return parameterArgument.MatchString(text) }

// seedsFlag is --seeds: how many, or which.
type seedsFlag struct{ seeds *[]uint64 }

// maxSeeds is more than anybody waits for.
const maxSeeds = 10_000

func (f seedsFlag) Set(text string) error {
	refused := fmt.Errorf("value is %q, want a number of seeds, or which: 1,5,7 or 10-19", text)
	var seeds []uint64
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 64)
	switch {
	case err == nil && n >= 1 && n <= maxSeeds:
		for seed := range n {
			seeds = append(seeds, seed)
		}
	case err == nil:
		return refused
	default:
		for _, part := range strings.Split(text, ",") {
			low, high, isRange := strings.Cut(strings.TrimSpace(part), "-")
			if !isRange {
				high = low
			}
			from, err := strconv.ParseUint(low, 10, 64)
			to, err2 := strconv.ParseUint(high, 10, 64)
			if err != nil || err2 != nil || to < from || to-from >= maxSeeds || len(seeds) > maxSeeds {
				return refused
			}
			for seed := from; ; seed++ {
				if slices.Contains(seeds, seed) {
					return fmt.Errorf("seed %d is there twice, want each once", seed)
				}
				seeds = append(seeds, seed)
				if seed == to {
					break
				}
			}
		}
	}
	*f.seeds = seeds
	return nil
}
func (f seedsFlag) String() string { return "" }
func (f seedsFlag) Type() string   { return "N|LIST" }

// ratesFlag is --lr: one learning rate for all, or those to choose from.
type ratesFlag struct{ rates *[]float64 }

func (f ratesFlag) Set(text string) error {
	var rates []float64
	for _, part := range strings.Split(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || !(v > 0) || math.IsInf(v, 0) {
			return fmt.Errorf("value is %q, want one or more numbers above 0, as in 3e-4,1e-3", text)
		}
		if slices.Contains(rates, v) {
			return fmt.Errorf("%g is there twice, want each once", v)
		}
		rates = append(rates, v)
	}
	*f.rates = rates
	return nil
}
func (f ratesFlag) String() string { return "" }
func (f ratesFlag) Type() string   { return "LIST" }

// shardFlag is --shard.
type shardFlag struct{ shard *study.Shard }

func (f shardFlag) Set(text string) (err error) {
	*f.shard, err = study.ParseShard(text)
	return err
}
func (f shardFlag) String() string { return "" }
func (f shardFlag) Type() string   { return "i/n" }
