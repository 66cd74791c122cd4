package wording_test

import (
	"math"
	"testing"

	"actfn/internal/wording"
)

func TestFiguresInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{wording.Percent(0.91166), "91.17"}, {wording.Percent(0), "0.00"},
		{wording.Points(-0.00001), "+0.00"}, {wording.Points(0.00424), "+0.42"}, {wording.Points(-0.0042), "-0.42"},
		{wording.Apart("mish", 0.033, "relu"), "mish is 3.30 points above relu"}, {wording.Apart("tanh", -0.005, "relu"), "tanh is 0.50 points below relu"},
		{wording.PlusMinus(0.1), "±10.00"}, {wording.PlusMinus(0.00201), "±0.21"}, {wording.PlusMinus(0), "±0.00"},
		{wording.PlusMinus(0.0253001), "±2.54"}, {wording.PlusMinus(0.0254), "±2.54"},
		{wording.Confidence(0.05), "95"}, {wording.Confidence(0.001), "99.9"}, {wording.Confidence(0.05 / 3), "98.33"}, {wording.Confidence(5e-7), "99.99995"}, {wording.Confidence(0.05 / 181), "99.972"},
		{wording.Shortest(0.003), "0.003"}, {wording.Shortest(1e-5), "1e-05"},
		{wording.Figure(-0.0123456789), "−0.0123457"}, {wording.Figure(math.Inf(-1)), "−∞"}, {wording.Figure(math.Inf(1)), "∞"},
	} {
		if c.got != c.want {
			t.Errorf("text is %q, want %q", c.got, c.want)
		}
	}
}

func TestListsInWords(t *testing.T) {
	for _, c := range []struct{ got, want string }{
		{wording.Counted(1, "seed"), "1 seed"}, {wording.Counted(0, "seed"), "0 seeds"}, {wording.Counted(3, "test image"), "3 test images"},
		{wording.Ranges([]uint64{7, 0, 1, 2, 9, 10}, ", "), "7, 0-2, 9, 10"}, {wording.Ranges([]uint64{0, 1, 2, 3, 4}, ", "), "0-4"},
		{wording.Ranges([]uint64{math.MaxUint64, 0, 1}, ","), "18446744073709551615,0,1"},
		{wording.SeedList([]uint64{4, 0, 1, 2, 9, 10}), "0-2,4,9,10"}, {wording.SeedList(nil), ""},
		{wording.SeedList([]uint64{math.MaxUint64, math.MaxUint64 - 1, 0}), "0,18446744073709551614,18446744073709551615"},
		{wording.Seeds([]uint64{7}), "seed 7"}, {wording.Seeds([]uint64{2, 1, 0}), "seeds 0-2"},
	} {
		if c.got != c.want {
			t.Errorf("text is %q, want %q", c.got, c.want)
		}
	}
}

func TestScales(t *testing.T) {
	for n, want := range map[int64][3]string{
		0:             {"0", "0", "0"},
		640:           {"640", "640", "640"},
		999:           {"999", "999", "999"},
		1000:          {"1 000", "1.00 k", "1.0 KiB"},
		4568576:       {"4 568 576", "4.57 M", "4.4 MiB"},
		999999:        {"999 999", "1.00 M", "977 KiB"},
		12 << 20:      {"12 582 912", "12.6 M", "12 MiB"},
		-1234:         {"-1 234", "", ""},
		5000000000000: {"5 000 000 000 000", "5.00 T", "4.5 TiB"},
	} {
		for i, got := range []string{wording.Whole(n), wording.Scaled(n), wording.Bytes(n)} {
			if want[i] != "" && got != want[i] {
				t.Errorf("%d is %q, want %q", n, got, want[i])
			}
		}
	}
}
