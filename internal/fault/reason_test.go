package fault_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"actfn/internal/fault"
)

func TestAt(t *testing.T) {
	for _, err := range []error{
		&fs.PathError{Op: "open", Path: "x", Err: syscall.ENOSPC},
		&os.LinkError{Op: "rename", Old: "x", New: "y", Err: syscall.ENOSPC},
		os.NewSyscallError("fsync", syscall.ENOSPC),
		fmt.Errorf("copy: %w", &fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}),
		syscall.ENOSPC,
	} {
		got := fault.At("a/b", err)
		if want := "a/b: " + syscall.ENOSPC.Error(); got == nil || got.Error() != want {
			t.Errorf("%v: text is %v, want %s", err, got, want)
		}
		if !errors.Is(got, syscall.ENOSPC) {
			t.Errorf("%v: the error is not what it was", err)
		}
	}
	if err := fault.At("a/b", nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	path := filepath.Join(t.TempDir(), "absent")
	_, err := os.ReadFile(path)
	if got := fault.At(path, err); !errors.Is(got, fs.ErrNotExist) || got.Error() != path+": "+fault.Reason(err).Error() {
		t.Errorf("text is %v", got)
	}
}
