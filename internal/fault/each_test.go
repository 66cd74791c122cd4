package fault_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"actfn/internal/fault"
)

func TestEach(t *testing.T) {
	two := errors.Join(errors.New("a"), fault.Hint(errors.New("b\nc"), "try d"))
	for _, test := range []struct {
		err  error
		want []string
	}{
		{nil, nil},
		{errors.New("x"), []string{"x"}},
		{errors.New("x\ny"), []string{"x\ny"}}, // a name may hold anything: text is never taken apart
		{two, []string{"a", "b\nc"}},
		{fault.Hint(two, "try e"), []string{"a", "b\nc"}},
		{fault.At("f", fault.At("g", two)), []string{"f: g: a", "f: g: b\nc"}},
		{errors.Join(two, fault.At("f", two)), []string{"a", "b\nc", "f: a", "f: b\nc"}},
		{fmt.Errorf("k: %w", errors.New("v")), []string{"k: v"}},
	} {
		var got []string
		for _, e := range fault.Each(test.err) {
			got = append(got, e.Error())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%v: faults are %q, want %q", test.err, got, test.want)
		}
	}
	if hints := fault.Hints(errors.Join(fault.Each(fault.At("f", two))...)); !slices.Equal(hints, []string{"try d"}) {
		t.Errorf("hints are %q", hints)
	}
}
