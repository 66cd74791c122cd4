package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"actfn/internal/fault"
)

// target is where the bytes of a path go once its links are followed.
type target struct {
	path   string
	mode   fs.FileMode // permissions that the new file gets
	exists bool        // there is a file to replace, whose mode is kept whatever the umask
	direct bool        // write into it, do not replace it
	stream *os.File    // direct, and this process has it open already
}

func resolve(path string) (target, error) {
	if _, base := filepath.Split(path); base == "" {
		return target{}, errors.New("is a folder's name, want a file's")
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		end, err := follow(path)
		return target{path: end, mode: 0o644}, err
	}
	if err != nil {
		return target{}, fault.Reason(err)
	}
	if info.IsDir() {
		return target{}, errors.New("is a folder, want a file")
	}
	if stream := standardStream(info); stream != nil || !info.Mode().IsRegular() {
		return target{path: path, direct: true, stream: stream}, nil
	}
	end, err := follow(path)
	return target{path: end, mode: info.Mode().Perm(), exists: true}, err
}

// own is the target of a path in a folder of the program's.
func own(path string) (target, error) {
	info, err := os.Lstat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return target{path: path, mode: 0o644}, nil
	case err != nil:
		return target{}, fault.Reason(err)
	case info.Mode()&fs.ModeSymlink != 0:
		return target{path: path, mode: 0o644}, nil
	case !info.Mode().IsRegular():
		return target{}, fmt.Errorf("is %s, want a file", Kind(info.Mode()))
	}
	return target{path: path, mode: info.Mode().Perm(), exists: true}, nil
}

// standardStream returns the standard output or error if info is what it is redirected
// to. Replacing that file by a rename would lose what is printed to it; opening it once
// more would start at its beginning, over what has been printed.
func standardStream(info fs.FileInfo) *os.File {
	for _, f := range []*os.File{os.Stdout, os.Stderr} {
		if open, err := f.Stat(); err == nil && os.SameFile(open, info) {
			return f
		}
	}
	return nil
}

// maxLinks is Linux's limit of symbolic links in one look-up.
const maxLinks = 40

// follow returns where the symbolic links at the end of path lead, whether or not
// anything is there.
func follow(path string) (string, error) {
	for range maxLinks {
		info, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode()&fs.ModeSymlink == 0 {
			return path, nil
		}
		if err != nil {
			return "", fault.Reason(err)
		}
		link, err := os.Readlink(path)
		if err != nil {
			return "", fault.Reason(err)
		}
		if !filepath.IsAbs(link) && !os.IsPathSeparator(link[0]) {
			// Not Join: it cancels "x/..", which is elsewhere when x is a link itself.
			dir, _ := filepath.Split(path)
			link = dir + link
		}
		path = link
	}
	return "", errors.New("too many levels of symbolic links")
}
