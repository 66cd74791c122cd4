package picture

import (
	"errors"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"strings"
)

var formatJPEG = format{
	name: "JPEG", extensions: []string{".jpg", ".jpeg"}, magic: []string{"\xff\xd8\xff"},
	config: jpeg.DecodeConfig, decode: decodeJPEG, fast: baselineJPEG, chroma: libjpeg,
}

// keptBytes is the largest memory that is kept from one image to the next.
const keptBytes = 1 << 25

// baselineJPEG decodes what baseline does. What is resized is converted to RGB row by row on the way, and only where it
// shows.
func baselineJPEG(data []byte, form Form) (p Pixels, ok bool) {
	d := baselines.Get().(*baseline)
	defer func() {
		if cap(d.pix) <= keptBytes {
			baselines.Put(d)
		}
	}()
	m, ok := d.image(data, form.Side)
	if !ok {
		return p, false
	}
	if m, colour := m.(*image.YCbCr); colour && form.Side > 0 && !form.Gray {
		return centreSquare(d.w, d.h, form.Side).apply(newYCbCr(m, libjpeg)), true
	}
	return form.of(toPixels(m, libjpeg).compact()), true
}

// decodeJPEG is jpeg.Decode, which refuses four components without an Adobe marker. PIL takes
// those for inverted CMYK, which is what the marker spliced in here says.
func decodeJPEG(r io.Reader) (image.Image, error) {
	m, err := jpeg.Decode(r)
	if _, unsupported := errors.AsType[jpeg.UnsupportedError](err); !unsupported {
		return m, err
	}
	again := r.(io.ReadSeeker)
	again.Seek(0, io.SeekStart)
	if c, cerr := jpeg.DecodeConfig(again); cerr != nil || c.ColorModel != color.CMYKModel {
		return m, err
	}
	const soi = 2
	again.Seek(soi, io.SeekStart)
	marker := "\xff\xd8" + "\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
	if m, retry := jpeg.Decode(io.MultiReader(strings.NewReader(marker), again)); retry == nil {
		return m, nil
	}
	return m, err
}
