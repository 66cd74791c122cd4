package dataset

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"actfn/internal/disk"
	"actfn/internal/fault"
	"actfn/internal/wording"
)

// Open opens a dataset root for reading: a folder, a .zip, or with "" the sample embedded in the
// program. A .zip may hold the dataset at its top or in a single top folder. Close the
// io.Closer when the file system is no longer read.
func Open(root string) (fs.FS, io.Closer, error) {
	if root == "" {
		return openSample()
	}
	info, err := os.Stat(root)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil, refused(root, fault.Reworded("no such folder or .zip", err))
	case err != nil:
		return nil, nil, at(root, err)
	case info.IsDir():
		return osRoot{os.DirFS(root).(dirFS), root}, io.NopCloser(nil), nil
	case !info.Mode().IsRegular():
		return nil, nil, refused(root, fmt.Errorf("is %s, want a folder or a .zip", disk.Kind(info.Mode())))
	}
	file, err := os.Open(root)
	if err != nil {
		return nil, nil, at(root, err)
	}
	fsys, err := openZip(file, info.Size())
	if err != nil {
		file.Close()
		return nil, nil, refused(root, err)
	}
	return fsys, file, nil
}

// refused is the error for a root that is no dataset.
func refused(root string, why error) error {
	err := fmt.Errorf("%s: %w", wording.Printable(root), why)
	if system(why) {
		return err
	}
	return fault.Hint(err, layout)
}

// openZip reads the directory of a zip file.
func openZip(r io.ReaderAt, size int64) (fs.FS, error) {
	archive, err := zip.NewReader(r, size)
	switch {
	case system(err):
		return nil, cause(err)
	case err != nil && beginsAsZip(r):
		return nil, fault.Reworded("is damaged or cut short, want a whole .zip", err)
	case err != nil:
		return nil, fault.Reworded("is a file but not a .zip, want a folder or a .zip", err)
	}
	for _, f := range archive.File {
		if f.Flags&1 != 0 {
			return nil, fmt.Errorf("%s is encrypted, want a plain .zip", wording.Printable(f.Name))
		}
	}
	return enterSingleFolder(archive)
}

// beginsAsZip looks for the header of a first file. The directory, without which nothing can be
// found, comes last and is what a broken download lacks.
func beginsAsZip(r io.ReaderAt) bool {
	var start [4]byte
	_, err := r.ReadAt(start[:], 0)
	return err == nil && string(start[:]) == "PK\x03\x04"
}

// enterSingleFolder descends into the one folder that zipping a folder puts around its contents.
func enterSingleFolder(fsys fs.FS) (fs.FS, error) {
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		return nil, err
	}
	visible := slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return hidden(e.Name()) || !e.IsDir() })
	if len(visible) != 1 || splitNamed(visible[0].Name()) != "" || !holdsFolder(fsys, visible[0].Name()) {
		return fsys, nil
	}
	return fs.Sub(fsys, visible[0].Name())
}

// holdsFolder reports that there is a folder within a folder.
func holdsFolder(fsys fs.FS, dir string) bool {
	entries, err := fs.ReadDir(fsys, dir)
	return err == nil && slices.ContainsFunc(entries, func(e fs.DirEntry) bool {
		return !hidden(e.Name()) && !e.Type().IsRegular() && isDir(fsys, dir+"/"+e.Name())
	})
}

// hidden tells the names that are no part of a dataset: those with a leading dot, and the
// resource forks that macOS puts into a .zip.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") || name == "__MACOSX"
}

func isDir(fsys fs.FS, name string) bool {
	info, err := fs.Stat(fsys, name)
	return err == nil && info.IsDir()
}

// osFiles opens any path of the operating system, absolute or not, where os.DirFS takes only
// slash-separated ones beneath its root.
type osFiles struct{}

func (osFiles) Open(name string) (fs.File, error) { return openFile(name) }

// osRoot is os.DirFS(root) whose files are opened by openFile.
type osRoot struct {
	dirFS
	root string
}

// dirFS are methods of what os.DirFS returns.
type dirFS interface {
	fs.StatFS
	fs.ReadDirFS
}

func (r osRoot) Open(name string) (fs.File, error) {
	path, err := filepath.Localize(name)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return openFile(filepath.Join(r.root, path))
}

// openFile is os.Open for files that do not block. Package os then leaves out the four system calls by
// which it finds that a file on a disk cannot be waited for: a seventh of the time in which a folder of small
// pictures is read. And what has become a named pipe does not wait for its writer.
func openFile(path string) (fs.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
}
