package compare

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseIsTheInverseOfWrite(t *testing.T) {
	for name, r := range map[string]Result{"everything": everything(t), "plain": plain(t)} {
		text := written(t, r)
		got, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(r, got, sameResult); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if again := written(t, got); !bytes.Equal(again, text) {
			t.Errorf("%s: written again it is\n%s", name, again)
		}
	}
}

// The least Result has lists and mappings, not null, also by json.Marshal.
func TestEmptyIsNotNull(t *testing.T) {
	b, err := json.Marshal(Result{Rows: []Row{{Difference: &Difference{}, LR: &Tuned{}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"seeds":[]`, `"config":{}`, `"values":[]`, `"diverged":[]`, `"scopes":{}`, `"trials":[]`, `"warnings":[]`, `"mde":null`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("JSON is %s, want %s in it", b, want)
		}
	}
}

func TestReadRefuses(t *testing.T) {
	without := plain(t)
	without.Warnings, without.Timing = nil, nil
	for i := range without.Rows {
		without.Rows[i].Step = nil
	}
	text := string(written(t, without))
	path := filepath.Join(t.TempDir(), "base.json")
	for _, c := range []struct{ old, new, want string }{
		{`"schema": 2`, `"schema": 1`, `:2: schema is 1, want 2, that of this version`},
		{`"metric"`, `"metrics"`, `:3: unknown key "metrics"`},
		{`  "alpha": 0.05,` + "\n", ``, `alpha is missing`},
		{`"alpha": 0.05`, `"alpha": 0.05, "alpha": 0.01`, `:5: alpha is given twice, want once`},
		{`"alpha": 0.05`, `"alpha": 1`, `:5: alpha is 1, want a number between 0 and 1`},
		{`"alpha": 0.05`, `"alpha": "NaN"`, `:5: alpha is "NaN", want a number`},
		{`"rope": 0.005`, `"rope": null`, `:6: rope is null, want a number`},
		{`"generalize": "seeds"`, `"generalize": "all"`, `:7: generalize is "all", want seeds or seeds+images`},
		{`"baseline": "relu"`, `"baseline": "tanh"`, `:4: baseline is "tanh", want the activation of a row`},
		{`"activation": "mish"`, `"activation": "relu"`, `rows[2].activation is "relu", want each activation once`},
		{"      \"values\": [\n        0.9015,", "      \"values\": [", `rows[0].values is a list of 4, want 5, one for each seed`},
		{"        0.9015,", "        null,", `rows[0].n is 5, want 4, the number of values`},
		{"        0.9015,", "        1.5,", `rows[0].values[0] is 1.5, want 0 to 1`},
		{"    3,\n    4\n", "    3,\n    3\n", `:13: seeds[4] is 3, want each seed once`},
		{`"ci": [`, `"ci": [1,`, `rows[0].ci is a list of 3, want 2`},
		{`"diverged": []`, `"diverged": [9]`, `rows[0].diverged[0] is 9, want one of the seeds`},
		{`"verdict": "better"`, `"verdict": "best"`, `rows[2].difference.verdict is "best", want better, worse, equivalent or inconclusive`},
		{`"p_wilcoxon": null`, `"p_wilcoxon": 2`, `rows[1].difference.p_wilcoxon is 2, want 0 to 1`},
		{`"difference": null`, `"difference": {}`, `rows[0].difference.n is missing`},
		{`"model.filters": [`, `"model.filters": 1, "model.filters": [`, `setup.config.model.filters is given twice, want once`},
		{`"dead": 0.046875`, `"dead": null`, `rows[0].health.dead is null, want a number where checkups have one, else null`},
		{`"dead": 0.046875`, `"dead": 1.5`, `rows[0].health.dead is 1.5, want at least 0, of a share at most 1`},
		{"      \"checkups\": [\n", "      \"checkups\": [null,\n", `rows[0].checkups is a list of 6, want 5, one for each seed`},
		{`"warnings": []`, `"warnings": [] }, {`, `something follows the JSON object, want the end`},
		{`"warnings": []`, `"warnings": null`, `warnings is null, want a list`},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("the text has no %s", c.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(text, c.old, c.new, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		_, err := ReadFile(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+":") || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s for %s: error is %v, want %s", c.new, c.old, err, c.want)
		}
	}
	if _, err := ReadFile(path + "x"); err == nil || err.Error() != path+"x: no such file or directory" && !strings.Contains(err.Error(), "cannot find") {
		t.Errorf("error is %v", err)
	}
	if _, err := Parse([]byte(text[:len(text)/2])); err == nil || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("error of half a file is %v", err)
	}
}

// FuzzParse wants an error or a Result whose text is stable.
func FuzzParse(f *testing.F) {
	// One row and its baseline, in one line: the fuzzer is slow with more.
	for _, i := range []int{2, 6} {
		r := everything(f)
		r.Rows = []Row{r.Rows[0], r.Rows[i]}
		text, err := json.Marshal(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"schema":1}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := Parse(text)
		if err != nil {
			return
		}
		first := written(t, r)
		again, err := Parse(first)
		if err != nil {
			t.Fatalf("%v in\n%s", err, first)
		}
		if second := written(t, again); !bytes.Equal(first, second) {
			t.Fatalf("text is\n%s, then\n%s", first, second)
		}
	})
}
