package report

import (
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"actfn/internal/compare"
	"actfn/internal/gate"
	"actfn/internal/wording"
)

// WriteAcross writes a comparison in several settings in one of Formats, and one in a single setting as Write does:
//
//	table, md  a table of settings and activations, and a sentence for each activation; where columns are added,
//	           the table of each setting below it
//	csv        as Write for each setting, with the column setting before the others
//	json       a itself, as compare.ReadAcross takes it
//	junit      a test suite of the gates and the sentences, and one of each setting
func WriteAcross(w io.Writer, a compare.Across, gates []gate.Outcome, format string, columns ...string) error {
	if r, plain := a.Plain(); plain {
		return Write(w, r, gates, format, columns...)
	}
	for _, name := range columns {
		if !slices.Contains(Columns, name) {
			return unknown("columns", name, Columns)
		}
	}
	switch format {
	case "table":
		return writeAcrossText(w, a, gates, columns)
	case "md":
		return writeAcrossMarkdown(w, a, gates, columns)
	case "csv":
		return writeAcrossCSV(w, a, columns)
	case "json":
		return compare.WriteAcross(w, a)
	case "junit":
		return writeAcrossJUnit(w, a, gates, columns)
	}
	return unknown("format", format, Formats)
}

// widest is the width that a table across settings keeps to.
const widest = 80

func writeAcrossText(w io.Writer, a compare.Across, gates []gate.Outcome, also []string) error {
	lines := slices.Concat([]string{acrossTitle(a), ""}, acrossTable(a), []string{""}, sentences(a), []string{""}, acrossRemarks(a))
	if len(also) > 0 {
		for _, s := range a.Settings {
			lines = slices.Concat(lines, []string{"", "in " + shown(s.Name) + ":", ""}, inSetting(s, also).table())
		}
	}
	return writeLines(w, append(lines, gateLines(gates)...))
}

// inSetting is the report of a setting, without footnotes: acrossWarnings has them.
func inSetting(s compare.Setting, also []string) *report {
	t := newReport(s.Result, nil, also)
	for i := range t.lines {
		t.lines[i].notes = nil
	}
	return t
}

// acrossTable is the table with a row for each setting or for each activation, whichever fits; else with the activations
// below each setting.
func acrossTable(a compare.Across) []string {
	grid := acrossGrid(a)
	for _, rows := range [][][]string{grid, transposed(grid)} {
		table := wording.Table{}
		for _, row := range rows {
			table.Row(row...)
		}
		lines := table.Lines()
		if !slices.ContainsFunc(lines, func(l string) bool { return utf8.RuneCountInString(l) > widest }) {
			return lines
		}
	}
	long := wording.Table{Indent: "  "}
	for _, row := range grid[1:] {
		for j, cell := range row[1:] {
			long.Row(grid[0][j+1], cell)
		}
	}
	lines := long.Lines()
	for i, row := range slices.Backward(grid[1:]) {
		lines = slices.Insert(lines, i*(len(row)-1), row[0])
	}
	return lines
}

func transposed(rows [][]string) [][]string {
	columns := make([][]string, len(rows[0]))
	for _, row := range rows {
		for j, cell := range row {
			columns[j] = append(columns[j], cell)
		}
	}
	return columns
}

// acrossGrid has a row of cells for each setting: its name, the accuracy of the baseline, and of each other activation
// the difference to it with the verdict. Its first row has the names.
func acrossGrid(a compare.Across) [][]string {
	first := a.Settings[0].Result
	names := []string{"setting", shown(first.Baseline) + " %"}
	for _, s := range a.Rows {
		names = append(names, shown(s.Activation))
	}
	grid := [][]string{names}
	for _, s := range a.Settings {
		base, _ := s.Result.Row(first.Baseline)
		cells := []string{shown(s.Name), accuracyText(s.Result, base)}
		if text := verdictText(s.Result, base); text != "baseline" {
			cells[1] += strings.TrimPrefix(text, "baseline") // at chance
		}
		for _, row := range a.Rows {
			cells = append(cells, acrossCell(s.Result, row.Activation))
		}
		grid = append(grid, cells)
	}
	return grid
}

// acrossCell is a difference with its interval and verdict: +1.20 ±0.80 better.
func acrossCell(r compare.Result, activation string) string {
	row, _ := r.Row(activation)
	text := strings.Replace(verdictText(r, row), noEvidence+" "+string(compare.Inconclusive), noEvidence, 1)
	if !has(row) {
		return text
	}
	if n := row.Difference.N; n < len(r.Seeds) {
		text += fmt.Sprintf(" n=%d", n)
	}
	return differenceText(row) + " " + text
}

func acrossTitle(a compare.Across) string {
	first := a.Settings[0].Result
	return fmt.Sprintf("%s in %s, %s; differences to %s in points", shown(first.Metric),
		wording.Counted(len(a.Settings), "setting"), wording.Seeds(first.Seeds), shown(first.Baseline))
}

// sentences are those of the activations.
func sentences(a compare.Across) []string {
	var list []string
	for _, s := range a.Rows {
		list = append(list, shown(s.Sentence))
	}
	return list
}

// acrossRemarks say how to read the table, and what is to be known of it.
func acrossRemarks(a compare.Across) []string {
	first := a.Settings[0].Result
	var ropes, detectable []string
	power := 0.0
	for _, s := range a.Settings {
		if rope := "±" + wording.Percent(s.Result.Rope); !slices.Contains(ropes, rope) {
			ropes = append(ropes, rope)
		}
		if s.Result.MDE != nil {
			power = s.Result.MDE.Power
			detectable = append(detectable, fmt.Sprintf("%s points in %s", wording.Percent(s.Result.MDE.Difference), shown(s.Name)))
		}
	}
	list := []string{
		fmt.Sprintf("±: %s %% interval over %s; those of the differences hold all at once, in all settings (%s), and decide the verdicts",
			wording.Confidence(first.Alpha), strings.ReplaceAll(first.Generalize, "+", " and "),
			wording.Counted(compare.Family(len(first.Rows), len(a.Settings)), "comparison")),
		fmt.Sprintf(`%s: no evidence of a difference, which is not evidence of "no difference"; equivalent: within %s points`,
			noEvidence, strings.Join(ropes, " or ")),
	}
	if len(a.Settings) > 1 {
		list = append(list, "interaction p: the probability of such unequal differences if the true difference were the same in all settings; "+
			"adjusted for pairs of settings and for activations")
	}
	if len(detectable) > 0 {
		list = append(list, fmt.Sprintf("detectable, with %s %% probability: %s",
			wording.Shortest(math.Round(100*power)), strings.Join(detectable, ", ")))
	}
	tuned := false
	for _, s := range a.Settings {
		var rates []string
		for _, row := range s.Result.Rows {
			if row.LR != nil {
				rates = append(rates, shown(row.Activation)+" "+wording.Shortest(row.LR.Chosen))
			}
		}
		if rates != nil {
			tuned = true
			list = append(list, fmt.Sprintf("learning rates in %s: %s", shown(s.Name), strings.Join(rates, ", ")))
		}
	}
	if tuned {
		list = append(list, "accuracies are somewhat too high, as the seeds are those that chose the learning rates")
	}
	list = append(list, dataSetRemarks(a)...)
	return append(list, acrossWarnings(a)...)
}

// dataSetRemarks say whether the activations differ over data sets.
func dataSetRemarks(a compare.Across) []string {
	d := a.DataSets
	if d == nil {
		return nil
	}
	var flips []string
	for _, s := range a.Rows {
		if s.PDataSets != nil {
			flips = append(flips, fmt.Sprintf("%s p = %.2g", shown(s.Activation), *s.PDataSets))
		}
	}
	return []string{
		fmt.Sprintf("over %d data sets, one observation each: activations differ in rank with p = %.2g (Friedman's test by permutation; "+
			"the least p that so many can give is %.2g)", d.N, d.P, d.Least),
		fmt.Sprintf("over data sets, each against %s (sign flips, adjusted): %s; the least p that one test can give is %.4g",
			shown(a.Settings[0].Result.Baseline), strings.Join(flips, ", "), d.LeastPairs),
	}
}

// acrossWarnings are those of the settings. One that several have in the same words is given once.
func acrossWarnings(a compare.Across) []string {
	var texts []string
	in := map[string][]string{}
	for _, s := range a.Settings {
		for _, w := range s.Result.Warnings {
			if in[w.Text] == nil {
				texts = append(texts, w.Text)
			}
			in[w.Text] = append(in[w.Text], shown(s.Name))
		}
	}
	var list []string
	for _, text := range texts {
		where := ""
		if names := in[text]; len(names) < len(a.Settings) {
			where = strings.Join(names, " and ") + ": "
		}
		list = append(list, "warning: "+where+shown(text))
	}
	return list
}

func writeAcrossMarkdown(w io.Writer, a compare.Across, gates []gate.Outcome, also []string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", escaped(acrossTitle(a)))
	for i, row := range acrossGrid(a) {
		cells := make([]string, len(row))
		for j, cell := range row {
			switch {
			case i > 0 && j == 0:
				cells[j] = code(cell)
			case i > 0 && j > 1 && !strings.Contains(cell, noEvidence):
				cells[j] = "**" + escaped(cell) + "**"
			default:
				cells[j] = escaped(cell)
			}
		}
		writeCells(&b, cells)
		if i == 0 {
			writeCells(&b, slices.Repeat([]string{"---"}, len(row)))
		}
	}
	b.WriteString("\n")
	for _, text := range slices.Concat(sentences(a), acrossRemarks(a)) {
		fmt.Fprintf(&b, "* %s\n", escaped(text))
	}
	if len(also) > 0 {
		for _, s := range a.Settings {
			fmt.Fprintf(&b, "\nIn %s:\n\n", code(shown(s.Name)))
			inSetting(s, also).markdownTable(&b)
		}
	}
	markdownGates(&b, gates)
	_, err := io.WriteString(w, b.String())
	return err
}

func writeAcrossCSV(w io.Writer, a compare.Across, also []string) error {
	table := csv.NewWriter(w)
	for i, s := range a.Settings {
		if err := writeRows(table, s.Result, also, s.Name, i == 0); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

func writeAcrossJUnit(w io.Writer, a compare.Across, gates []gate.Outcome, also []string) error {
	whole, err := (&report{gates: gates}).suite("actfn compare")
	if err != nil {
		return err
	}
	for _, s := range a.Rows {
		whole.Cases = append(whole.Cases, junitCase{Class: "activation", Name: shown(s.Activation), Out: shown(s.Sentence)})
	}
	whole.Tests = len(whole.Cases)
	var text strings.Builder
	if err := writeAcrossText(&text, a, gates, nil); err != nil {
		return err
	}
	whole.Out.Text = "\n" + text.String()
	suites := []junitSuite{whole}
	for _, s := range a.Settings {
		suite, err := newReport(s.Result, nil, also).suite("actfn compare in " + shown(s.Name))
		if err != nil {
			return err
		}
		suites = append(suites, suite)
	}
	return writeSuites(w, suites...)
}
