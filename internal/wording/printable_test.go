package wording_test

import (
	"testing"

	"actfn/internal/wording"
)

func TestText(t *testing.T) {
	for name, want := range map[string]string{
		"": "", "x*sigmoid(x)": "x*sigmoid(x)", "Äpfel 苹果": "Äpfel 苹果", `a"b\c`: `a"b\c`,
		"a\x1b[31m": `a\x1b[31m`, "a\nb": `a\nb`, "\xff": `\xff`, "x\u202ey": `x\u202ey`,
		"cat":                  "cat",
		"spaces\u3000\u00a0.":  "spaces\u3000\u00a0.",
		"a b/é 猫.png":          "a b/é 猫.png",
		`C:\"x"\1.png`:         `C:\"x"\1.png`,
		"\x1b[31mred\a":        `\x1b[31mred\a`,
		"two\nlines\t\r":       `two\nlines\t\r`,
		"back\\slash\x7f":      `back\\slash\x7f`,
		"not \xff UTF-8":       `not \xff UTF-8`,
		"c1 \u009b, \u202eltr": `c1 \u009b, \u202eltr`,
	} {
		if got := wording.Printable(name); got != want {
			t.Errorf("%q is shown as %s, want %s", name, got, want)
		}
	}
}
