package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"actfn/internal/compare"
)

// writeMarkdown writes a report as GitHub shows it (GitHub Flavored Markdown, 4.10 Tables): names of activations
// as code, the rest escaped so that no formula is taken for markup.
func writeMarkdown(w io.Writer, t *report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", escaped(t.title))
	heads, rules := []string{}, []string{}
	for _, c := range t.columns {
		head := escaped(c.head)
		if c.unit != "" {
			head += "<br>" + escaped(c.unit)
		}
		heads = append(heads, head)
		if c.left {
			rules = append(rules, "---")
		} else {
			rules = append(rules, "--:")
		}
	}
	writeCells(&b, heads)
	writeCells(&b, rules)
	for _, l := range t.lines {
		cells := make([]string, len(l.cells))
		for i, cell := range l.cells {
			switch t.columns[i].head {
			case "activation":
				cell = code(cell)
			case "verdict":
				cell = strings.TrimSpace(verdictMarkdown(t, l, cell) + " " + superscript(l.marks))
			default:
				cell = escaped(cell)
			}
			cells[i] = cell
		}
		writeCells(&b, cells)
	}
	b.WriteString("\n")
	for _, text := range t.remarks {
		fmt.Fprintf(&b, "* %s\n", escaped(text))
	}
	for i, note := range t.notes {
		fmt.Fprintf(&b, "* %s %s\n", superscript([]int{i + 1}), escaped(note))
	}
	if len(t.gates) > 0 {
		b.WriteString("\n| gate | | why |\n| --- | --- | --- |\n")
	}
	for _, g := range t.gates {
		writeCells(&b, []string{code(shown(g.Gate)), "**" + g.Status.String() + "**", escaped(shown(g.Reason))})
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// verdictMarkdown is bold where there is evidence or nothing was learnt.
func verdictMarkdown(t *report, l line, cell string) string {
	decided := has(l.row) && l.row.Difference.Verdict != compare.Inconclusive
	if decided || len(l.row.AtChance) > 0 {
		return "**" + escaped(cell) + "**"
	}
	return escaped(cell)
}

func writeCells(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// escaped is text with a backslash before each character that Markdown could act on. Control characters are
// spelled out already (see shown).
func escaped(text string) string {
	var b strings.Builder
	for _, r := range text {
		if strings.ContainsRune("\\`*_[]<>|~&#", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// code is text as a code span: within as many backticks as it has not in a row. In a table a | is escaped even
// there.
func code(text string) string {
	longest, run := 0, 0
	for _, r := range text {
		if r != '`' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || text == "" || unicode.IsSpace(rune(text[0])) {
		text = " " + text + " " // of which the reader takes one on each side away
	}
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
}
