package train

import (
	"io/fs"
	"math"
	"os"
	"path"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Available is the memory that this process may use, in bytes: that of the machine or, where it is less, the limit of
// the control groups that the process is in, as of a container. 0: not known.
func Available() int64 {
	limit := groupLimit(os.DirFS("/"))
	var info unix.Sysinfo_t
	if err := unix.Sysinfo(&info); err == nil {
		limit = min(limit, int64(info.Totalram)*int64(info.Unit))
	}
	if limit == math.MaxInt64 {
		return 0
	}
	return limit
}

// groupLimit is the least memory limit of the process's control group and those around it, MaxInt64 without one. A line
// of /proc/self/cgroup is "0::/path" of version 2, and "4:memory:/path" of version 1. Where the path cannot be seen, as
// in a container, its last part that can be is the container's own.
func groupLimit(root fs.FS) int64 {
	limit := int64(math.MaxInt64)
	groups, err := fs.ReadFile(root, "proc/self/cgroup")
	if err != nil {
		return limit
	}
	for line := range strings.Lines(string(groups)) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		mount, file := "sys/fs/cgroup", "memory.max"
		if fields[1] == "memory" {
			mount, file = "sys/fs/cgroup/memory", "memory.limit_in_bytes"
		} else if fields[0] != "0" {
			continue
		}
		for group := path.Join("/", fields[2]); ; group = path.Dir(group) {
			text, err := fs.ReadFile(root, path.Join(mount, group, file))
			if v, e := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64); err == nil && e == nil { // not "max"
				limit = min(limit, v)
			}
			if group == "/" {
				break
			}
		}
	}
	return limit
}
