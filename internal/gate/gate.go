// Package gate decides conditions on a comparison: mish vs relu > -0.5pp. A gate is parsed, judged by a Result and
// perhaps an earlier one, and can be shown to fire by a regression that is put in. All functions are pure.
package gate

import (
	"fmt"
	"slices"

	"actfn/internal/wording"
)

// Status is what a gate came to.
type Status int

// The statuses, from good to bad: of several the worst counts, so that failed outranks undecidable.
const (
	Passed      Status = iota
	Undecided          // by the interval: the evidence is on both sides of the bound
	Undecidable        // there is no evidence: something is missing, or cannot be compared
	Failed
)

func (s Status) String() string {
	return [...]string{"passed", "undecided", "undecidable", "failed"}[s]
}

// Outcome is a gate that was judged.
type Outcome struct {
	Gate   string // as it was written
	Status Status
	Reason string // with the figures, those of all clauses that did not pass, or of all if they did
}

// String is one line: gate failed: mish vs relu > -0.5pp: mish is …
func (o Outcome) String() string {
	return fmt.Sprintf("gate %s: %s: %s", o.Status, wording.Printable(o.Gate), wording.Printable(o.Reason))
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
	Field      string // the name of a figure; "" of a difference
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

// status is that of a clause which holds or does not.
func (c Clause) status(holds bool) Status {
	if holds == c.Regression {
		return Failed
	}
	return Passed
}

// rule is the condition in words, with the bound as text, on a number or the whole of an interval.
func (c Clause) rule(bound string, interval bool) string {
	rule := "<"
	if c.Above {
		rule = ">"
	}
	if c.OrEqual {
		rule += "="
	}
	rule += " " + bound
	if interval {
		rule = "all of it " + rule
	}
	if c.Regression {
		return "a regression if " + rule
	}
	return "want " + rule
}

// NeedsBaselineFile reports that the gate cannot be decided without one.
func (g Gate) NeedsBaselineFile() bool {
	return slices.ContainsFunc(g.Clauses, func(c Clause) bool { return c.BaselineFile })
}

// Activations are those that must be rows of the comparison, canonical.
func (g Gate) Activations() []string {
	var names []string
	for _, c := range g.Clauses {
		for _, name := range []string{c.Activation, c.Against} {
			if name != "" && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}
