package disk

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"

	"actfn/internal/fault"
)

// Open opens a regular file for reading. What is another thing is refused: a named pipe would wait for its writer, and a
// device may have no end. Its errors begin with the path.
func Open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // which does not wait
	if err != nil {
		return nil, nil, fault.At(path, err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("is %s, want a file", Kind(info.Mode()))
	}
	if err != nil {
		f.Close()
		return nil, nil, fault.At(path, err)
	}
	return f, info, nil
}

// Read reads a regular file of at most limit bytes. Its errors begin with the path.
func Read(path string, limit int64) ([]byte, error) {
	f, _, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("is over %s, the most that is read", size(limit))
	}
	if err != nil {
		return nil, fault.At(path, err)
	}
	return b, nil
}

func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d KiB", bytes>>10)
	}
	return fmt.Sprintf("%d MiB", bytes>>20)
}

// Kind says what is no regular file.
func Kind(m fs.FileMode) string {
	switch {
	case m.IsDir():
		return "a folder"
	case m&fs.ModeSymlink != 0:
		return "a symbolic link that cannot be followed"
	case m&fs.ModeNamedPipe != 0:
		return "a named pipe"
	case m&fs.ModeSocket != 0:
		return "a socket"
	case m&fs.ModeDevice != 0:
		return "a device"
	}
	return "no regular file"
}
