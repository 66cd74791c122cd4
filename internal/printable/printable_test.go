package printable_test

import (
	"testing"

	"actfn/internal/printable"
)

func TestText(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "x*sigmoid(x)": "x*sigmoid(x)", "Äpfel 苹果": "Äpfel 苹果", `a"b\c`: `a"b\c`,
		"a\x1b[31m": `a\x1b[31m`, "a\nb": `a\nb`, "\xff": `\xff`, "x\u202ey": `x\u202ey`,
	} {
		if got := printable.Text(name); got != want {
			t.Errorf("%q is shown as %s, want %s", name, got, want)
		}
	}
}
