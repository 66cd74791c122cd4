package lock

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

// machine names what numbers of processes belong to: a boot and a namespace of processes, which each container has of
// its own.
func machine() string {
	boot, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	space, err2 := os.Readlink("/proc/self/ns/pid")
	me, err3 := os.Readlink("/proc/self")
	if errors.Join(err, err2, err3) != nil || me != strconv.Itoa(os.Getpid()) { // else /proc is another namespace's
		return ""
	}
	return strings.TrimSpace(string(boot)) + " " + space
}

// process says whether a process runs, and when it started, in ticks since the boot. See proc_pid_stat(5).
func process(pid int) (started string, runs bool, err error) {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return "", false, nil
	}
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return "", false, err // it is another user's, and hidden
	}
	stat := string(b)
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:]) // the name before it may hold anything
	const state, start = 0, 19                                          // the 3rd and the 22nd of all (man 5 proc)
	if len(fields) <= start {
		return "", false, fmt.Errorf("stat is %q", stat)
	}
	ended := fields[state] == "Z" || fields[state] == "X" // and nobody has waited for it
	return fields[start], !ended, nil
}
