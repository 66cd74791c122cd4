package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"unicode/utf8"

	"actfn/internal/fault"
)

// A temporary file is .<base>.actfn-<16 hexadecimal digits>.tmp: hidden, and no other
// program's by chance.
var tempName = regexp.MustCompile(`^\..+\.actfn-[0-9a-f]{16}\.tmp$`)

// maxBase leaves room for the rest of a temporary name in the usual limit of 255 bytes.
const maxBase = 200

// createTemp creates the temporary file of a target in the same folder, so that a rename
// can move it. It is never readable by more than the finished file.
func createTemp(t target) (*os.File, error) {
	dir, base := filepath.Split(t.path)
	name := fmt.Sprintf("%s.%s.actfn-%016x.tmp", dir, clip(base, maxBase), rand.Uint64())
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, t.mode)
	if err != nil {
		return nil, fault.Reason(err)
	}
	if t.exists {
		// Gives back what the umask took. A file system without permissions may refuse;
		// then the file is the stricter one.
		_ = f.Chmod(t.mode)
	}
	return f, nil
}

// clip cuts s to at most n bytes, between characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// Clean removes the temporary files that processes killed in the middle of a Write left
// in dir, and nothing else. A folder that does not exist is clean. It must not run while
// another process writes in dir.
func Clean(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fault.At(dir, err)
	}
	var faults []error
	for _, e := range entries {
		if !e.Type().IsRegular() || !tempName.MatchString(e.Name()) {
			continue
		}
		path := filepath.Join(dir, e.Name())
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			faults = append(faults, fault.At(path, err))
		}
	}
	return errors.Join(faults...)
}
