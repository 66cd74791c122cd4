package checkpoint

import (
	"bytes"
	"encoding/json"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/pytorchtest"
)

// reader is a safetensors reader that shares nothing with ours. It prints each tensor's
// name, shape and bits, then writes the same tensors as the reference implementation
// orders them (by dtype, then name), each in four dtypes.
const reader = `
import json, struct, sys, torch
data = open(sys.argv[1], "rb").read()
n, = struct.unpack("<Q", data[:8])
header = json.loads(data[8:8+n])
print(json.dumps(header.pop("__metadata__"), sort_keys=True))
assert n % 8 == 0 and data[8:9] == b"{"
tensors = {}
for name, info in header.items():
    begin, end = info["data_offsets"]
    assert info["dtype"] == "F32" and end <= len(data) - 8 - n
    raw = bytearray(data[8+n+begin:8+n+end])
    t = torch.frombuffer(raw, dtype=torch.float32) if raw else torch.empty(0)
    tensors[name] = t.reshape(info["shape"])
    print(json.dumps(name), info["shape"], t.view(torch.int32).tolist())
kinds = {"F64": torch.float64, "F32": torch.float32, "BF16": torch.bfloat16, "F16": torch.float16}
head, body = {"__metadata__": {"format": "pt"}}, b""
for kind, dtype in kinds.items():
    for name in sorted(tensors):
        t = tensors[name].to(dtype).contiguous()
        b = bytes(t.reshape(-1).view(torch.uint8).tolist()) if t.numel() else b""
        head[kind + " " + name] = {"dtype": kind, "shape": list(t.shape), "data_offsets": [len(body), len(body) + len(b)]}
        body += b
h = json.dumps(head, separators=(",", ":"), ensure_ascii=False).encode()
h += b" " * (-len(h) % 8)
open(sys.argv[2], "wb").write(struct.pack("<Q", len(h)) + h + body)
# What float32 becomes in each dtype and back, by PyTorch.
back = {kind: {name: t.to(dtype).float().view(torch.int32).reshape(-1).tolist() for name, t in tensors.items()} for kind, dtype in kinds.items()}
print(json.dumps(back))
`

// TestPyTorch has PyTorch read our file and us read PyTorch's, in every dtype.
func TestPyTorch(t *testing.T) {
	exe := pytorchtest.Interpreter(t)
	dir := t.TempDir()
	ours, theirs := filepath.Join(dir, "ours.safetensors"), filepath.Join(dir, "theirs.safetensors")
	want := sample()
	if err := Write(ours, want); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-c", reader, ours, theirs)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(out), "\n")
	checkListing(t, lines[:len(lines)-2], want)
	got, err := Read(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(got.Tensors); n != 4*len(want.Tensors) {
		t.Fatalf("PyTorch's file has %d tensors, want %d", n, 4*len(want.Tensors))
	}
	checkBits(t, []byte(lines[len(lines)-2]), got)
	if got.Metadata["format"] != "pt" {
		t.Errorf("metadata is %q", got.Metadata)
	}
	if file, err := os.ReadFile(ours); err != nil || !bytes.HasPrefix(file[8:], []byte(`{"__metadata__":{"":`)) {
		t.Errorf("metadata is not first (%v)", err)
	}
}

// checkListing compares what Python printed of our file with the file.
func checkListing(t *testing.T, lines []string, want File) {
	t.Helper()
	if len(lines) != 1+len(want.Tensors) {
		t.Fatalf("Python printed %d lines, want %d", len(lines), 1+len(want.Tensors))
	}
	var metadata map[string]string
	unmarshal(t, lines[0], &metadata)
	if !maps.Equal(metadata, want.Metadata) {
		t.Errorf("Python reads metadata %q, want %q", metadata, want.Metadata)
	}
	for i, x := range want.Tensors {
		dec := json.NewDecoder(strings.NewReader(lines[1+i]))
		var name string
		var shape []int
		var bits []int32
		for _, v := range []any{&name, &shape, &bits} {
			if err := dec.Decode(v); err != nil {
				t.Fatal(err)
			}
		}
		if name != x.Name || !slices.Equal(shape, x.Shape) || !slices.Equal(bits, signed(x.Data)) {
			t.Errorf("Python reads %q %v, want %q %v, or other values", name, shape, x.Name, x.Shape)
		}
	}
}

// checkBits compares each "dtype name" tensor with PyTorch's own conversion to float32.
func checkBits(t *testing.T, line []byte, got File) {
	t.Helper()
	var back map[string]map[string][]int32
	unmarshal(t, string(line), &back)
	for _, x := range got.Tensors {
		kind, name, _ := strings.Cut(x.Name, " ")
		want := back[kind][name]
		if len(want) != len(x.Data) {
			t.Errorf("%s has %d values, want %d", x.Name, len(x.Data), len(want))
			continue
		}
		for i, v := range x.Data {
			w := math.Float32frombits(uint32(want[i]))
			if nan := v != v && w != w; v != w && !nan || !nan && math.Float32bits(v) != math.Float32bits(w) {
				t.Errorf("%s: value %d is %v, want %v", x.Name, i, v, w)
				break
			}
		}
	}
}

func signed(data []float32) []int32 {
	s := make([]int32, len(data))
	for i, v := range data {
		s[i] = int32(math.Float32bits(v))
	}
	return s
}

func unmarshal(t *testing.T, s string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(s), v); err != nil {
		t.Fatal(err)
	}
}
