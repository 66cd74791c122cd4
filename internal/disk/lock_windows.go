package disk

import (
	"errors"
	"os"
	"syscall"
)

// openLocked opens the file for this process alone: shared with nobody, and gone when it is closed.
func openLocked(path string) (*os.File, error) {
	const (
		deleteOnClose    = 0x04000000            // FILE_FLAG_DELETE_ON_CLOSE
		sharingViolation = syscall.Errno(32)     // ERROR_SHARING_VIOLATION
		access           = syscall.GENERIC_WRITE // of this process
		others           = 0                     // of the others
		mode             = syscall.OPEN_ALWAYS   // made where it is not there
		kind             = syscall.FILE_ATTRIBUTE_NORMAL
	)
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	handle, err := syscall.CreateFile(name, access, others, nil, mode, kind|deleteOnClose, 0)
	if errors.Is(err, sharingViolation) {
		return nil, ErrLocked
	}
	if err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(handle), path), nil
}
