package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"actfn/internal/gate"
)

// The elements of JUnit's report that CI systems agree on (Jenkins's junit-10.xsd, GitLab's and GitHub's readers).
type junitSuites struct {
	XMLName xml.Name     `xml:"testsuites"`
	Suites  []junitSuite `xml:"testsuite"`
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Cases    []junitCase `xml:"testcase"`
	Out      struct {
		Text string `xml:",cdata"` // keeps its lines as they are
	} `xml:"system-out"`
}

type junitCase struct {
	Class   string       `xml:"classname,attr"`
	Name    string       `xml:"name,attr"`
	Failure *junitReason `xml:"failure"`
	Error   *junitReason `xml:"error"`
	Skipped *junitReason `xml:"skipped"`
	Out     string       `xml:"system-out,omitempty"`
}

type junitReason struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr,omitempty"`
	Text    string `xml:",chardata"` // the message again, for readers that show this alone
}

// writeJUnit writes a test suite: a case for each gate, which is a failure if the gate failed and an error if it
// is not decided, and one for each activation, which passes with its figures as output and is skipped if it
// has none: a verdict that no gate asks for is no failure. The table is the suite's output.
func writeJUnit(w io.Writer, t *report) error {
	suite := junitSuite{Name: "actfn compare"}
	for _, g := range t.gates {
		c := junitCase{Class: "gate", Name: shown(g.Gate)}
		why := shown(g.Reason)
		reason := &junitReason{why, g.Status.String(), why}
		switch g.Status {
		case gate.Failed:
			c.Failure = reason
			suite.Failures++
		case gate.Undecidable, gate.Undecided:
			c.Error = reason
			suite.Errors++
		default:
			c.Out = why
		}
		suite.Cases = append(suite.Cases, c)
	}
	for _, l := range t.lines {
		c := junitCase{Class: "activation", Name: shown(l.row.Activation), Out: t.sentence(l)}
		if l.row.Mean == nil {
			c.Skipped = &junitReason{Message: "there is no result"}
			suite.Skipped++
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Tests = len(suite.Cases)
	var table strings.Builder
	if err := writeText(&table, t); err != nil {
		return err
	}
	suite.Out.Text = "\n" + table.String()
	b, err := xml.MarshalIndent(junitSuites{Suites: []junitSuite{suite}}, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, b)
	return err
}

// sentence is a line of the table in words, with its footnotes.
func (t *report) sentence(l line) string {
	var parts []string
	for i, c := range t.columns[1:] {
		if cell := l.cells[i+1]; cell != "" && cell != none && cell != unmeasured {
			head := c.head
			if c.unit != "" {
				head += " (" + c.unit + ")"
			}
			parts = append(parts, head+": "+cell)
		}
	}
	for _, n := range l.notes {
		parts = append(parts, t.notes[n-1])
	}
	return strings.Join(parts, "; ")
}
