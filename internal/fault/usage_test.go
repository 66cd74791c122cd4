package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"actfn/internal/fault"
)

func TestUsage(t *testing.T) {
	asked := fault.Usage(fault.At("train.lr", errors.New("value is -1")))
	for _, err := range []error{asked, fmt.Errorf("a: %w", asked), errors.Join(fs.ErrInvalid, fault.Hint(asked, "try 1")), fault.At("f", asked)} {
		if !fault.IsUsage(err) {
			t.Errorf("%v is no usage fault", err)
		}
	}
	if fault.IsUsage(fs.ErrInvalid) || fault.IsUsage(nil) || fault.Usage(nil) != nil {
		t.Error("what nobody marked is a usage fault")
	}
	if got := len(fault.Each(fault.Usage(errors.Join(fs.ErrInvalid, fs.ErrExist)))); got != 2 {
		t.Errorf("%d faults, want both that are joined", got)
	}
	for want, err := range map[string]error{"train.lr": asked, "f": fault.At("f", asked), "": fs.ErrInvalid} {
		if got := fault.Place(err); got != want {
			t.Errorf("place of %v is %q, want %q", err, got, want)
		}
	}
}
