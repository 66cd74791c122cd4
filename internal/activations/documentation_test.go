package activations

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/activations.md")

// TestDocumentation compares docs/activations.md with what the catalogue gives; -update writes it.
func TestDocumentation(t *testing.T) {
	const path = "../../docs/activations.md"
	want := document(t)
	if *update {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	have, now := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i, line := range now {
		if i >= len(have) || have[i] != line {
			t.Fatalf("%s: line %d is not what the catalogue gives, want %q: go test ./internal/activations -run Documentation -update", path, i+1, line)
		}
	}
	t.Fatalf("%s is longer than what the catalogue gives: go test ./internal/activations -run Documentation -update", path)
}

// document returns the page.
func document(t *testing.T) []byte {
	var b bytes.Buffer
	rows := Catalogue()
	fmt.Fprintf(&b, `# Activation functions

The %d functions that have a name. This page is generated from [the catalogue](../internal/activations/catalogue.tsv),
whose formulas are also what is computed. Derivatives and properties are derived from the formula, for the values of the
parameters that are shown. Any other formula of x is accepted too: see the README.

`+"`slope=0.25!`"+` marks a learnable parameter with one value for a layer, and `+"`!channel`"+` one with a value for each channel.
“Never falls” is proven from the formula or stated by the source. A kink is where the derivative jumps. “Slope within” is
the largest |f′|. The gain is 1/√E[f(z)²] for a standard normal z, by which an initialization may be scaled.

## Names that mean several functions

| name | meaning here |
|---|---|
`, len(rows))
	for _, r := range rows {
		for name, taken := range r.Ambiguous {
			fmt.Fprintf(&b, "| `%s` | %s |\n", name, cell(taken))
		}
	}
	b.WriteString("\n## Where PyTorch differs\n\nFor the functions that PyTorch has, values and slopes agree with it within 2·10⁻⁶ + 10⁻⁶·|value|, or are closer to the\nexact value, except for:\n\n| function | of | where | PyTorch | here | because |\n|---|---|---|---|---|---|\n")
	for _, d := range readDifferences(t) {
		fmt.Fprintf(&b, "| [`%s`](#%s) | %s | %s | %s | %s | %s |\n", d.activation, d.activation, strings.ReplaceAll(d.of, "'", "′"), place(d.low, d.high), cell(d.pytorch), cell(d.here), cell(d.because))
	}
	b.WriteString("\n## The functions\n")
	for _, a := range All() {
		describe(&b, a)
	}
	return b.Bytes()
}

// describe writes one function's section.
func describe(b *bytes.Buffer, a Activation) {
	r := a.row
	fmt.Fprintf(b, "\n### %s\n\n```\n%s\n", r.Name, r.Formula)
	if d := a.Derivative("x"); len(d) <= 600 {
		fmt.Fprintf(b, "derivative: %s\n", d)
	}
	b.WriteString("```\n\n")
	item := func(what, text string) {
		if text != "" {
			fmt.Fprintf(b, "- %s: %s\n", what, text)
		}
	}
	item("parameters", strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(a.String(), r.Name), "("), ")"))
	item("also called", strings.Join(r.Aliases, ", "))
	item("properties", properties(a.Properties()))
	item("the same as", strings.Join(a.Equal(), ", "))
	item("source", r.Source)
	item("found in", strings.Join(r.FoundIn, ", "))
	if strings.Contains(r.Checked, "from memory") {
		item("checked", "the formula or a default is from memory, and was not compared with the source")
	}
	item("frameworks differ", r.Disagreements)
}

// properties writes the properties in one line.
func properties(p Properties) string {
	var said []string
	say := func(holds bool, text string) {
		if holds {
			said = append(said, text)
		}
	}
	say(p.NonDecreasing, "never falls")
	say(p.Odd, "odd")
	say(p.Even, "even")
	brackets := map[bool]string{true: "[]", false: "()"}
	low, high := brackets[p.RangeClosed[0]][:1]+short(float64(p.Range[0])), short(float64(p.Range[1]))+brackets[p.RangeClosed[1]][1:]
	said = append(said, "range "+low+", "+high)
	say(p.Smooth, "smooth")
	say(len(p.Kinks) > 0, "kinks at "+places(p.Kinks))
	say(len(p.Jumps) > 0, "jumps at "+places(p.Jumps))
	said = append(said, "slope within "+short(float64(p.Lipschitz)))
	say(!math.IsNaN(float64(p.Gain)), "gain "+short(float64(p.Gain)))
	say(!p.Finite, "not finite all over [−50, 50]")
	return strings.Join(said, "; ")
}

func places(points []float64) string {
	var texts []string
	for _, x := range points {
		texts = append(texts, short(x))
	}
	if len(texts) > 6 {
		texts = slices.Concat(texts[:3], []string{"…"}, texts[len(texts)-3:])
	}
	return strings.Join(texts, ", ")
}

// short writes a number with four digits.
func short(v float64) string {
	switch {
	case math.IsInf(v, 1):
		return "∞"
	case math.IsInf(v, -1):
		return "−∞"
	}
	return strings.ReplaceAll(strconv.FormatFloat(v, 'g', 4, 64), "-", "−")
}

// place writes an interval of x, or a point.
func place(low, high float64) string {
	switch {
	case math.IsNaN(low):
		return "NaN"
	case low == high:
		return short(low)
	}
	return short(low) + " … " + short(high)
}

// cell escapes what would end a table's cell.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }
