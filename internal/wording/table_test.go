package wording_test

import (
	"strings"
	"testing"

	"actfn/internal/wording"
)

func TestTable(t *testing.T) {
	table := wording.Table{Align: "lr", Indent: "  "}
	table.Row("class", "images", "note")
	table.Row("é", "7", "a longer note in the last column")
	table.Row()
	table.Row("a\tb", "1234567")
	var b strings.Builder
	n, err := table.WriteTo(&b)
	want := "  class   images  note\n  é            7  a longer note in the last column\n\n  a\\tb   1234567\n"
	if b.String() != want || err != nil || int(n) != len(want) {
		t.Errorf("table is\n%q, want\n%q (%d, %v)", b.String(), want, n, err)
	}
}
