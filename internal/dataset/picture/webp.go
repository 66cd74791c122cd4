package picture

import "golang.org/x/image/webp"

var formatWebP = format{
	name: "WebP", extensions: []string{".webp"}, magic: []string{"RIFF????WEBPVP8"},
	config: webp.DecodeConfig, decode: webp.Decode, chroma: libwebp,
}
