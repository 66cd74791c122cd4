package gate

import (
	"fmt"
	"slices"
	"strings"

	"actfn/internal/wording"
)

// Status is what a gate came to.
type Status int

// The statuses, from good to bad: of several the worst counts, so that failed outranks undecidable.
const (
	Passed Status = iota
	Undecidable
	Failed
)

func (s Status) String() string { return [...]string{"passed", "undecidable", "failed"}[s] }

// Outcome is a gate that was judged.
type Outcome struct {
	Gate    string // as it was written
	Status  Status
	Reason  string          // with the figures, those of all clauses that did not pass, or of all if they did
	Clauses []ClauseOutcome // one for each that `and` joins
}

// String is one line: gate failed: mish vs relu > -0.5pp: mish is …
func (o Outcome) String() string {
	return fmt.Sprintf("gate %s: %s: %s", o.Status, wording.Printable(o.Gate), wording.Printable(o.Reason))
}

// ClauseOutcome is one clause of a gate that was judged.
type ClauseOutcome struct {
	Clause string
	Status Status
	Reason string
}

// Worst is the status that counts of several gates: Passed of none.
func Worst(outcomes []Outcome) Status {
	worst := Passed
	for _, o := range outcomes {
		worst = max(worst, o.Status)
	}
	return worst
}

// Gate is a condition on a comparison: clauses, all of which must hold. Parse makes one.
type Gate struct {
	Text    string
	Clauses []Clause
}

// Clause compares a figure of an activation with a number, or its accuracy with another's.
type Clause struct {
	Text       string
	Activation string // canonical
	Field      string // accuracy, loss, step_seconds or diverged; "" of a difference
	// Against is the activation, canonical, whose accuracy is subtracted; "" of a figure, and where it is
	// BaselineFile's.
	Against      string
	BaselineFile bool
	Above        bool // > or >=, else < or <=
	OrEqual      bool
	Bound        float64 // a fraction, seconds or a number
	Regression   bool    // the clause says what must not be
}

// isDifference reports that the clause is about a difference, which has an interval.
func (c Clause) isDifference() bool { return c.Field == "" }

// holds reports that v is on the right side of the bound.
func (c Clause) holds(v float64) bool {
	switch {
	case c.OrEqual && v == c.Bound:
		return true
	case c.Above:
		return v > c.Bound
	}
	return v < c.Bound
}

func (c Clause) operator() string {
	text := "<"
	if c.Above {
		text = ">"
	}
	if c.OrEqual {
		text += "="
	}
	return text
}

// NeedsBaselineFile reports that the gate cannot be decided without one.
func (g Gate) NeedsBaselineFile() bool {
	return slices.ContainsFunc(g.Clauses, func(c Clause) bool { return c.BaselineFile })
}

// Activations are those that must be rows of the comparison, canonical.
func (g Gate) Activations() []string {
	var names []string
	seen := map[string]bool{"": true}
	for _, c := range g.Clauses {
		for _, name := range []string{c.Activation, c.Against} {
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
	}
	return names
}

// joined is one outcome of a gate's clauses.
func joined(gate string, clauses []ClauseOutcome) Outcome {
	o := Outcome{Gate: gate, Clauses: clauses}
	for _, c := range clauses {
		o.Status = max(o.Status, c.Status)
	}
	var reasons []string
	for _, c := range clauses {
		if o.Status == Passed || c.Status != Passed {
			reasons = append(reasons, c.Reason)
		}
	}
	o.Reason = strings.Join(reasons, "; ")
	return o
}
