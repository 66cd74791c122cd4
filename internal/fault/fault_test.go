package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"testing"

	"actfn/internal/fault"
)

func TestHintsSurviveWrappingAndJoining(t *testing.T) {
	a := fault.Hint(fs.ErrNotExist, "try %s", "--force")
	b := fault.Hint(fmt.Errorf("open: %w", a), "look at %d", 7)
	err := fmt.Errorf("run: %w", errors.Join(b, fault.Hint(errors.New("other"), "try --force"), fault.Hint(errors.New("third"), "last")))
	if got, want := fault.Hints(err), []string{"try --force", "look at 7", "last"}; !slices.Equal(got, want) {
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
	if err := fault.Hint(nil, "unused"); err != nil {
		t.Errorf("Hint(nil) = %v", err)
	}
	if h := fault.Hints(nil); h != nil {
		t.Errorf("Hints(nil) = %q", h)
	}
}
