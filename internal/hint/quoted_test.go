package hint_test

import (
	"testing"

	"actfn/internal/hint"
)

func TestQuoted(t *testing.T) {
	for path, want := range map[string]string{
		"runs/relu-2": "runs/relu-2", "my run": "'my run'", "it's": `'it'\''s'`, "a$b": "'a$b'", "": "''",
		"données/犬": "données/犬", `C:\runs\a`: `C:\runs\a`, "*": "'*'",
	} {
		if got := hint.Quoted(path); got != want {
			t.Errorf("%q is %s, want %s", path, got, want)
		}
	}
}
