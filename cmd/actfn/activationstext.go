package main

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"

	"actfn/internal/number"
)

// writeText writes what is known for a person to read. What there is nothing to say of is left out.
func (s shownActivation) writeText(w io.Writer) error {
	printf(w, "%s\n\n", s.Activation)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	say := func(what, text string) {
		if text != "" {
			printf(tw, "  %s\t%s\n", what, text)
		}
	}
	say("formula", s.Formula)
	say("derivative", orTooLong(s.Derivative))
	for _, p := range s.Parameters {
		say("parameter", p.text())
		if p.Learn != "fixed" {
			say("  derivative by it", orTooLong(p.Derivative))
		}
	}
	for _, line := range s.Properties.lines() {
		say(line[0], line[1])
	}
	say("aliases", strings.Join(s.Aliases, ", "))
	say("same as", strings.Join(s.Identical, ", "))
	say("source", strings.TrimPrefix(s.Source, "-"))
	say("shipped by", strings.Join(s.FoundIn, ", "))
	say("checked", s.Checked)
	say("ambiguous", s.Ambiguous)
	say("disagreement", s.Disagreements)
	if err := tw.Flush(); err != nil || len(s.X) == 0 {
		return err
	}
	tw = tabwriter.NewWriter(w, 0, 0, 3, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "\nx\tf(x)\tf′(x)\t")
	for i := range s.X {
		fmt.Fprintf(tw, "%s\t%s\t%s\t\n", figure(s.X[i]), figure(s.Y[i]), figure(s.DYDX[i]))
	}
	return tw.Flush()
}

func orTooLong(formula string) string {
	if formula == "" {
		return "too long to print; --at computes it"
	}
	return formula
}

// text is the parameter in words.
func (p shownParameter) text() string {
	text := p.Name + " = " + strconv.FormatFloat(p.Value, 'g', -1, 64)
	switch p.Learn {
	case "layer":
		return text + ", learnt, one for each layer"
	case "channel":
		return text + ", learnt, one for each channel"
	}
	return text
}

// lines are the properties in words, by what they are of.
func (p shownProperties) lines() [][2]string {
	open, closed := [2]string{"(", ")"}, [2]string{"[", "]"}
	bracket := func(i int) string {
		if p.RangeClosed[i] {
			return closed[i]
		}
		return open[i]
	}
	monotone := "not known"
	switch {
	case p.NonDecreasing:
		monotone = "never falls"
	case p.Falls:
		monotone = "no"
	}
	symmetry := ""
	switch {
	case p.Odd:
		symmetry = "odd, f(−x) = −f(x)"
	case p.Even:
		symmetry = "even, f(−x) = f(x)"
	}
	kinks, jumps := points(p.Kinks), points(p.Jumps)
	if p.Smooth {
		kinks = "none: smooth"
	}
	gain := ""
	if !math.IsNaN(float64(p.Gain)) {
		gain = figure(p.Gain) + ", which keeps the spread of a normal distribution"
	}
	finite := ""
	if !p.Finite {
		finite = "no: f or f′ is not a number of float32 somewhere in [−50, 50]"
	}
	return [][2]string{
		{"range", bracket(0) + figure(p.Range[0]) + ", " + figure(p.Range[1]) + bracket(1)},
		{"monotone", monotone},
		{"symmetry", symmetry},
		{"kinks", kinks},
		{"jumps", jumps},
		{"steepest |f′|", figure(p.Lipschitz)},
		{"gain", gain},
		{"finite", finite},
		{"far out", fmt.Sprintf("%s at −∞, %s at ∞", tends(p.AtMinusInf), tends(p.AtInf))},
	}
}

// tends is a limit in words, where there is one.
func tends(limit number.Float) string {
	if math.IsNaN(float64(limit)) {
		return "no value"
	}
	return figure(limit)
}

// points are the places of breaks; of many, the first.
func points(values []number.Float) string {
	const most = 8
	var texts []string
	for _, v := range values[:min(len(values), most)] {
		texts = append(texts, figure(v))
	}
	if len(values) > most {
		texts = append(texts, fmt.Sprintf("… %d in all", len(values)))
	}
	return strings.Join(texts, ", ")
}

// figure is a number to six digits.
func figure(f number.Float) string {
	v := float64(f)
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	return strings.Replace(strconv.FormatFloat(v, 'g', 6, 64), "-", "−", 1)
}
