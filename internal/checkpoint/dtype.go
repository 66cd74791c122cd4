package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// dtype is a kind of value in a file: its size in bytes, and its conversion to float32.
// decode fills dst from len(dst) values in src, whose first is value first of the tensor.
type dtype struct {
	size   uint64
	decode func(dst []float32, src []byte, first int) error
}

// dtypes are those that stand for real numbers of 16 bits and more.
var dtypes = map[string]dtype{
	"F32":  {4, decodeF32},
	"F64":  {8, decodeF64},
	"F16":  {2, decodeF16},
	"BF16": {2, decodeBF16},
}

func decodeF32(dst []float32, src []byte, _ int) error {
	for i := range dst {
		dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(src))
		src = src[4:]
	}
	return nil
}

// encodeF32 is the inverse of decodeF32. It returns the part of dst that it filled.
func encodeF32(dst []byte, src []float32) []byte {
	rest := dst
	for _, v := range src {
		binary.LittleEndian.PutUint32(rest, math.Float32bits(v))
		rest = rest[4:]
	}
	return dst[:4*len(src)]
}

// decodeF64 rounds to nearest. A finite value beyond float32 is an error and not ±Inf,
// which would look like a run that diverged.
func decodeF64(dst []float32, src []byte, first int) error {
	for i := range dst {
		v := math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		dst[i] = float32(v)
		if math.IsInf(float64(dst[i]), 0) && !math.IsInf(v, 0) {
			return fmt.Errorf("value %d is %v, want at most %v in magnitude, the largest float32", first+i, v, float32(math.MaxFloat32))
		}
	}
	return nil
}

func decodeF16(dst []float32, src []byte, _ int) error {
	for i := range dst {
		dst[i] = fromHalf(binary.LittleEndian.Uint16(src[2*i:]))
	}
	return nil
}

// fromHalf converts IEEE 754 binary16 (sign, 5 bits of exponent, 10 of fraction), exactly.
func fromHalf(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent := uint32(h>>10) & 0x1f
	fraction := uint32(h) & 0x3ff
	switch exponent {
	case 0: // zero and subnormal: fraction · 2⁻²⁴
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}

// decodeBF16 converts bfloat16, the upper half of a float32.
func decodeBF16(dst []float32, src []byte, _ int) error {
	for i := range dst {
		dst[i] = math.Float32frombits(uint32(binary.LittleEndian.Uint16(src[2*i:])) << 16)
	}
	return nil
}
