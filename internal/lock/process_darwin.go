package lock

import (
	"errors"
	"fmt"
	"syscall"

	"golang.org/x/sys/unix"
)

// machine names what numbers of processes belong to: a boot.
func machine() string {
	boot, err := unix.Sysctl("kern.bootsessionuuid")
	if err != nil {
		return ""
	}
	return boot
}

// process says whether a process runs, and when it started.
func process(pid int) (started string, runs bool, err error) {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return "", false, nil
	}
	info, err := unix.SysctlKinfoProc("kern.proc.pid", pid)
	if err != nil {
		return "", false, err
	}
	const zombie = 5 // SZOMB: it has ended, and nobody has waited for it
	at := info.Proc.P_starttime
	return fmt.Sprintf("%d.%06d", at.Sec, at.Usec), info.Proc.P_stat != zombie, nil
}
