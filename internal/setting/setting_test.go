package setting_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"actfn/internal/setting"
)

// thing has a field of every type.
type thing struct {
	text    string
	on      bool
	count   int
	seed    uint64
	rate    float64
	sizes   []int
	moments []float64
	words   []string
	top     int
}

func (c *thing) keys() []setting.Key {
	return append(setting.In("part", []setting.Key{
		{Name: "text", Value: &c.text, Default: "a", Rule: setting.OneOf("a", "b")},
		{Name: "on", Value: &c.on, Default: true},
		{Name: "count", Value: &c.count, Default: 3, Rule: setting.Whole(1, 5)},
		{Name: "seed", Value: &c.seed, Default: 7, Scope: setting.Cell},
		{Name: "rate", Value: &c.rate, Default: 1, Rule: setting.Positive},
		{Name: "sizes", Value: &c.sizes, Default: []int{64}, Rule: setting.Whole(1, 100)},
		{Name: "moments", Value: &c.moments, Rule: setting.Finite},
		{Name: "words", Value: &c.words, Rule: setting.OneOf("a", "b")},
	}), setting.Key{Name: "top", Value: &c.top, Scope: setting.Runtime})
}

func initial() (*thing, []setting.Key) {
	c := &thing{text: "z", top: 9}
	keys := c.keys()
	setting.Reset(keys)
	return c, keys
}

func TestReset(t *testing.T) {
	c, keys := initial()
	want := thing{"a", true, 3, 7, 1, []int{64}, []float64{}, []string{}, 0}
	if !reflect.DeepEqual(*c, want) {
		t.Errorf("defaults are %+v, want %+v", *c, want)
	}
	if faults := setting.Check(keys); faults != nil {
		t.Errorf("defaults have the faults %v", faults)
	}
	// The lists of two instances are not one.
	other, _ := initial()
	other.sizes[0] = 1
	if c.sizes[0] != 64 {
		t.Error("two instances share a list")
	}
}

func TestCheck(t *testing.T) {
	c := thing{text: "c", count: 6, rate: math.NaN(), sizes: []int{1, 0, 101}, moments: []float64{math.Inf(1)}, words: []string{"a", "c"}}
	want := []string{
		`part.text: value is "c", want one of a, b`, "part.count: value is 6, want 1 to 5", "part.rate: value is NaN, want a number above 0",
		"part.sizes: entry 2 is 0, want 1 to 100", "part.sizes: entry 3 is 101, want 1 to 100", "part.moments: entry 1 is +Inf, want a finite number",
		`part.words: entry 2 is "c", want one of a, b`,
	}
	var got []string
	for _, err := range setting.Check(c.keys()) {
		got = append(got, err.Error())
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults are %q, want %q", got, want)
	}
}

func TestJSON(t *testing.T) {
	c, keys := initial()
	c.seed, c.text, c.rate = math.MaxUint64, "b", 1e-9
	text, err := setting.Marshal(keys)
	const want = `{"part":{"text":"b","on":true,"count":3,"seed":18446744073709551615,"rate":1e-9,"sizes":[64],"moments":[],"words":[]},"top":0}`
	if err != nil || string(text) != want || !json.Valid(text) {
		t.Errorf("JSON is %s, %v, want %s", text, err, want)
	}
	back, keys := initial()
	if err := setting.Unmarshal(text, keys); err != nil || !reflect.DeepEqual(back, c) {
		t.Errorf("read back it is %+v, %v, want %+v", back, err, c)
	}
	// What is not there is the default, whatever was there before.
	want2, _ := initial()
	want2.count = 5
	if err := setting.Unmarshal([]byte(`{"part":{"count":5}}`), keys); err != nil || !reflect.DeepEqual(back, want2) {
		t.Errorf("of one key it is %+v, %v, want %+v", back, err, want2)
	}
	for text, want := range map[string]string{
		`{"part":{"cuont":1,"zz":2},"x":1}`: "part: cuont: unknown key",
		`{"top":"1"}`:                       "top: json: cannot unmarshal string",
		`{"part":3}`:                        "part: json: cannot unmarshal number",
		`null`:                              "value is null",
	} {
		if err := setting.Unmarshal([]byte(text), keys); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", text, err, want)
		}
	}
}

func TestIdentity(t *testing.T) {
	c, keys := initial()
	if got := setting.Identity(keys); got != nil {
		t.Errorf("identity of the defaults is %q", got)
	}
	c.top, c.seed, c.text, c.sizes, c.words = 4, 8, "b\nb", []int{8, 16}, []string{"a"}
	want := []string{"part.seed=8", `part.sizes=[8,16]`, `part.text="b\nb"`, `part.words=["a"]`}
	if got := setting.Identity(keys); !slices.Equal(got, want) {
		t.Errorf("identity is %q, want %q", got, want)
	}
}
