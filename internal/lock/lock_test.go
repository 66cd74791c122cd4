package lock

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv("LOCK_AND_END"); dir != "" { // leaves a lock behind
		if _, err := Try(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func take(t *testing.T, dir string) *Lock {
	t.Helper()
	l, err := Take(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// wantRefused wants ErrLocked, with who has the lock if that is known.
func wantRefused(t *testing.T, dir, who string) {
	t.Helper()
	if l, err := Try(dir); !errors.Is(err, ErrLocked) || err.Error() != dir+": another process is training here"+who {
		t.Errorf("lock is %v, error is %v", l, err)
	}
}

// write makes the file of a lock that another has.
func write(t *testing.T, dir string, o owner, rest string) {
	t.Helper()
	line, err := json.Marshal(o)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, file), []byte(string(line)+"\n"+rest), 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// wantEmpty wants nothing in the folder.
func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("the folder holds %v, %v", entries, err)
	}
}

func TestOneProcess(t *testing.T) {
	dir := t.TempDir()
	l := take(t, dir)
	who := fmt.Sprintf(" (%d on %s)", os.Getpid(), self().Host)
	wantRefused(t, dir, who)
	if _, err := Take(t.Context(), dir); !errors.Is(err, ErrLocked) { // it need not wait: the process is known to run
		t.Errorf("error is %v", err)
	}
	if err := l.Check(); err != nil {
		t.Error(err)
	}
	l.Release()
	wantEmpty(t, dir)
	take(t, dir).Release()
	if _, err := Take(t.Context(), filepath.Join(dir, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("lock of no folder: error is %v", err)
	}
}

// Many who want one lock, of whom every second leaves it as a dead process does, have it one after the other.
func TestNeverHeldTwice(t *testing.T) {
	dir := t.TempDir()
	var holders, taken atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := 0; taken.Load() < 200 && !t.Failed(); i++ {
				l, err := Try(dir)
				if err != nil {
					continue
				}
				if holders.Add(1) > 1 {
					t.Error("two hold the lock")
				}
				if err := l.Check(); err != nil {
					t.Error(err)
				}
				taken.Add(1)
				if i%2 == 0 { // i counts attempts: which of them succeed is chance
					holders.Add(-1)
					l.Release()
					continue
				}
				gone := self()
				gone.PID, gone.Nonce = 1<<22+1, l.line // more than Linux has
				line, _ := json.Marshal(gone)
				close(l.stop)
				l.stopped.Wait()
				l.line = string(line) + "\n"
				holders.Add(-1) // before it can be seen
				if _, err := l.file.WriteAt([]byte(l.line+strings.Repeat("\n", 200)), 0); err != nil {
					t.Error(err)
				}
				l.file.Close()
			}
		})
	}
	all.Wait()
}

// A process that has ended on this machine has left nothing locked.
func TestDeadProcess(t *testing.T) {
	dir := t.TempDir()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), "LOCK_AND_END="+dir)
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	there, err := read(filepath.Join(dir, file))
	if err != nil || there.owner.PID != command.Process.Pid {
		t.Fatalf("%+v, %v", there, err)
	}
	l, err := Try(dir)
	if err != nil {
		t.Fatal(err)
	}
	l.Release()
	wantEmpty(t, dir)

	o := self() // and a later process has its number
	o.Started = "1"
	write(t, dir, o, "0\n")
	if l, err = Try(dir); err != nil {
		t.Fatal(err)
	}
	l.Release()
}

// The owner on another machine lives as long as its lock changes, whatever the clocks say.
func TestOtherMachine(t *testing.T) {
	other := owner{Nonce: "n", Host: "node7", Machine: "another", PID: 4711, Started: "1"}
	for _, o := range []owner{other, {}} { // the second is being written
		dir := t.TempDir()
		synctest.Test(t, func(t *testing.T) {
			who := ""
			if o.PID != 0 {
				who = " (4711 on node7)"
			}
			began := time.Now()
			for n := range 100 {
				write(t, dir, o, fmt.Sprintf("%012d\n", n))
				wantRefused(t, dir, who)
				time.Sleep(beat)
			}
			if since := time.Since(began); since < looks*beat {
				t.Errorf("only %v passed", since)
			}
			began = time.Now().Add(-beat)
			l := take(t, dir)
			if took := time.Since(began); took < looks*beat || took > looks*beat+time.Second {
				t.Errorf("taken over after %v, want about a minute", took)
			}
			l.Release()
			wantEmpty(t, dir)
		})
	}
}

// A wait, as of a file server that does not answer, is no sign of death.
func TestLooksAreCounted(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		write(t, dir, owner{Nonce: "n", Host: "node7", PID: 4711}, "0\n")
		for range looks {
			wantRefused(t, dir, " (4711 on node7)")
			time.Sleep(10 * time.Minute)
		}
		take(t, dir).Release()
	})
}

// Who waits for a lock can be interrupted.
func TestInterrupted(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		write(t, dir, owner{Nonce: "n", Host: "node7", PID: 4711}, "0\n")
		ctx, cancel := context.WithTimeoutCause(t.Context(), beat, errors.New("interrupted"))
		defer cancel()
		if _, err := Take(ctx, dir); err == nil || err.Error() != "interrupted" {
			t.Errorf("error is %v", err)
		}
	})
}

// An owner whose lock is taken over knows it, and its beats change nothing of the other's.
func TestLost(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		held := take(t, dir)
		o := owner{Nonce: "n", Host: "node7", PID: 4711}
		if err := os.Remove(held.path); err != nil {
			t.Fatal(err)
		}
		wantLost(t, held, ": .lock is gone: another process is training here")
		write(t, dir, o, "0\n")
		wantLost(t, held, ": another process is training here (4711 on node7)")
		time.Sleep(10 * beat)
		held.Release()
		there, err := read(filepath.Join(dir, file))
		if err != nil || there.owner != o || !strings.HasSuffix(there.content, "\n0\n") {
			t.Errorf("%+v, %v", there, err)
		}
	})
}

func wantLost(t *testing.T, held *Lock, reason string) {
	t.Helper()
	if err := held.Check(); !errors.Is(err, ErrLocked) || err.Error() != held.dir+reason {
		t.Errorf("error is %v", err)
	}
}

// Nothing is read or written through what is no file.
func TestNoFile(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"link":   func(path string) error { return os.Symlink("elsewhere", path) },
		"folder": func(path string) error { return os.Mkdir(path, 0o777) },
	} {
		dir := t.TempDir()
		if err := make(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
		want := dir + ": .lock is no regular file, want none or that of a lock"
		if _, err := Take(t.Context(), dir); err == nil || errors.Is(err, ErrLocked) || err.Error() != want {
			t.Errorf("%s: error is %v", name, err)
		}
		if _, err := os.Lstat(filepath.Join(dir, "elsewhere")); err == nil {
			t.Errorf("%s: it was followed", name)
		}
	}
}

// A process that ended while it removed the lock of another stands in nobody's way.
func TestDeadGuard(t *testing.T) {
	dir := t.TempDir()
	o := self()
	o.Started = "1"
	write(t, dir, o, "0\n")
	if err := os.Link(filepath.Join(dir, file), filepath.Join(dir, file+guard)); err != nil {
		t.Fatal(err)
	}
	take(t, dir).Release()
	wantEmpty(t, dir)
}
