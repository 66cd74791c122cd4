package report

import (
	"fmt"
	"io"
	"regexp"
	"strings"
	"unicode"

	"actfn/internal/gate"
)

// writeMarkdown writes a report as GitHub shows it (GitHub Flavored Markdown, 4.10 Tables): names of activations
// as code, the rest escaped so that no formula is taken for markup.
func writeMarkdown(w io.Writer, t *report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", escaped(t.title))
	t.markdownTable(&b)
	b.WriteString("\n")
	for _, text := range t.remarks {
		fmt.Fprintf(&b, "* %s\n", escaped(text))
	}
	for i, note := range t.notes {
		fmt.Fprintf(&b, "* %s %s\n", superscript(i+1), escaped(note))
	}
	markdownGates(&b, t.gates)
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownGates(b *strings.Builder, gates []gate.Outcome) {
	if len(gates) > 0 {
		b.WriteString("\n| gate | | why |\n| --- | --- | --- |\n")
	}
	for _, g := range gates {
		writeCells(b, []string{code(shown(g.Gate)), "**" + g.Status.String() + "**", escaped(shown(g.Reason))})
	}
}

// markdownTable writes the table.
func (t *report) markdownTable(b *strings.Builder) {
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
	writeCells(b, heads)
	writeCells(b, rules)
	for _, l := range t.lines {
		cells := make([]string, len(l.cells))
		for i, c := range t.columns {
			if cells[i] = l.cells[i]; c.markdown != nil {
				cells[i] = c.markdown(l.row, cells[i])
			} else {
				cells[i] = escaped(cells[i])
			}
			if c.notes && len(l.notes) > 0 {
				cells[i] += " " + superscript(l.notes...)
			}
		}
		writeCells(b, cells)
	}
}

func writeCells(b *strings.Builder, cells []string) {
	b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// acting are the characters that Markdown could act on. Control characters are spelled out already (see shown).
var acting = regexp.MustCompile("[\\\\`*_\\[\\]<>|~&#]")

// escaped is text with a backslash before each character that Markdown could act on.
func escaped(text string) string { return acting.ReplaceAllString(text, `\$0`) }

// code is text as a code span: within as many backticks as it has not in a row. In a table a | is escaped even
// there.
func code(text string) string {
	longest := 0
	for _, run := range regexp.MustCompile("`+").FindAllString(text, -1) {
		longest = max(longest, len(run))
	}
	fence := strings.Repeat("`", longest+1)
	if longest > 0 || text == "" || unicode.IsSpace(rune(text[0])) {
		text = " " + text + " " // of which the reader takes one on each side away
	}
	return fence + strings.ReplaceAll(text, "|", `\|`) + fence
}
