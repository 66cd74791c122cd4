package checkpoint

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// sample has what can go wrong on the way: text that needs escapes, a scalar, an empty
// tensor, more values than a block, and every special value.
func sample() File {
	long := make([]float32, blockSize/4+7)
	for i := range long {
		long[i] = math.Float32frombits(uint32(i) * 2654435761) // all kinds of bits, NaNs among them
	}
	special := []float32{0, float32(math.Copysign(0, -1)), 1, -1, math.MaxFloat32, math.SmallestNonzeroFloat32,
		float32(math.Inf(1)), float32(math.Inf(-1)), math.Float32frombits(0x7fc00001), math.Float32frombits(0xffa00000)}
	return File{
		Tensors: []Tensor{
			{"fc1.weight", []int{2, 5}, special},
			{"scalar", []int{}, []float32{7}},
			{"empty", []int{3, 0, 2}, []float32{}},
			{"also empty", []int{0}, []float32{}},
			{"a \"quoted\" \\ name <é> \u2028 \x01\n", []int{len(long)}, long},
			{"", []int{1, 1}, []float32{-2}},
		},
		Metadata: map[string]string{"format": "pt", "classes": `["T-shirt/top","Ankle boot & more"]`, "": "\t\u007f𝄞", "a": ""},
	}
}

// same tells whether two files are equal to the bit.
func same(a, b File) error {
	if !maps.Equal(a.Metadata, b.Metadata) {
		return fmt.Errorf("metadata is %q, want %q", a.Metadata, b.Metadata)
	}
	if len(a.Tensors) != len(b.Tensors) {
		return fmt.Errorf("%d tensors, want %d", len(a.Tensors), len(b.Tensors))
	}
	for i, t := range a.Tensors {
		want := b.Tensors[i]
		if t.Name != want.Name || !slices.Equal(t.Shape, want.Shape) || len(t.Data) != len(want.Data) {
			return fmt.Errorf("tensor %d is %q %v of %d, want %q %v of %d", i, t.Name, t.Shape, len(t.Data), want.Name, want.Shape, len(want.Data))
		}
		for j, v := range t.Data {
			if math.Float32bits(v) != math.Float32bits(want.Data[j]) {
				return fmt.Errorf("tensor %q: value %d is %x, want %x", t.Name, j, math.Float32bits(v), math.Float32bits(want.Data[j]))
			}
		}
	}
	return nil
}

// pack returns the bytes of a file with that header and data.
func pack(header string, data ...byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return slices.Concat(b, []byte(header), data)
}

func floats(values ...float32) []byte {
	var b []byte
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

func TestRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	want := sample()
	var first []byte
	for range 5 { // metadata comes from a map: five orders would show
		if err := Write(path, want); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Fatal("two writes of one file differ")
		}
	}
	if n := binary.LittleEndian.Uint64(first); n%8 != 0 {
		t.Errorf("header length is %d, want a multiple of 8", n)
	}
	got, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := same(got, want); err != nil {
		t.Error(err)
	}
	if x, ok := got.Tensor("scalar"); !ok || x.Data[0] != 7 {
		t.Errorf("Tensor(scalar) = %v, %v", x, ok)
	}
	if _, ok := got.Tensor("missing"); ok {
		t.Error("Tensor finds what is not there")
	}
}

// The expected bytes are those of the reference implementation's own tests
// (huggingface/safetensors, tensor.rs: test_serialization, …_forced_alignement, test_empty).
func TestBytesAreTheReferences(t *testing.T) {
	data := []float32{0, 1, 2, 3, 4, 5}
	for _, c := range []struct {
		file File
		want []byte
	}{
		{File{}, pack("{}      ")},
		{File{Metadata: map[string]string{"k": "<é&>"}}, pack(`{"__metadata__":{"k":"<é&>"}}  `)}, // as serde_json: no needless escapes
		{File{Metadata: map[string]string{"framework": "pt"}}, pack(`{"__metadata__":{"framework":"pt"}}     `)},
		{File{Tensors: []Tensor{{"attn.0", []int{1, 2, 3}, data}}},
			pack(`{"attn.0":{"dtype":"F32","shape":[1,2,3],"data_offsets":[0,24]}}`, floats(data...)...)},
		{File{Tensors: []Tensor{{"attn0", []int{1, 1, 2, 3}, data}}},
			pack(`{"attn0":{"dtype":"F32","shape":[1,1,2,3],"data_offsets":[0,24]}}       `, floats(data...)...)},
	} {
		path := filepath.Join(t.TempDir(), "m.safetensors")
		if err := Write(path, c.file); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, c.want) {
			t.Errorf("file is\n%q, want\n%q", got, c.want)
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	x := func(name string, shape []int, n int) File {
		return File{Tensors: []Tensor{{"ok", []int{}, []float32{1}}, {name, shape, make([]float32, n)}}}
	}
	for _, c := range []struct {
		file File
		want string
	}{
		{x("ok", []int{1}, 1), `tensor "ok": name is taken, want each once`},
		{x("__metadata__", []int{1}, 1), `tensor "__metadata__": name is taken`},
		{x("x", []int{2, 3}, 5), `tensor "x": data has 5 values, want as many as shape [2 3]`},
		{x("x", []int{}, 0), `tensor "x": data has 0 values, want as many as shape []`},
		{x("x", nil, 0), `tensor "x": data has 0 values, want as many as shape []`},
		{x("x", []int{-1, -1}, 1), `tensor "x": shape is [-1 -1], want no negative dimension`},
		{x("x", []int{math.MaxInt, math.MaxInt, 4}, 4), fmt.Sprintf(`tensor "x": shape is [%d %[1]d 4], want fewer values than memory has`, math.MaxInt)},
		{x("\xff", []int{1}, 1), `tensor "\xff": name is not UTF-8`},
		{File{Metadata: map[string]string{"k": "\xff"}}, `__metadata__: value of "k" is "\xff", want UTF-8`},
		{File{Metadata: map[string]string{"\xff": ""}}, `__metadata__: value of "\xff" is "", want UTF-8`},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "m.safetensors")
		err := Write(path, c.file)
		if err == nil || !strings.HasPrefix(err.Error(), path+": "+c.want) {
			t.Errorf("error is %v, want %s", err, c.want)
		}
		if entries, _ := os.ReadDir(dir); len(entries) > 0 {
			t.Errorf("%s: %s was left", c.want, entries[0].Name())
		}
	}
}

func TestOtherOrdersLoad(t *testing.T) {
	// Keys, members and white space in another order than ours; data out of the names' order.
	b := pack(`{ "b" :{"data_offsets":[4,12],"shape":[2],"dtype":"F32"},
		"__metadata__":{"\ud834\udd1e":"\\ud834 \u00e9"},
		"a":{"shape":[],"dtype":"F32","data_offsets":[0,4]}}`+"\r \t\n", floats(1, 2, 3)...)
	got, err := decode(bytes.NewReader(b), uint64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	want := File{
		Tensors:  []Tensor{{"a", []int{}, []float32{1}}, {"b", []int{2}, []float32{2, 3}}},
		Metadata: map[string]string{"𝄞": `\ud834 é`},
	}
	if err := same(got, want); err != nil {
		t.Error(err)
	}
}

func TestReadRefusesWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "missing")
	if _, err := Read(missing); !errors.Is(err, fs.ErrNotExist) || !strings.HasPrefix(err.Error(), missing+": ") || strings.Count(err.Error(), missing) != 1 {
		t.Errorf("missing file: %v", err)
	}
	if _, err := Read(dir); err == nil || err.Error() != dir+": is a folder, want a file" {
		t.Errorf("folder: %v", err)
	}
	if _, err := Read(os.DevNull); runtime.GOOS != "windows" && (err == nil || err.Error() != os.DevNull+": is a device, want a file") {
		t.Errorf("device: %v", err)
	}
}

// A file that another program cuts while it is read ends in an error too.
func TestFileCutWhileRead(t *testing.T) {
	b := pack(`{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, floats(1, 2)...)
	for n := range b {
		_, err := decode(bytes.NewReader(b[:n]), uint64(len(b)))
		if err == nil || !strings.Contains(err.Error(), "file became shorter while it was read") {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
	broken := io.MultiReader(bytes.NewReader(b[:65]), errReader{})
	if _, err := decode(broken, uint64(len(b))); !errors.Is(err, errBroken) {
		t.Errorf("error is %v, want %v", err, errBroken)
	}
}

var errBroken = errors.New("input/output error")

type errReader struct{}

func (errReader) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: "x", Err: errBroken}
}

// benchFile is the default model: 3.2 million values, 12.9 MB.
func benchFile() File {
	shapes := map[string][]int{"conv1.weight": {64, 3, 3, 3}, "conv1.bias": {64}, "fc1.weight": {256, 12544}, "fc1.bias": {256}, "fc2.weight": {10, 256}, "fc2.bias": {10}}
	var f File
	for _, name := range slices.Sorted(maps.Keys(shapes)) {
		n, _ := count(shapes[name])
		f.Tensors = append(f.Tensors, Tensor{name, shapes[name], make([]float32, n)})
	}
	return f
}

func BenchmarkRead(b *testing.B) {
	path := filepath.Join(b.TempDir(), "m.safetensors")
	if err := Write(path, benchFile()); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Read(path); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	path, f := filepath.Join(b.TempDir(), "m.safetensors"), benchFile()
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(path, f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode(b *testing.B) {
	f := benchFile()
	b.ReportAllocs()
	for b.Loop() {
		if err := f.encode(io.Discard, nil); err != nil {
			b.Fatal(err)
		}
	}
}
