package fault_test

import (
	"errors"
	"io/fs"
	"testing"

	"actfn/internal/fault"
)

func TestReworded(t *testing.T) {
	err := fault.Reworded("no such folder", &fs.PathError{Op: "open", Path: "x", Err: fs.ErrNotExist})
	if got := fault.At("a", err); got.Error() != "a: no such folder" || !errors.Is(got, fs.ErrNotExist) {
		t.Errorf("error is %v", got)
	}
	if all := fault.Each(fault.Reworded("two", errors.Join(err, err))); len(all) != 1 {
		t.Errorf("faults are %q, want one in other words", all)
	}
}
