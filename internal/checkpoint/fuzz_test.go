package checkpoint

import (
	"bytes"
	"testing"
)

// FuzzRead wants an error or a file that survives being written and read, whatever the bytes.
func FuzzRead(f *testing.F) {
	var buf bytes.Buffer
	for _, file := range []File{{}, sample(), {Tensors: []Tensor{{"conv1.weight", []int{2, 1}, []float32{1, 2}}}}} {
		for i := range file.Tensors {
			file.Tensors[i].Data = file.Tensors[i].Data[:min(9, len(file.Tensors[i].Data))]
			file.Tensors[i].Shape = []int{len(file.Tensors[i].Data)}
		}
		buf.Reset()
		head, err := file.header()
		if err != nil {
			f.Fatal(err)
		}
		if err := file.encode(&buf, head); err != nil {
			f.Fatal(err)
		}
		f.Add(bytes.Clone(buf.Bytes()))
	}
	f.Add(pack(`{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[1,1],"data_offsets":[4,6]},"d":{"dtype":"F64","shape":[],"data_offsets":[6,14]}}`, make([]byte, 14)...))
	f.Add(pack(`{"\ud834\udd1e":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"__metadata__":{"a":"\\\u0041"}}`))
	f.Add(pack(`{"x":{"dtype":"F32","shape":[9999999999999],"data_offsets":[0,99999999999999]}}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		file, err := decode(bytes.NewReader(b), uint64(len(b)))
		if err != nil {
			return
		}
		head, err := file.header()
		if err != nil {
			t.Fatalf("a file that was read cannot be written: %v", err)
		}
		var out bytes.Buffer
		if err := file.encode(&out, head); err != nil {
			t.Fatal(err)
		}
		again, err := decode(&out, uint64(out.Len()))
		if err != nil {
			t.Fatalf("a file that was written cannot be read: %v", err)
		}
		if err := same(again, file); err != nil {
			t.Fatal(err)
		}
	})
}
