package lock

import (
	"errors"
	"fmt"
	"syscall"
)

// machine names what numbers of processes belong to. Their times of creation tell those of one boot from another's.
func machine() string { return "windows" }

// process says whether a process runs, and when it was created.
func process(pid int) (started string, runs bool, err error) {
	const (
		queryLimited     = 0x1000            // PROCESS_QUERY_LIMITED_INFORMATION
		invalidParameter = syscall.Errno(87) // ERROR_INVALID_PARAMETER: there is no such process
	)
	handle, err := syscall.OpenProcess(queryLimited|syscall.SYNCHRONIZE, false, uint32(pid))
	if errors.Is(err, invalidParameter) {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	defer syscall.CloseHandle(handle)
	var created, exited, kernel, user syscall.Filetime
	if err := syscall.GetProcessTimes(handle, &created, &exited, &kernel, &user); err != nil {
		return "", false, err
	}
	state, err := syscall.WaitForSingleObject(handle, 0)
	return fmt.Sprint(created.Nanoseconds()), state != syscall.WAIT_OBJECT_0, err
}
