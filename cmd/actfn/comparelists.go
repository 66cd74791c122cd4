package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"actfn/internal/activations"
	"actfn/internal/fault"
	"actfn/internal/gate"
	"actfn/internal/report"
	"actfn/internal/study"
	"actfn/internal/wording"
)

// parsed is a flag whose text a function reads.
type parsed struct {
	word string // for the value, in the help
	read func(text string) error
}

func (f parsed) Set(text string) error { return f.read(text) }
func (f parsed) String() string        { return "" }
func (f parsed) Type() string          { return f.word }

// addActivation reads --activation: a spec, whose commas are its own.
func (o *compareOptions) addActivation(spec string) error {
	o.study.Activations = append(o.study.Activations, spec)
	return nil
}

// addActivations reads --activations: specs with commas between them, or all, those of the catalogue.
func (o *compareOptions) addActivations(text string) error {
	if strings.TrimSpace(text) == "all" {
		o.study.Activations = append(o.study.Activations, activations.Names()...)
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
		o.study.Activations = append(o.study.Activations, spec)
	}
	return nil
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

// maxSeeds is more than anybody waits for.
const maxSeeds = 10_000

// setSeeds reads --seeds: how many, or which.
func (o *compareOptions) setSeeds(text string) error {
	refused := fmt.Errorf("value is %q, want a number of seeds, or which: 1,5,7 or 10-19", text)
	if o.autoSeeds = text == "auto"; o.autoSeeds {
		o.study.Seeds = nil
		return nil
	}
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
	o.study.Seeds = seeds
	return nil
}

// setLooks reads --looks: numbers of seeds.
func (o *compareOptions) setLooks(text string) error {
	o.study.Looks = nil
	for _, part := range strings.Split(text, ",") {
		n, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || n > maxSeeds {
			return fmt.Errorf("value is %q, want numbers of seeds, as in 5,10,20", text)
		}
		o.study.Looks = append(o.study.Looks, n)
	}
	return nil
}

// setRates reads --lr: one learning rate for all, or those to choose from.
func (o *compareOptions) setRates(text string) error {
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
	o.study.LRs = rates
	return nil
}

// addColumns reads --columns.
func (o *claimOptions) addColumns(text string) error {
	for _, name := range strings.Split(text, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(report.Columns, name) {
			err := fmt.Errorf("value is %q, want %s", name, strings.Join(report.Columns, ", "))
			return fault.Suggest(err, strings.ToLower(name), report.Columns)
		}
		o.columns = append(o.columns, name)
	}
	return nil
}

// completeGates completes the figure of a gate: mish.d to mish.dead and mish.diverged.
func completeGates(cmd *cobra.Command) {
	figures := func(_ *cobra.Command, _ []string, text string) ([]string, cobra.ShellCompDirective) {
		var gates []string
		if at := strings.LastIndex(text, "."); at >= 0 {
			for _, name := range gate.Figures() {
				gates = append(gates, text[:at+1]+name)
			}
		}
		return gates, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
	if err := cmd.RegisterFlagCompletionFunc("gate", figures); err != nil {
		panic(err) // there is no such flag
	}
}

// addAxis reads --across.
func (o *compareOptions) addAxis(text string) error {
	axis, err := study.ParseAxis(text)
	o.axes = append(o.axes, axis)
	return err
}

// setShard reads --shard.
func (o *compareOptions) setShard(text string) (err error) {
	o.study.Shard, err = study.ParseShard(text)
	return err
}
