package hint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"actfn/internal/hint"
)

func TestHintsSurviveWrappingAndJoining(t *testing.T) {
	a := hint.Wrap(fs.ErrNotExist, "try %s", "--force")
	b := hint.Wrap(fmt.Errorf("open: %w", a), "look at %d", 7)
	err := fmt.Errorf("run: %w", errors.Join(b, hint.Wrap(errors.New("other"), "try --force"), hint.Wrap(errors.New("third"), "last")))
	if got, want := hint.Of(err), []string{"try --force", "look at 7", "last"}; !slices.Equal(got, want) {
		t.Errorf("hints are %q, want %q", got, want)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		t.Error("the wrapped error is lost")
	}
	if got, want := b.Error(), "open: file does not exist"; got != want {
		t.Errorf("message is %q, want %q", got, want)
	}
}

func TestNoErrorNoHint(t *testing.T) {
	if err := hint.Wrap(nil, "unused"); err != nil {
		t.Errorf("Wrap(nil) = %v", err)
	}
	if h := hint.Of(nil); h != nil {
		t.Errorf("Of(nil) = %q", h)
	}
}
