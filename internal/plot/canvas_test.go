package plot

import (
	"bytes"
	"image/color"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
)

// The same figure has the same bytes, a PDF's date included.
func TestPicturesAreDeterministic(t *testing.T) {
	labels, predicted, classes := syntheticPredictions(5, 50)
	runs := syntheticRuns(outcomes[:2], 2, 3, true)
	probed := syntheticHealth("relu", syntheticLayers(1), 3, 0.5)
	for name, d := range map[string]drawn{
		"activation": NewCurves(parse(t, "relu"), -5, 5), "curves": training(t, runs, nil),
		"compare": comparison(t, syntheticResult(outcomes, 3)), "confusion": confusion(t, labels, predicted, classes),
		"health": health(t, probed, nil), "inputs": inputs(t, probed),
		"gradients": gradients(t, Probed{"relu", "runs/relu", probed}),
	} {
		for _, format := range Formats {
			if format == "png" && name != "curves" {
				continue // slow, and drawn as the others are
			}
			one, two := picture(t, d, format), picture(t, d, format)
			if one != two {
				t.Errorf("%s: two pictures as %s differ", name, format)
			}
			if format == "pdf" && strings.Count(one, "Date (D:20000101000000)") != 2 {
				t.Error("pdf: dates are not those of the year 2000")
			}
		}
	}
}

// The outlines of a glyph stand where the text would, and are as wide.
func TestOutlines(t *testing.T) {
	style := textStyle(100)
	face := style.Handler.Cache().Lookup(style.Font, style.Font.Size)
	low, high := vg.Length(1e9), vg.Length(-1e9)
	for _, part := range outlines(face, vg.Point{X: 50, Y: 7}, "−−") {
		if part.Type != vg.CloseComp {
			low, high = min(low, part.Pos.X), max(high, part.Pos.X)
		}
		if part.Type != vg.CloseComp && (part.Pos.Y < 7 || part.Pos.Y > 107) {
			t.Errorf("a point is at height %v, want it in the line from 7 to 107", part.Pos.Y)
		}
	}
	width := style.Width("−−")
	if low < 50 || low > 60 || high > 50+width || high < 40+width {
		t.Errorf("outlines are from %v to %v, want nearly 50 to %v", low, high, 50+width)
	}
	if outlines(face, vg.Point{}, "   ") != nil {
		t.Error("spaces have outlines")
	}
}

// A name in letters that the face lacks leaves something to be seen.
func TestMissingGlyphs(t *testing.T) {
	style := textStyle(100)
	face := style.Handler.Cache().Lookup(style.Font, style.Font.Size)
	if outlines(face, vg.Point{}, "激") == nil {
		t.Error("a letter that the face lacks is drawn as nothing")
	}
}

func TestStraightColour(t *testing.T) {
	r, g, b, a := straight(color.NRGBA{200, 100, 0, 128}).RGBA()
	if r>>8 != 200 || g>>8 != 100 || b != 0 || a>>8 != 128 {
		t.Errorf("colour is %d, %d, %d, %d, want 200, 100, 0, 128", r>>8, g>>8, b>>8, a>>8)
	}
}

// drawn is anything that has a figure.
type drawn interface{ Figure() Figure }

func picture(t *testing.T, d drawn, format string) string {
	t.Helper()
	var b bytes.Buffer
	if err := d.Figure().WritePicture(&b, format); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
