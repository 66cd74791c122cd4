package wording_test

import (
	"os"
	"testing"

	"actfn/internal/wording"
)

func TestQuoted(t *testing.T) {
	windows := `'C:\runs\a'`
	if os.PathSeparator == '\\' {
		windows = `C:\runs\a`
	}
	for path, want := range map[string]string{
		"runs/relu-2": "runs/relu-2", "my run": "'my run'", "it's": `'it'\''s'`, "a$b": "'a$b'", "": "''",
		"données/犬": "données/犬", `C:\runs\a`: windows, "*": "'*'",
	} {
		if got := wording.Quoted(path); got != want {
			t.Errorf("%q is %s, want %s", path, got, want)
		}
	}
}
