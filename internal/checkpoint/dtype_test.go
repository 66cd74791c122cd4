package checkpoint

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

// TestHalf compares all 65536 values with their definition in IEEE 754.
func TestHalf(t *testing.T) {
	for h := range 1 << 16 {
		exponent, fraction := h>>10&0x1f, float64(h&0x3ff)
		var want float64
		switch {
		case exponent == 0x1f && fraction == 0:
			want = math.Inf(1)
		case exponent == 0x1f:
			want = math.NaN()
		case exponent == 0:
			want = math.Ldexp(fraction/1024, -14)
		default:
			want = math.Ldexp(1+fraction/1024, exponent-15)
		}
		if h>>15 == 1 {
			want = -want
		}
		got := fromHalf(uint16(h))
		if math.IsNaN(want) && got != got {
			continue
		}
		if float64(got) != want || math.Signbit(float64(got)) != (h>>15 == 1) {
			t.Errorf("half %#04x is %v, want %v", h, got, want)
		}
	}
}

func TestDtypesConvert(t *testing.T) {
	inf := float32(math.Inf(1))
	f64 := func(values ...float64) (b []byte) {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint64(b, math.Float64bits(v))
		}
		return b
	}
	for _, c := range []struct {
		dtype string
		data  []byte
		want  []float32
	}{
		{"F32", floats(1, -2.5), []float32{1, -2.5}},
		{"F64", f64(0.1, math.Inf(1), 1+0x1p-25, -1e-300, math.MaxFloat32), []float32{0.1, inf, 1, float32(math.Copysign(0, -1)), math.MaxFloat32}},
		{"F16", []byte{0x00, 0x3c, 0x00, 0xc0, 0x00, 0x7c, 0x01, 0x00}, []float32{1, -2, inf, 0x1p-24}},
		{"BF16", []byte{0x80, 0x3f, 0x20, 0xc0, 0x80, 0x7f}, []float32{1, -2.5, inf}},
	} {
		b := pack(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, c.dtype, len(c.want), len(c.data)), c.data...)
		got, err := decode(bytes.NewReader(b), uint64(len(b)))
		if err != nil {
			t.Errorf("%s: %v", c.dtype, err)
			continue
		}
		if err := same(got, File{Tensors: []Tensor{{"x", []int{len(c.want)}, c.want}}}); err != nil {
			t.Errorf("%s: %v", c.dtype, err)
		}
	}
	if v := math.Float64frombits(0x7ff8000000000000); float32(v) == float32(v) {
		t.Error("a float64 NaN is not a float32 NaN")
	}
}

// TestBlocks converts tensors of each dtype around the ends of a block: values on both
// sides must land in their place.
func TestBlocks(t *testing.T) {
	for name, d := range dtypes {
		width := int(d.size)
		for _, n := range []int{0, 1, blockSize/width - 1, blockSize / width, blockSize/width + 1, 2*blockSize/width + 3} {
			data := make([]byte, n*width)
			for i := range n { // small integers: exact in each dtype
				v := float64(i % 128)
				switch name {
				case "F64":
					binary.LittleEndian.PutUint64(data[i*8:], math.Float64bits(v))
				case "F32":
					binary.LittleEndian.PutUint32(data[i*4:], math.Float32bits(float32(v)))
				case "BF16":
					binary.LittleEndian.PutUint16(data[i*2:], uint16(math.Float32bits(float32(v))>>16))
				case "F16":
					bits := math.Float32bits(float32(v))
					if v > 0 {
						binary.LittleEndian.PutUint16(data[i*2:], uint16((bits>>23-127+15)<<10|bits>>13&0x3ff))
					}
				}
			}
			b := pack(fmt.Sprintf(`{"x":{"dtype":%q,"shape":[%d],"data_offsets":[0,%d]}}`, name, n, len(data)), data...)
			f, err := decode(bytes.NewReader(b), uint64(len(b)))
			if err != nil {
				t.Fatalf("%s of %d: %v", name, n, err)
			}
			for i, v := range f.Tensors[0].Data {
				if v != float32(i%128) {
					t.Fatalf("%s of %d: value %d is %v, want %d", name, n, i, v, i%128)
				}
			}
		}
	}
}
