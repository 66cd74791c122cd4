package dataset

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"sync"

	"actfn/internal/dataset/picture"
	"actfn/internal/disk"
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
	fsys    fs.FS
	closer  io.Closer
	root    string // for messages; "" for the sample and for single files
	huge    sync.Mutex
	buffers sync.Pool // *bytes.Buffer, file contents
	once    sync.Once
	closed  error // what closing returned
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

// name is the path to show for a file or a folder.
func (s *source) name(path string) string {
	if s.root == "" {
		return wording.Printable(path)
	}
	return wording.Printable(filepath.Join(s.root, filepath.FromSlash(path)))
}

// label is the root as it is shown.
func (s *source) label() string { return wording.Printable(cmp.Or(s.root, "sample")) }

// decodeAll decodes the files of a listing, several at a time in rising order, and hands each to take by its number, with
// the error where it is no image that can be read. It stops at an error of take's or of the system; of several it returns
// the one of the lowest number.
func (s *source) decodeAll(
	ctx context.Context, l listing, form picture.Form, opts Options, take func(i int, p picture.Pixels, err error) error,
) error {
	count := counter(len(l.files), opts.progress(l.split))
	return each(ctx, len(l.files), opts.Workers, func(i int) error {
		p, err := s.read(l.files[i], form)
		if system(err) {
			return fault.At(s.name(l.files[i].path), err)
		}
		err = take(i, p, err)
		count()
		return err
	})
}

// read decodes a listed file, unless the listing knows that it cannot be. Errors do not name it.
func (s *source) read(f file, form picture.Form) (picture.Pixels, error) {
	if f.err != nil {
		return picture.Pixels{}, f.err
	}
	return s.decode(f.path, form)
}

// decode reads one image file. Errors do not name it.
func (s *source) decode(path string, form picture.Form) (p picture.Pixels, err error) {
	file, err := s.fsys.Open(path)
	if err != nil {
		return p, cause(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return p, cause(err)
	}
	if err := checkFile(info); err != nil {
		return p, err
	}
	alone := info.Size() > hugeFileBytes
	if alone {
		s.huge.Lock()
		defer s.huge.Unlock()
	}
	buffer, _ := s.buffers.Get().(*bytes.Buffer)
	if buffer == nil {
		buffer = new(bytes.Buffer)
	}
	// It grows with the data that come, not with the size that a forged directory of a .zip claims.
	buffer.Reset()
	buffer.Grow(int(min(info.Size(), 1<<20)) + bytes.MinRead)
	n, err := buffer.ReadFrom(io.LimitReader(file, MaxFileBytes+1))
	if err != nil {
		return p, cause(err)
	}
	if n > MaxFileBytes {
		return p, fmt.Errorf("is over %d bytes, want at most that", MaxFileBytes)
	}
	if n <= hugeFileBytes {
		defer s.buffers.Put(buffer)
	}
	data := buffer.Bytes()
	h, err := picture.ReadHeader(data)
	if err != nil {
		return p, err
	}
	if h.Width*h.Height > hugePixels && !alone {
		s.huge.Lock()
		defer s.huge.Unlock()
	}
	return h.Decode(data, form)
}

// checkFile refuses what cannot be an image file before a byte of it is read.
func checkFile(info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("is %s, want a regular file", disk.Kind(info.Mode()))
	}
	if info.Size() > MaxFileBytes {
		return fmt.Errorf("is %d bytes, want at most %d", info.Size(), MaxFileBytes)
	}
	return nil
}
