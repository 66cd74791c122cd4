package train

import (
	"math"
	"testing"
	"testing/fstest"
)

func TestGroupLimit(t *testing.T) {
	const none = math.MaxInt64
	for name, test := range map[string]struct {
		files map[string]string
		want  int64
	}{
		"no groups": {nil, none},
		"version 2": {map[string]string{
			"proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/memory.max": "4294967296\n", "sys/fs/cgroup/user/memory.max": "max\n",
		}, 4 << 30},
		"version 2, a parent's is less": {map[string]string{
			"proc/self/cgroup": "0::/user/job\n", "sys/fs/cgroup/user/job/memory.max": "max\n", "sys/fs/cgroup/user/memory.max": "1024\n",
		}, 1024},
		"version 2, in a container": {map[string]string{"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "2048\n"}, 2048},
		"version 1": {map[string]string{
			"proc/self/cgroup": "9:cpu,cpuacct:/a\n4:memory:/docker/1\n", "sys/fs/cgroup/memory/memory.limit_in_bytes": "3072\n",
		}, 3072},
		"other controllers": {map[string]string{"proc/self/cgroup": "9:cpu:/\nnonsense\n", "sys/fs/cgroup/memory.max": "1\n"}, none},
	} {
		root := fstest.MapFS{}
		for path, text := range test.files {
			root[path] = &fstest.MapFile{Data: []byte(text)}
		}
		if got := groupLimit(root); got != test.want {
			t.Errorf("%s: limit is %d, want %d", name, got, test.want)
		}
	}
	if a := Available(); a <= 0 {
		t.Errorf("available are %d bytes", a)
	}
}
