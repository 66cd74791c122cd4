package dataset

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"

	"actfn/internal/fault"
	"actfn/internal/wording"
)

// MaxFileBytes is the largest image file that is read, in a .zip the largest once unpacked.
const MaxFileBytes = 512 << 20

// One image at a time may be larger than these, so that memory does not grow with the number of
// workers when every image is a giant.
const (
	hugeFileBytes = 64 << 20
	hugePixels    = 32 << 20
)

// source is an opened root that image files are read from. Its methods may run concurrently.
type source struct {
	fsys   fs.FS
	closer io.Closer
	root   string // for messages; "" for the sample and for single files
	huge   sync.Mutex
	buffer sync.Pool // *[]byte, file contents
	once   sync.Once
	closed error // what closing returned
}

func openSource(root string) (*source, error) {
	fsys, closer, err := Open(root)
	if err != nil {
		return nil, err
	}
	return &source{fsys: fsys, closer: closer, root: root}, nil
}

// close may be called more than once.
func (s *source) close() error {
	s.once.Do(func() { s.closed = s.closer.Close() })
	return s.closed
}

// name is the path to show for a file.
func (s *source) name(path string) string {
	if s.root == "" {
		return wording.Printable(path)
	}
	return wording.Printable(filepath.Join(s.root, filepath.FromSlash(path)))
}

// label is the root as it is shown.
func (s *source) label() string { return wording.Printable(cmp.Or(s.root, "sample")) }

// within adds the root to an error each line of which begins with a path beneath it.
func (s *source) within(err error) error {
	if err == nil || s.root == "" {
		return err
	}
	root := wording.Printable(filepath.Clean(s.root)) + string(filepath.Separator)
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) && errors.Join(joined.Unwrap()...).Error() == err.Error() {
		var each []error
		for _, e := range joined.Unwrap() {
			each = append(each, worded{root + e.Error(), e})
		}
		all := errors.Join(each...)
		for _, h := range fault.Hints(err) {
			all = fault.Hint(all, "%s", h)
		}
		return all
	}
	return worded{root + err.Error(), err}
}

// read decodes a listed file, unless the listing knows that it cannot be. Errors do not name it.
func (s *source) read(f file) (pixels, error) {
	if f.err != nil {
		return pixels{}, f.err
	}
	return s.decode(f.path)
}

// decode reads one image file. Errors do not name it.
func (s *source) decode(path string) (pixels, error) {
	file, err := s.fsys.Open(path)
	if err != nil {
		return pixels{}, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return pixels{}, cause(err)
	}
	if err := checkFile(info); err != nil {
		return pixels{}, err
	}
	alone := info.Size() > hugeFileBytes
	if alone {
		s.huge.Lock()
		defer s.huge.Unlock()
	}
	buffer, _ := s.buffer.Get().(*[]byte)
	if buffer == nil {
		buffer = new([]byte)
	}
	data, err := readAll(file, *buffer, info.Size())
	if err != nil {
		return pixels{}, cause(err)
	}
	if len(data) <= hugeFileBytes {
		*buffer = data[:0]
		defer s.buffer.Put(buffer)
	}
	h, err := readHeader(data)
	if err != nil {
		return pixels{}, err
	}
	if h.Width*h.Height > hugePixels && !alone {
		s.huge.Lock()
		defer s.huge.Unlock()
	}
	return h.decode(data)
}

// checkFile refuses what cannot be an image file before a byte of it is read.
func checkFile(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is %s, want a regular file", kind(info.Mode()))
	}
	if info.Size() > MaxFileBytes {
		return fmt.Errorf("is %d bytes, want at most %d", info.Size(), MaxFileBytes)
	}
	return nil
}

// readAll reads r to its end into buf, which grows with the data that come, not with the size
// that a forged directory of a .zip claims.
func readAll(r io.Reader, buf []byte, size int64) ([]byte, error) {
	const chunk = 1 << 20
	if want := min(size, chunk) + 1; int64(cap(buf)) < want {
		buf = make([]byte, 0, want)
	}
	for {
		if len(buf) == cap(buf) {
			buf = append(buf, 0)[:len(buf)]
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			return buf, nil
		}
		if err != nil {
			return buf, err
		}
		if len(buf) > MaxFileBytes {
			return buf, fmt.Errorf("is over %d bytes, want at most that", MaxFileBytes)
		}
	}
}
