package picture

import (
	"errors"
	"io"
	"strings"

	"actfn/internal/fault"
)

// reasons are what decoders and decompressors say of a file, of which there is often the text only, and what that means.
var reasons = []struct {
	theirs []string
	ours   string
}{
	{[]string{"unexpected EOF", "Failed to read binary"}, "file is cut short"},
	{[]string{"flate: corrupt", "zlib: invalid", "gzip: invalid", "lzw: invalid"}, "compressed data is corrupt"},
	{[]string{"Failed to parse ASCII"}, "samples are not numbers of the range that the header gives"},
	{[]string{"Invalid P"}, "header is invalid"},
}

// Reason is an error of a decoder or a decompressor in words that need no knowledge of Go, or err itself if there are none.
func Reason(err error) error {
	if errors.Is(err, io.EOF) {
		return fault.Reworded("file is cut short", err)
	}
	for _, r := range reasons {
		for _, text := range r.theirs {
			if strings.Contains(err.Error(), text) {
				return fault.Reworded(r.ours, err)
			}
		}
	}
	return err
}
