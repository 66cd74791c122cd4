package bench

import (
	"fmt"
	"math"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"actfn/internal/kernel"
)

// machine is what this machine reaches with some workers, of the instructions that the kernels use.
type machine struct {
	flops  float64 // multiplications and additions of float32 a second
	bytes  float64 // bytes read and written a second, to and from memory
	cached float64 // to and from the last cache
}

// limits measures the machine, once for each number of workers.
func limits(workers int) machine {
	known.Lock()
	defer known.Unlock()
	m, ok := known.machines[workers]
	if !ok {
		m = machine{peakFLOPs(workers), memorySpeed(workers), cacheSpeed(workers)}
		known.machines[workers] = m
	}
	return m
}

var known = struct {
	sync.Mutex
	machines map[int]machine
}{machines: map[int]machine{}}

// rounds is a millisecond or two of multiplyAdd with vectors: short enough to fall between what else
// the machine does.
const rounds = 1_000_000

// peakFLOPs is the highest rate of multiply-adds, in operations a second.
func peakFLOPs(workers int) float64 {
	n, flops, multiplyAdd := rounds, flopsPerRound, multiplyAddAVX2
	switch kernel.Instructions() {
	case "avx512":
		flops, multiplyAdd = 2*flopsPerRound, multiplyAddAVX512
	case "generic":
		n, multiplyAdd = rounds/16, func(rounds int) { sink = multiplyAddGeneric(rounds) }
	}
	return float64(workers*n*flops) / shortest(workers, func(int) { multiplyAdd(n) })
}

var sink float32

// memorySpeed is the highest rate at which three arrays, each of four times the last cache, are read
// and written as they are updated in place, in bytes a second.
func memorySpeed(workers int) float64 { return streamSpeed(workers, 3*4*lastLevelCache(), 1) }

// cacheSpeed is the same of three arrays that take half of the last cache together.
func cacheSpeed(workers int) float64 { return streamSpeed(workers, lastLevelCache()/2, 16) }

// streamSpeed is that of three arrays of so many bytes together, each with a share for each worker, which goes through
// them several times.
func streamSpeed(workers int, bytes float64, times int) float64 {
	n := int(bytes) / 3 / 4 / workers / 16 * 16
	arrays := make([][3][]float32, workers)
	for w := range arrays {
		for k := range arrays[w] {
			arrays[w][k] = make([]float32, n)
		}
	}
	return float64(times*workers*n*bytesPerFloat) / shortest(workers, func(worker int) {
		a := arrays[worker]
		for range times {
			if kernel.Path() == "avx2" {
				streamAVX2(&a[0][0], &a[1][0], &a[2][0], n)
			} else {
				streamGeneric(a[0], a[1], a[2])
			}
		}
	})
}

// shortest is the least time, in seconds, that all workers take to call f once each, of what a second
// has room for: what else the machine does only ever adds. One call before them touches the memory.
func shortest(workers int, f func(worker int)) float64 {
	least := math.Inf(1)
	for begin, try := time.Now(), 0; try < 4 || time.Since(begin) < time.Second; try++ {
		began := time.Now()
		var all sync.WaitGroup
		for w := range workers {
			all.Go(func() { f(w) })
		}
		all.Wait()
		if try > 0 {
			least = min(least, time.Since(began).Seconds())
		}
	}
	return least
}

// workerCounts are 1 and as many as there are processors.
func workerCounts() []int { return slices.Compact([]int{1, runtime.GOMAXPROCS(0)}) }

// lastLevelCache is the size in bytes of the cache that all cores share, and secondLevelCache that of each core's own
// second: what Linux tells, 32 MiB and 1 MiB elsewhere.
var (
	lastLevelCache   = sync.OnceValue(func() float64 { return cacheSize("index3", 32<<20) })
	secondLevelCache = sync.OnceValue(func() float64 { return cacheSize("index2", 1<<20) })
)

func cacheSize(index string, otherwise float64) float64 {
	text, err := os.ReadFile("/sys/devices/system/cpu/cpu0/cache/" + index + "/size")
	if kib, parsed := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(string(text)), "K")); err == nil && parsed == nil {
		return float64(kib << 10)
	}
	return otherwise
}

// BenchmarkMachine is the machine's limits, the 100 % of every other benchmark here.
func BenchmarkMachine(b *testing.B) {
	for _, workers := range workerCounts() {
		b.Run(fmt.Sprintf("workers=%d", workers), func(b *testing.B) {
			var best machine
			for b.Loop() {
				best.flops = max(best.flops, peakFLOPs(workers))
				best.bytes = max(best.bytes, memorySpeed(workers))
				best.cached = max(best.cached, cacheSpeed(workers))
			}
			b.ReportMetric(0, "ns/op") // a second or two for each: says nothing
			b.ReportMetric(best.flops/1e9, "GFLOP/s")
			b.ReportMetric(best.bytes/1e9, "GB/s")
			b.ReportMetric(best.cached/1e9, "cache-GB/s")
			b.ReportMetric(lastLevelCache()/(1<<20), "cache-MiB")
		})
	}
}

// reportFLOPs reports the arithmetic of a benchmark's loop, each operations a pass, with its share of the peak.
func reportFLOPs(b *testing.B, workers int, each float64) {
	rate := each * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate/1e9, "GFLOP/s")
	b.ReportMetric(100*rate/limits(workers).flops, "%peak")
}

// reportBytes reports the memory that a benchmark's loop reads and writes, each bytes a pass, with its
// share of the memory's speed. It is more than 100 % where the caches hold what is used.
func reportBytes(b *testing.B, workers int, each float64) {
	rate := each * float64(b.N) / b.Elapsed().Seconds()
	b.ReportMetric(rate/1e9, "GB/s")
	b.ReportMetric(100*rate/limits(workers).bytes, "%memory")
}
