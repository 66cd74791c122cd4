// Package lock keeps a folder for one process, on one machine or on a file system that several share, whether or not it
// has locks of its own: the lock is a file that is created exclusively. Its owner stands in it and changes it every few
// seconds. The lock of an owner that is dead is taken over: at once where the owner is known to have ended on this
// machine, else after a minute in which the file was looked at and did not change. No clocks are compared.
//
// An owner that was only held up for that minute is no longer the owner. It asks Lock.Check before it writes.
package lock

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"actfn/internal/fault"
)

// file is in a folder while it is a process's own.
const file = ".lock"

// The owner changes the file at every beat. Who finds it unchanged at so many looks, a beat apart, takes the owner for
// dead. Looks are counted, and not the time: while a file server does not answer, neither owners nor others get far.
const (
	beat  = 5 * time.Second
	looks = 12
	pause = time.Second / 4 // between the attempts of Take
)

// maxSize is more than any lock has.
const maxSize = 4 << 10

// ErrLocked is the reason where another process has the folder.
var ErrLocked = errors.New("another process is training here")

// owner is who has a lock, the first line of the file. The second counts the beats.
type owner struct {
	Nonce   string `json:"nonce"` // no two locks have the same
	Host    string `json:"host"`
	Machine string `json:"machine,omitempty"` // where PID means this process; "" is unknown
	PID     int    `json:"pid"`
	Started string `json:"started,omitempty"` // tells the process from a later one of the same number
}

// self is this process. The nonce is each lock's own.
var self = sync.OnceValue(func() owner {
	host, _ := os.Hostname()
	o := owner{Host: host, Machine: machine(), PID: os.Getpid()}
	var err error
	if o.Started, _, err = process(o.PID); err != nil {
		o.Machine = "" // nobody can tell this process from another of its number
	}
	return o
})

// Lock is a folder that is this process's.
type Lock struct {
	dir, path string
	line      string // the owner's
	file      *os.File
	stop      chan struct{}
	stopped   sync.WaitGroup
}

// Try makes dir this process's own, or returns ErrLocked while another has it or may have it. Who tries again and again
// takes over the lock of an owner that is dead.
func Try(dir string) (*Lock, error) {
	l, _, err := try(dir)
	return l, err
}

// Take makes dir this process's own. It returns ErrLocked as soon as it knows that another process has it and lives,
// which may take some seconds, and waits up to a minute for one that may be dead.
func Take(ctx context.Context, dir string) (*Lock, error) {
	for {
		l, known, err := try(dir)
		if err == nil || known {
			return l, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// try is one attempt. known says of an error that another attempt at once would have the same.
func try(dir string) (l *Lock, known bool, err error) {
	path := filepath.Join(dir, file)
	l, err = create(path)
	known = true
	if errors.Is(err, fs.ErrExist) {
		if known, err = evict(path); err == nil {
			l, err = create(path)
		}
		if errors.Is(err, fs.ErrExist) {
			known, err = false, ErrLocked
		}
	}
	if err != nil {
		return nil, known, fault.At(dir, err)
	}
	l.dir = dir
	l.stopped.Go(l.beats)
	return l, true, nil
}

// create makes the file of a lock, unless something is there: a symbolic link is, wherever it leads.
func create(path string) (*Lock, error) {
	o := self()
	o.Nonce = rand.Text()
	line, err := json.Marshal(o)
	if err != nil {
		return nil, err // of a string and a number there is none
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return nil, err
	}
	l := &Lock{path: path, line: string(line) + "\n", file: f, stop: make(chan struct{})}
	if err := l.write(0); err != nil {
		f.Close()
		_ = os.Remove(path)
		return nil, err
	}
	return l, nil
}

// write writes the owner and the number of the beat, in the same length each time.
func (l *Lock) write(beat int) error {
	_, err := l.file.WriteAt(fmt.Appendf(nil, "%s%012d\n", l.line, beat), 0)
	return err
}

// beats shows that the owner lives. It writes the file that it made, also when another has taken its name.
func (l *Lock) beats() {
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	for n := 1; ; n++ {
		select {
		case <-ticker.C:
			_ = l.write(n) // where it fails, Check finds what has come of it
			_ = l.file.Sync()
		case <-l.stop:
			return
		}
	}
}

// Check returns ErrLocked if the folder is no longer this process's.
func (l *Lock) Check() error {
	there, err := read(l.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %s is gone: %w", l.dir, file, ErrLocked)
	case err != nil:
		return fault.At(l.dir, err)
	case !strings.HasPrefix(there.content, l.line):
		return fault.At(l.dir, there.locked())
	}
	return nil
}

// Release gives the folder back.
func (l *Lock) Release() {
	close(l.stop)
	l.stopped.Wait()
	_ = l.file.Close()
	if l.Check() == nil {
		_ = remove(l.path)
	}
}

// remove removes a file that on Windows cannot be while another process reads it.
func remove(path string) error {
	var err error
	for range 20 {
		if err = os.Remove(path); err == nil || errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

// lockFile is the file of another's lock.
type lockFile struct {
	path, content string
	owner         owner // zero while it is being written
}

// read reads a lock. What is there and no regular file is no lock.
func read(path string) (lockFile, error) {
	there := lockFile{path: path}
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file, want none or that of a lock", file)
	}
	if err != nil {
		return there, err
	}
	f, err := os.Open(path) // each time anew: a network file system then asks its server
	if err != nil {
		return there, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxSize))
	if err != nil {
		return there, err
	}
	there.content = string(b)
	line, _, _ := strings.Cut(there.content, "\n")
	if json.Unmarshal([]byte(line), &there.owner) != nil {
		there.owner = owner{}
	}
	return there, nil
}

// locked is ErrLocked with who has the lock.
func (f lockFile) locked() error {
	if f.owner.PID == 0 {
		return ErrLocked
	}
	return fmt.Errorf("%w (%d on %s)", ErrLocked, f.owner.PID, f.owner.Host)
}

// life is what is known of an owner.
type life int

const (
	unknown life = iota
	alive
	dead
)

// judge says whether the owner lives: by the process on the same machine, else by its beats.
func (f lockFile) judge() life {
	if o, me := f.owner, self(); o.PID > 0 && me.Machine != "" && o.Machine == me.Machine && o.Host == me.Host {
		started, runs, err := process(o.PID)
		switch {
		case err == nil && runs && started == o.Started && started != "":
			return alive
		case err == nil && (!runs || started != o.Started):
			return dead
		}
	}
	return seen.look(f.path, f.content)
}

// sightings are the locks of others that this process has looked at.
type sightings struct {
	mutex sync.Mutex
	of    map[string]sighting // by path
}

type sighting struct {
	content string
	at      time.Time
	same    int // looks at which it was the same, a beat apart
}

var seen = sightings{of: map[string]sighting{}}

// look counts the beats that an owner has missed.
func (s *sightings) look(path, content string) life {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	last, known := s.of[path]
	now := sighting{content: content, at: time.Now()}
	switch {
	case !known:
		s.of[path] = now
		return unknown
	case last.content != content:
		s.of[path] = now
		return alive
	case now.at.Sub(last.at) >= beat:
		last.at, last.same = now.at, last.same+1
		s.of[path] = last
	}
	if last.same >= looks {
		return dead
	}
	return unknown
}

// guard is beside a lock while that of a dead owner is removed.
const guard = ".takeover"

// evict removes the lock of a dead owner, or returns ErrLocked. Of those who find it dead one at a time removes it:
// else the second would remove the lock that the first has made in its place. known is as in try.
func evict(path string) (known bool, err error) {
	there, err := read(path)
	if errors.Is(err, fs.ErrNotExist) { // it has just been given back
		return false, nil
	}
	if err != nil {
		return true, err
	}
	if life := there.judge(); life != dead {
		return life == alive, there.locked()
	}
	mine, err := create(path + guard)
	if errors.Is(err, fs.ErrExist) {
		other, err := read(path + guard)
		if err == nil && other.judge() == dead { // it ended within a moment's work
			err = remove(other.path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return true, err
		}
		return false, ErrLocked
	}
	if err != nil {
		return true, err
	}
	defer func() {
		_ = mine.file.Close()
		_ = remove(mine.path)
	}()
	if again, err := read(path); err != nil || again.content != there.content {
		return false, ErrLocked
	}
	err = remove(path)
	return err != nil, err
}
