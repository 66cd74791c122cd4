package hint_test

import (
	"testing"

	"actfn/internal/hint"
)

func TestNearest(t *testing.T) {
	names := []string{"relu", "leaky_relu", "sigmoid", "tanh"}
	for _, tc := range []struct{ name, want string }{
		{"relu", "relu"}, {"rellu", "relu"}, {"sigmod", "sigmoid"}, {"leaky", "leaky_relu"}, {"than", "tanh"},
		{"xylophone", ""}, {"", ""},
	} {
		if got := hint.Nearest(tc.name, names); got != tc.want {
			t.Errorf("Nearest(%q) = %q, want %q", tc.name, got, tc.want)
		}
	}
	if got := hint.Nearest("x", nil); got != "" {
		t.Errorf("Nearest among none = %q", got)
	}
}
