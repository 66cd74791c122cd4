package augment

import (
	"actfn/internal/dataset/picture"
	"actfn/internal/rng"
)

// jitter is torchvision's ColorJitter(n, n, n): it changes brightness, contrast and saturation in a random order, each by
// a factor drawn from 1−n to 1+n.
var jitter = kind{
	name: "jitter", initial: 0.2, rule: probability,
	help: "change brightness, contrast and saturation, each by a factor drawn from 1 − N to 1 + N",
	apply: func(m *Image, n float64, draw rng.Stream) {
		for k, i := range draw.Of(0).Perm(len(adjustments)) {
			adjustments[i](m, float32(draw.Uniform(uint64(k)+1, 1-n, 1+n)))
		}
	},
}

var adjustments = [...]func(m *Image, factor float32){(*Image).brighten, (*Image).contrast, (*Image).saturate}

// blend is PIL's Image.blend, of which its ImageEnhance is made: a + factor·(b − a) in float32, cut to a byte.
func blend(a, b byte, factor float32) byte {
	v := float32(a) + float32(factor*(float32(b)-float32(a)))
	return byte(max(0, min(int32(v), 255)))
}

// brighten blends with black.
func (m *Image) brighten(factor float32) { m.blendWith(0, factor) }

// contrast blends with the mean of the gray image, rounded.
func (m *Image) contrast(factor float32) {
	sum, size := 0, m.W*m.H
	if m.Gray() {
		for _, v := range m.Data {
			sum += int(v)
		}
	} else {
		for i := range size {
			sum += int(picture.Luma(m.Data[i], m.Data[size+i], m.Data[2*size+i]))
		}
	}
	m.blendWith(byte(float64(sum)/float64(size)+0.5), factor)
}

func (m *Image) blendWith(level byte, factor float32) {
	var to [256]byte
	for v := range to {
		to[v] = blend(level, byte(v), factor)
	}
	dst, src := m.redraw()
	for i, v := range src {
		dst[i] = to[v]
	}
}

// saturate blends with the gray image. An image of one plane stays as it is.
func (m *Image) saturate(factor float32) {
	if m.Gray() {
		return
	}
	dst, src := m.redraw()
	size := m.W * m.H
	for i := range size {
		gray := picture.Luma(src[i], src[size+i], src[2*size+i])
		for at := i; at < len(src); at += size {
			dst[at] = blend(gray, src[at], factor)
		}
	}
}
