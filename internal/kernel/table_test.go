package kernel

import (
	"reflect"
	"testing"
)

// onEachPath runs a test on every table that the processor can run.
func onEachPath(t *testing.T, test func(t *testing.T)) {
	for _, table := range tables() {
		t.Run(table.instructions, func(t *testing.T) {
			use(t, table.instructions)
			test(t)
		})
	}
}

// withoutRaceDetector skips a test under the race detector, which makes it ten times as slow and has nothing to find in it:
// it computes on one goroutine, or as other tests do that are not skipped.
func withoutRaceDetector(t *testing.T) {
	t.Helper()
	if raceDetector {
		t.Skip("the race detector has nothing to find here")
	}
}

// use switches to a table until the test ends.
func use(t *testing.T, instructions string) {
	t.Helper()
	restore, err := Use(instructions)
	if err != nil {
		t.Skip(err)
	}
	t.Cleanup(restore)
}

// inBothWidths calls f on the vectors of 16 floats and then on those of 8, or skips where there are not both.
func inBothWidths(t *testing.T, f func()) {
	t.Helper()
	for _, instructions := range []string{"avx512", "avx2"} {
		restore, err := Use(instructions)
		if err != nil {
			t.Skip(err)
		}
		f()
		restore()
	}
}

// TestTablesAreComplete wants every function of every table to be set; only vector tables have assembly.
func TestTablesAreComplete(t *testing.T) {
	for _, table := range tables() {
		var check func(path string, v reflect.Value)
		check = func(path string, v reflect.Value) {
			for i := range v.NumField() {
				f, name := v.Field(i), path+"."+v.Type().Field(i).Name
				switch {
				case name == ".assembly" && table.path == "generic", name == ".geometry":
				case f.Kind() == reflect.Struct:
					check(name, f)
				case f.IsZero():
					t.Errorf("%s: %s is not set", table.instructions, name)
				}
			}
		}
		check("", reflect.ValueOf(table))
	}
}

func TestUse(t *testing.T) {
	before := Instructions()
	restore, err := Use("generic")
	if err != nil || Instructions() != "generic" || Path() != "generic" {
		t.Errorf("Use(generic): %v, then %s on path %s runs", err, Instructions(), Path())
	}
	restore()
	if Instructions() != before {
		t.Errorf("restored to %s, want %s", Instructions(), before)
	}
	if _, err := Use("sse"); err == nil || Instructions() != before {
		t.Errorf("Use(sse): %v, then %s runs, want an error and %s", err, Instructions(), before)
	}
}
