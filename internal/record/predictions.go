package record

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"

	"actfn/internal/strictjson"
)

// PredictionsFile is in a run's folder: the labels of the test images and what the run took them for.
const PredictionsFile = "predictions.npy"

// Predictions are the classes of test images, by their positions: what they are and what they were taken for.
// Both lists have the images' order.
type Predictions struct {
	Labels, Predicted []int
}

// MaxClasses is the number of classes that predictions can tell apart.
const MaxClasses = 1 << 16

// npyMagic begins a file of NumPy's format 1.0.
const npyMagic = "\x93NUMPY\x01\x00"

// npyBlock is the multiple of bytes at which the array begins.
const npyBlock = 64

// WritePredictions writes predictions.npy in dir: an array of uint16 of shape (2, N), first the labels, which
// numpy.load reads (format 1.0, NumPy Enhancement Proposal 1).
func WritePredictions(dir string, p Predictions) error {
	path := filepath.Join(dir, PredictionsFile)
	b, err := p.encode()
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return writeFile(path, b)
}

func (p Predictions) encode() ([]byte, error) {
	if len(p.Labels) != len(p.Predicted) {
		return nil, fmt.Errorf("predictions are %d of %d images, want one for each", len(p.Predicted), len(p.Labels))
	}
	header := fmt.Sprintf("{'descr': '<u2', 'fortran_order': False, 'shape': (2, %d), }", len(p.Labels))
	before := len(npyMagic) + 2
	padding := npyBlock - (before+len(header)+1)%npyBlock
	header += string(bytes.Repeat([]byte{' '}, padding%npyBlock)) + "\n"
	b := binary.LittleEndian.AppendUint16([]byte(npyMagic), uint16(len(header)))
	b = append(b, header...)
	for _, row := range [][]int{p.Labels, p.Predicted} {
		for i, class := range row {
			if class < 0 || class >= MaxClasses {
				return nil, fmt.Errorf("image %d is of class %d, want 0 to %d", i, class, MaxClasses-1)
			}
			b = binary.LittleEndian.AppendUint16(b, uint16(class))
		}
	}
	return b, nil
}

var npyHeader = regexp.MustCompile(`^\{'descr': '<u2', 'fortran_order': False, 'shape': \(2, (\d{1,9})\), \} *\n$`)

// ReadPredictions reads what WritePredictions wrote, strictly: another type, shape or length is an error.
func ReadPredictions(dir string) (Predictions, error) {
	return strictjson.Read(filepath.Join(dir, PredictionsFile), parsePredictions)
}

func parsePredictions(b []byte) (Predictions, error) {
	rest, ok := bytes.CutPrefix(b, []byte(npyMagic))
	if !ok || len(rest) < 2 {
		return Predictions{}, fmt.Errorf("file begins %.8q, want %q of NumPy's format 1.0", b, npyMagic)
	}
	length := int(binary.LittleEndian.Uint16(rest))
	rest = rest[2:]
	if length > len(rest) {
		return Predictions{}, fmt.Errorf("file ends at byte %d of %d of its header", len(rest), length)
	}
	header, rest := rest[:length], rest[length:]
	m := npyHeader.FindSubmatch(header)
	if m == nil {
		return Predictions{}, fmt.Errorf("header is %.80q, want an array of <u2 of shape (2, N)", header)
	}
	n, _ := strconv.Atoi(string(m[1]))
	if len(rest) != 4*n {
		return Predictions{}, fmt.Errorf("array has %d bytes, want %d for shape (2, %d)", len(rest), 4*n, n)
	}
	return Predictions{npyRow(rest[:2*n]), npyRow(rest[2*n:])}, nil
}

func npyRow(b []byte) []int {
	row := make([]int, len(b)/2)
	for i := range row {
		row[i] = int(binary.LittleEndian.Uint16(b[2*i:]))
	}
	return row
}
