package checkpoint

import (
	"bytes"
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

// le returns n as a header length.
func le(n uint64) []byte { return binary.LittleEndian.AppendUint64(nil, n) }

// one returns a file of tensor "x" with that description and n bytes of data.
func one(info string, n int) []byte { return pack(`{"x":`+info+`}`, make([]byte, n)...) }

func TestReadRefuses(t *testing.T) {
	ok := `{"dtype":"F32","shape":[2],"data_offsets":[0,8]}`
	two := func(a, b string, n int) []byte {
		return pack(`{"a":{"dtype":"F32","shape":[2],"data_offsets":`+a+`},"b":{"dtype":"F32","shape":[2],"data_offsets":`+b+`}}`, make([]byte, n)...)
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty file", nil, "file has 0 bytes, want at least the 8"},
		{"seven bytes", make([]byte, 7), "file has 7 bytes, want at least the 8"},
		{"no header", le(0), `header: begins with "", want the {`},
		{"header past the end", slices.Concat(le(60), []byte("{}")), "header length is 60, want at most 2, what the file has"},
		{"header length overflows", slices.Concat(le(math.MaxUint64), []byte("{}")), "header length is 18446744073709551615, want at most 100000000"},
		{"header over 100 MB", slices.Concat(le(maxHeader+1), []byte("{}")), "header length is 100000001, want at most 100000000"},
		{"zip", append([]byte("PK\x03\x04\x00\x00\x08\x08\x00\x00"), make([]byte, 99)...), "is a zip archive, want a safetensors file"},
		{"not UTF-8", pack("{\"\xff\":1}"), "header: byte 2: text is not UTF-8"},
		{"not JSON", pack("{"), "header: byte 1: unexpected EOF"},
		{"array", pack("[]"), `header: begins with "[]", want the {`},
		{"white space first", pack(" {}"), `header: begins with " {}", want the {`},
		{"byte order mark", pack("\ufeff{}"), "header: begins with"},
		{"two objects", pack("{}{}"), "header: byte 3: something follows the JSON object"},
		{"text after", pack("{}x"), "header: byte 2: something follows the JSON object"},
		{"zero padding", pack("{}\x00\x00"), "header: byte 2: something follows the JSON object"},
		{"comma after", pack(`{"x":`+ok+`,}`, make([]byte, 8)...), "header: byte"},
		{"wrong bracket", pack(`{"x":`+ok+`]`, make([]byte, 8)...), "header: byte"},
		{"single quotes", pack(`{'x':`+ok+`}`, make([]byte, 8)...), "header: byte"},
		{"half a surrogate pair", pack(`{"\ud800":`+ok+`}`, make([]byte, 8)...), "header: byte 2: half a surrogate pair"},
		{"wrong surrogate pair", pack(`{"\ud800\u0041":`+ok+`}`, make([]byte, 8)...), "header: byte 2: half a surrogate pair"},
		{"surrogates swapped", pack(`{"\udc00\ud800":`+ok+`}`, make([]byte, 8)...), "header: byte 2: half a surrogate pair"},
		{"two low surrogates", pack(`{"\udc00\udc01":`+ok+`}`, make([]byte, 8)...), "header: byte 2: half a surrogate pair"},
		{"half in metadata", pack(`{"__metadata__":{"k":"\\\ud834x"}}`), `header: byte 24: half a surrogate pair`},
		{"tensor twice", pack(`{"x":`+ok+`,"x":`+ok+`}`, make([]byte, 8)...), `header: byte 57: x is given twice, want once`},
		{"tensor twice, escaped", pack(`{"x":`+ok+`,"\u0078":`+ok+`}`, make([]byte, 8)...), `header: byte 62: x is given twice`},
		{"metadata twice", pack(`{"__metadata__":{},"__metadata__":{}}`), `header: byte 33: __metadata__ is given twice`},
		{"metadata key twice", pack(`{"__metadata__":{"k":"a","k":"b"}}`), `header: byte 28: __metadata__.k is given twice`},
		{"metadata of a number", pack(`{"__metadata__":{"k":1}}`), `header: byte 22: __metadata__.k is 1, want text`},
		{"metadata of an object", pack(`{"__metadata__":{"k":{}}}`), `header: byte 22: __metadata__.k is an object, want text`},
		{"metadata null", pack(`{"__metadata__":null}`), `header: byte 20: __metadata__ is null, want an object`},
		{"metadata list", pack(`{"__metadata__":["a"]}`), `header: byte 17: __metadata__ is a list, want an object`},
		{"tensor null", one(`null`, 0), `header: byte 9: x is null, want an object`},
		{"tensor text", one(`"y"`, 0), `header: byte 8: x is "y", want an object`},
		{"tensor true", one(`true`, 0), `header: byte 9: x is true, want an object`},
		{"no dtype", one(`{"shape":[2],"data_offsets":[0,8]}`, 8), `header: byte 39: x.dtype is missing`},
		{"no shape", one(`{"dtype":"F32","data_offsets":[0,8]}`, 8), `header: byte 41: x.shape is missing`},
		{"no offsets", one(`{"dtype":"F32","shape":[2]}`, 8), `header: byte 32: x.data_offsets is missing`},
		{"one offset", one(`{"dtype":"F32","shape":[2],"data_offsets":[0]}`, 8), `header: byte 50: x.data_offsets is a list of 1, want 2`},
		{"three offsets", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}`, 8), `header: byte 54: x.data_offsets is a list of 3, want 2`},
		{"dtype twice", one(`{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,8]}`, 8), `header: byte 27: x.dtype is given twice`},
		{"unknown key", one(`{"dtype":"F32","shape":[2],"data_offsets":[0,8],"strides":[1]}`, 8), `header: byte 62: unknown key "x.strides"`},
		{"integer dtype", one(`{"dtype":"I64","shape":[1],"data_offsets":[0,8]}`, 8), `tensor "x": dtype is "I64", want F32, F64, F16 or BF16`},
		{"counter of another dtype", pack(`{"bn1.num_batches_tracked":{"dtype":"I32","shape":[],"data_offsets":[0,4]}}`, make([]byte, 4)...), `tensor "bn1.num_batches_tracked": dtype is "I32"`},
		{"counter of another size", pack(`{"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,4]}}`, make([]byte, 4)...), `tensor "bn1.num_batches_tracked": data has 4 bytes, want 8 for I64 of shape []`},
		{"truncated counter", pack(`{"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[0,8]}}`, make([]byte, 7)...), `tensor "bn1.num_batches_tracked": data ends at byte 8 of 7`},
		{"lower case dtype", one(`{"dtype":"f32","shape":[2],"data_offsets":[0,8]}`, 8), `tensor "x": dtype is "f32"`},
		{"dtype null", one(`{"dtype":null,"shape":[2],"data_offsets":[0,8]}`, 8), `header: byte 18: x.dtype is null, want text`},
		{"shape null", one(`{"dtype":"F32","shape":null,"data_offsets":[0,8]}`, 8), `header: byte 32: x.shape is null, want a list`},
		{"shape of text", one(`{"dtype":"F32","shape":["2"],"data_offsets":[0,8]}`, 8), `header: byte 32: x.shape[0] is "2", want an integer`},
		{"shape negative", one(`{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}`, 8), `tensor "x": shape is [-2], want no negative dimension`},
		{"shape fraction", one(`{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}`, 8), `header: byte 32: x.shape[0] is 2.0, want an integer`},
		{"shape exponent", one(`{"dtype":"F32","shape":[2e0],"data_offsets":[0,8]}`, 8), `header: byte 32: x.shape[0] is 2e0, want an integer`},
		{"shape of shapes", one(`{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}`, 8), `header: byte 30: x.shape[0] is a list, want an integer`},
		{"dimension over 64 bits", one(`{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,8]}`, 8), `header: byte 49: x.shape[0] is 18446744073709551616, want an integer`},
		{"dimension over int", one(`{"dtype":"F32","shape":[0,18446744073709551615],"data_offsets":[0,0]}`, 0), `header: byte 51: x.shape[1] is 18446744073709551615, want an integer`},
		{"product wraps", one(`{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}`, 0), `tensor "x": shape is`},
		{"product wraps by size", one(`{"dtype":"F32","shape":[4611686018427387904],"data_offsets":[0,0]}`, 0), `tensor "x": shape is`},
		{"product wraps before a zero", one(`{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}`, 0), `tensor "x": shape is`},
		{"too few bytes", one(`{"dtype":"F32","shape":[2,2],"data_offsets":[0,4]}`, 4), `tensor "x": data has 4 bytes, want 16 for F32 of shape [2 2]`},
		{"too many bytes", one(`{"dtype":"F16","shape":[2],"data_offsets":[0,8]}`, 8), `tensor "x": data has 8 bytes, want 4 for F16 of shape [2]`},
		{"half a value", one(`{"dtype":"F32","shape":[1],"data_offsets":[0,6]}`, 6), `tensor "x": data has 6 bytes, want 4`},
		{"bytes for a scalar", one(`{"dtype":"F32","shape":[],"data_offsets":[0,0]}`, 0), `tensor "x": data has 0 bytes, want 4 for F32 of shape []`},
		{"end before begin", two("[0,8]", "[8,0]", 8), `tensor "b": data_offsets are [8, 0], want begin at most end`},
		{"truncated", one(ok, 7), `tensor "x": data ends at byte 8 of 7, the file is truncated`},
		{"forged size", one(`{"dtype":"F32","shape":[250000000000],"data_offsets":[0,1000000000000]}`, 8), `tensor "x": data ends at byte 1000000000000 of 8`},
		{"longer", one(ok, 9), "1 bytes follow the last tensor, want none"},
		{"data of nothing", pack("{}", 1), "1 bytes follow the last tensor, want none"},
		{"hole at the start", one(`{"dtype":"F32","shape":[1],"data_offsets":[4,8]}`, 8), `tensor "x": data_offsets begin at 4, want 0, without hole or overlap`},
		{"hole between", two("[0,8]", "[12,20]", 20), `tensor "b": data_offsets begin at 12, want 8`},
		{"overlap", two("[0,8]", "[4,12]", 12), `tensor "b": data_offsets begin at 4, want 8`},
		{"same data twice", two("[0,8]", "[0,8]", 8), `tensor "b": data_offsets begin at 0, want 8`},
		{"F64 beyond float32", pack(`{"x":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}`,
			slices.Concat(make([]byte, 8), le(math.Float64bits(-1e300)))...), `tensor "x": value 1 is -1e+300, want at most 3.4028235e+38 in magnitude`},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "m.safetensors")
			if err := os.WriteFile(path, c.file, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Read(path)
			if err == nil {
				t.Fatalf("file is read, want %s", c.want)
			}
			if got := err.Error(); !strings.HasPrefix(got, path+": "+c.want) {
				t.Errorf("error is\n%s, want\n%s", strings.TrimPrefix(got, path+": "), c.want)
			}
			if hints := fault.Hints(err); (c.name == "zip") != (len(hints) == 1) {
				t.Errorf("hints are %q", hints)
			}
		})
	}
}

// The number of batches that a norm of PyTorch has seen is left out, wherever it lies.
func TestCountersAreLeftOut(t *testing.T) {
	one, two := binary.LittleEndian.AppendUint32(nil, math.Float32bits(1)), binary.LittleEndian.AppendUint32(nil, math.Float32bits(2))
	b := pack(`{"bn1.bias":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},`+
		`"bn1.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[4,12]},`+
		`"bn2.bias":{"dtype":"F32","shape":[],"data_offsets":[12,16]},`+
		`"bn2.num_batches_tracked":{"dtype":"I64","shape":[],"data_offsets":[16,24]}}`, slices.Concat(one, le(20), two, le(21))...)
	f, err := decode(bytes.NewReader(b), uint64(len(b)))
	if err != nil || len(f.Tensors) != 2 || f.Tensors[0].Data[0] != 1 || f.Tensors[1].Data[0] != 2 || f.Tensors[1].Name != "bn2.bias" {
		t.Errorf("file is read as %v, %v, want the two biases, 1 and 2", f, err)
	}
}

// Every cut of a good file is refused, and so is a good file with something after it.
func TestEveryTruncationIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.safetensors")
	f := File{Tensors: []Tensor{{"a", []int{2}, []float32{1, 2}}, {"b", []int{1}, []float32{3}}}, Metadata: map[string]string{"k": "v"}}
	if err := Write(path, f); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for n := range b {
		if _, err := decode(bytes.NewReader(b[:n]), uint64(n)); err == nil {
			t.Errorf("the first %d of %d bytes are read", n, len(b))
		}
	}
	longer := append(b, 0)
	if _, err := decode(bytes.NewReader(longer), uint64(len(longer))); err == nil {
		t.Error("a byte too many is read")
	}
}

// A forged header of a small file must not make the program take memory.
func TestForgedSizesTakeNoMemory(t *testing.T) {
	forged := [][]byte{
		slices.Concat(le(maxHeader), []byte("{}")),
		one(`{"dtype":"F32","shape":[250000000000],"data_offsets":[0,1000000000000]}`, 8),
		one(`{"dtype":"F16","shape":[1000000000000],"data_offsets":[0,8]}`, 8),
	}
	for i, b := range forged {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := decode(bytes.NewReader(b), uint64(len(b))); err == nil {
			t.Errorf("file %d is read", i)
		}
		runtime.ReadMemStats(&after)
		if taken := after.TotalAlloc - before.TotalAlloc; taken > 1<<20 {
			t.Errorf("file %d of %d bytes took %d bytes of memory, want less than 1 MiB", i, len(b), taken)
		}
	}
}
