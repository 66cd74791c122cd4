package picture

import (
	"bufio"
	"image"
	"io"
	"strings"

	"github.com/spakin/netpbm"
)

// PIL opens a PBM by any of these extensions; torchvision does not look for its own.
var (
	formatPBM = format{name: "PBM", magic: []string{"P1", "P4"}, config: configNetpbm, decode: decodeNetpbm}
	formatPGM = format{name: "PGM", extensions: []string{".pgm"}, magic: []string{"P2", "P5"}, config: configNetpbm, decode: decodeNetpbm}
	formatPPM = format{name: "PPM", extensions: []string{".ppm"}, magic: []string{"P3", "P6"}, config: configNetpbm, decode: decodeNetpbm}
)

// The netpbm module loops for ever, and one loop takes memory, on a comment that the end of the
// file cuts off. Its reader is therefore given one line break more than the file has: for a
// header always, for samples only where they are text. Among binary samples the line break would
// pass for a missing one, and no comment can occur there once the header has been read.

func configNetpbm(r io.Reader) (image.Config, error) {
	return netpbm.DecodeConfig(bufio.NewReader(endLine(r)))
}

func decodeNetpbm(r io.Reader) (image.Image, error) {
	br := bufio.NewReader(r)
	if magic, err := br.Peek(2); err == nil && magic[1] <= '3' {
		br = bufio.NewReader(endLine(br))
	}
	return netpbm.Decode(br, nil)
}

func endLine(r io.Reader) io.Reader { return io.MultiReader(r, strings.NewReader("\n")) }
