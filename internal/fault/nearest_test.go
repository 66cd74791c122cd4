package fault_test

import (
	"errors"
	"slices"
	"testing"

	"actfn/internal/fault"
)

func TestNearest(t *testing.T) {
	names := []string{"relu", "leaky_relu", "sigmoid", "tanh"}
	for _, tc := range []struct{ name, want string }{
		{"relu", "relu"}, {"rellu", "relu"}, {"sigmod", "sigmoid"}, {"leaky", "leaky_relu"}, {"than", "tanh"},
		{"xylophone", ""}, {"", ""},
	} {
		if got := fault.Nearest(tc.name, names); got != tc.want {
			t.Errorf("Nearest(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := fault.Nearest("x", nil); got != "" {
		t.Errorf("Nearest among none = %q", got)
	}
}

func TestSuggest(t *testing.T) {
	err := errors.New("name is wrong")
	if got := fault.Hints(fault.Suggest(err, "tabel", []string{"csv", "table"})); !slices.Equal(got, []string{"did you mean table?"}) {
		t.Errorf("hints are %q, want table", got)
	}
	if got := fault.Suggest(err, "xyz", []string{"table"}); got != err {
		t.Errorf("error is %v with hints %q, want it as it was", got, fault.Hints(got))
	}
}
