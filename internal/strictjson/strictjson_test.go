package strictjson_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"actfn/internal/number"
	"actfn/internal/strictjson"
)

type inner struct {
	P *float64 `json:"p"`
}

type kind string

// all has a field of each kind that is decoded.
type all struct {
	Text     string            `json:"text"`
	Embedded                   // its keys are all's own
	Kind     kind              `json:"kind"`
	Is       bool              `json:"is"`
	N        int               `json:"n"`
	Seed     uint64            `json:"seed"`
	F        float64           `json:"f"`
	Word     number.Float      `json:"word"`
	Pair     [2]float64        `json:"pair"`
	List     []*float64        `json:"list"`
	Map      map[string]*inner `json:"map"`
	Any      map[string]any    `json:"any"`
	Null     *inner            `json:"null"`
	Optional *int              `json:"optional,omitempty"`
	Zero     inner             `json:"zero,omitzero"`
}

// Embedded is part of all.
type Embedded struct {
	Own int `json:"own"`
}

const text = `{
"text": "t", "own": 3, "kind": "k", "is": true, "n": -1, "seed": 18446744073709551615, "f": 0.5, "word": "NaN",
"pair": [1, 2], "list": [1, null],
"map": {"a": {"p": null}, "b": null},
"any": {"x": [1e2, "s", {"y": null}], "z": false},
"null": null
}`

func TestUnmarshal(t *testing.T) {
	var v all
	ends := map[string]int{}
	if err := strictjson.Unmarshal([]byte(text), &v, ends); err != nil {
		t.Fatal(err)
	}
	if v.Text != "t" || v.Own != 3 || v.Kind != "k" || !v.Is || v.N != -1 || v.Seed != math.MaxUint64 || v.F != 0.5 || !math.IsNaN(float64(v.Word)) ||
		v.Pair != [2]float64{1, 2} || len(v.List) != 2 || *v.List[0] != 1 || v.List[1] != nil || v.Map["a"].P != nil || len(v.Map) != 2 || v.Null != nil || v.Optional != nil {
		t.Errorf("value is %+v", v)
	}
	want := map[string]any{"x": []any{json.Number("1e2"), "s", map[string]any{"y": nil}}, "z": false}
	if diff := cmp.Diff(want, v.Any); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for place, line := range map[string]int{"": 7, "text": 2, "pair[1]": 3, "map.a.p": 4, "any.x[2].y": 5, "null": 6} {
		if got := strictjson.NewFault([]byte(text), ends[place], nil).Line; got != line {
			t.Errorf("line of %q is %d, want %d", place, got, line)
		}
	}
}

func TestUnmarshalRefuses(t *testing.T) {
	deep := strings.Repeat("[", 200) + strings.Repeat("]", 200)
	for _, c := range []struct{ old, new, want string }{
		{`"own": 3, `, ``, "line 7: own is missing"},
		{`"own"`, `"Own"`, `line 2: unknown key "Own"`},
		{`"n": -1`, `"n": -1, "n": 2`, "line 2: n is given twice, want once"},
		{`"n": -1`, `"n": 1.5`, "line 2: n is 1.5, want an integer"},
		{`"is": true`, `"is": 1`, "line 2: is is 1, want true or false"},
		{`"text": "t"`, `"text": null`, "line 2: text is null, want text"},
		{`"seed": 18446744073709551615`, `"seed": 18446744073709551616`, "line 2: seed is 18446744073709551616, want an unsigned integer of 64 bits"},
		{`"f": 0.5`, `"f": "NaN"`, `line 2: f is "NaN", want a number`},
		{`"f": 0.5`, `"f": 1e999`, `line 2: f is 1e999, want a number`},
		{`"word": "NaN"`, `"word": "nan"`, `line 2: word is "nan", want a number, "NaN", "Infinity" or "-Infinity"`},
		{`"pair": [1, 2]`, `"pair": [1]`, "line 3: pair is a list of 1, want 2"},
		{`"pair": [1, 2]`, `"pair": [1, 2, 3]`, "line 3: pair is a list of 3, want 2"},
		{`"pair": [1, 2]`, `"pair": [1, null]`, "line 3: pair[1] is null, want a number"},
		{`"list": [1, null]`, `"list": null`, "line 3: list is null, want a list"},
		{`"list": [1, null]`, `"list": {}`, "line 3: list is an object, want a list"},
		{`{"p": null}`, `{"q": null}`, `line 4: unknown key "map.a.q"`},
		{`{"p": null}`, `[]`, `line 4: map.a is a list, want an object`},
		{`"b": null`, `"a": null`, "line 4: map.a is given twice, want once"},
		{`"z": false`, `"x": 1`, "line 5: any.x is given twice, want once"},
		{`{"y": null}`, deep, "line 5: values lie more than 100 deep in each other"},
		{`"null": null`, `"null": null, "optional": null`, "line 6: optional is null, want an integer"},
		{`"null": null`, `"null": null, "zero": null`, "line 6: zero is null, want an object"},
		{"\n}", "\n} {}", "line 7: something follows the JSON object, want the end"},
		{"\n}", "\n", "line 6: unexpected EOF"},
		{`"t"`, "\"\xff\"", "line 2: text is not UTF-8"},
		{`"t"`, "\"\ufffd\xff\"", "line 2: text is not UTF-8"},
		{`"t"`, `"\ud800"`, "line 2: half a surrogate pair in a string, want a character"},
		{`"t"`, `"\\\udc00\ud800"`, "line 2: half a surrogate pair in a string, want a character"},
		{`"t"`, `"\ud834\udd1e\ud834"`, "line 2: half a surrogate pair in a string, want a character"},
		{`"own"`, `"\uDBFFx"`, "line 2: half a surrogate pair in a string, want a character"},
	} {
		if !strings.Contains(text, c.old) {
			t.Fatalf("the text has no %s", c.old)
		}
		var v all
		err := strictjson.Unmarshal([]byte(strings.Replace(text, c.old, c.new, 1)), &v, nil)
		if err == nil || err.Error() != c.want {
			t.Errorf("%s for %s: error is %v, want %s", c.new, c.old, err, c.want)
		}
	}
}

// counts is an Object of any keys but "no".
type counts map[string]int

func (c *counts) Set(key string, decode func(into any) error) (bool, error) {
	if key == "no" {
		return false, nil
	}
	var n int
	err := decode(&n)
	if *c == nil {
		*c = counts{}
	}
	(*c)[key] = n
	return true, err
}

func (c *counts) Required() []string { return []string{"a"} }

func TestObject(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{`{"all": [{"a": 1, "b": 2}]}`, ""},
		{`{"all": [{"b": 2}]}`, "line 1: all[0].a is missing"},
		{`{"all": [{"a": 1, "a": 2}]}`, "line 1: all[0].a is given twice, want once"},
		{`{"all": [{"a": "1"}]}`, `line 1: all[0].a is "1", want an integer`},
		{`{"all": [{"a": null}]}`, "line 1: all[0].a is null, want an integer"},
		{`{"all": [{"no": 1}]}`, `line 1: unknown key "all[0].no"`},
		{`{"all": [3]}`, "line 1: all[0] is 3, want an object"},
	} {
		var v struct {
			All []counts `json:"all"`
		}
		err := strictjson.Unmarshal([]byte(c.text), &v, nil)
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%s: error is %v, want %s", c.text, err, c.want)
		}
		if err == nil && (v.All[0]["a"] != 1 || v.All[0]["b"] != 2) {
			t.Errorf("%s is %v", c.text, v)
		}
	}
}

// Escapes that are whole are what they stand for.
func TestEscapes(t *testing.T) {
	var v struct {
		S string `json:"s"`
	}
	err := strictjson.Unmarshal([]byte(`{"s": "\\ud834 \ud834\udd1e \uD7FF \ufffd"}`), &v, nil)
	if want := "\\ud834 𝄞 \ud7ff \ufffd"; err != nil || v.S != want {
		t.Errorf("text is %q, %v, want %q", v.S, err, want)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "f")
	parse := func(err error) func([]byte) (string, error) {
		return func(text []byte) (string, error) { return string(text), err }
	}
	if _, err := strictjson.Read(path, parse(nil)); !errors.Is(err, fs.ErrNotExist) || strings.Count(err.Error(), path) != 1 {
		t.Errorf("error is %v", err)
	}
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	if v, err := strictjson.Read(path, parse(nil)); v != "text" || err != nil {
		t.Errorf("file is %q, %v", v, err)
	}
	fault := &strictjson.Fault{Line: 3, Err: fs.ErrInvalid}
	for _, c := range []struct {
		err  error
		want string
	}{
		{fault, ":3: invalid argument"}, {fmt.Errorf("more: %w", fault), ":3: invalid argument"}, {fs.ErrInvalid, ": invalid argument"},
	} {
		v, err := strictjson.Read(path, parse(c.err))
		if v != "" || err == nil || err.Error() != path+c.want || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("file is %q, error is %v, want %s", v, err, c.want)
		}
	}
}

func TestCheckSchema(t *testing.T) {
	for _, c := range []string{`{}`, `{"schema": 4}`, `no JSON`, `{"schema": null}`} {
		if err := strictjson.CheckSchema([]byte(c), 4); err != nil {
			t.Errorf("%s: %v", c, err)
		}
	}
	if err := strictjson.CheckSchema([]byte("{\n\"schema\": 5}"), 4); err == nil || err.Error() != "line 2: schema is 5, want 4, that of this version" {
		t.Errorf("error is %v", err)
	}
}

// FuzzUnmarshal wants an error with a line of the text, or what encoding/json decodes.
func FuzzUnmarshal(f *testing.F) {
	f.Add([]byte(text))
	f.Add([]byte(`{"text":"\ud800"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v all
		err := strictjson.Unmarshal(b, &v, map[string]int{})
		if err != nil {
			fault, ok := errors.AsType[*strictjson.Fault](err)
			if !ok || fault.Line < 1 || fault.Line > 1+bytes.Count(b, []byte("\n")) {
				t.Fatalf("error is %v", err)
			}
			return
		}
		if !json.Valid(b) {
			t.Fatalf("%q is taken", b)
		}
	})
}
