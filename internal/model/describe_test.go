package model

import "testing"

// A network is summarized layer by layer, and the parts are the whole.
func TestSummarize(t *testing.T) {
	for _, test := range []struct {
		c                           Config
		in                          Input
		outline                     string
		layers, parameters, buffers int
		multiplyAdds                int64
	}{
		{Default(), Input{3, 28, 28}, "conv 64 → fc 256 → fc 10", 7, 64*(27+1) + 256*(12544+1) + 10*(256+1), 0,
			28*28*64*27 + 256*12544 + 2560},
		// He et al. 2016, table 6: 0.27 M parameters.
		{ofResnet(func(c *Config) { c.Depth = 20 }), Input{3, 32, 32}, "conv 16 ×7 → conv 32 ×6 → conv 64 ×6 → fc 10", 70,
			27*16 + 9*(6*16*16+16*32+5*32*32+32*64+5*64*64) + 2*(7*16+6*32+6*64) + 650, 2 * (7*16 + 6*32 + 6*64),
			1024*(27*16+6*9*16*16) + 256*9*(16*32+5*32*32) + 64*9*(32*64+5*64*64) + 640},
		{configured(func(c *Config) {
			c.Filters, c.Pool, c.PoolStride, c.Hidden = []int{4, 4}, []int{1}, []int{1}, []int{8, 8}
		}),
			Input{1, 5, 5}, "conv 4 ×2 → fc 8 ×2 → fc 10", 10, 4*(9+1) + 4*(36+1) + 8*(100+1) + 8*(8+1) + 10*(8+1), 0,
			25*4*9 + 25*4*36 + 800 + 64 + 80},
	} {
		net, err := Declare(test.c, test.in, 10, nil)
		if err != nil {
			t.Fatal(err)
		}
		s := net.Summarize(32, 2)
		if s.Outline != test.outline || len(s.Layers) != test.layers || s.Parameters != test.parameters ||
			s.Buffers != test.buffers || s.MultiplyAdds != test.multiplyAdds {
			t.Errorf("summary is %s, %d layers, %d parameters, %d buffers, %d multiply-adds, want %+v",
				s.Outline, len(s.Layers), s.Parameters, s.Buffers, s.MultiplyAdds, test)
		}
		rest := s // what the layers leave of it
		rest.Bytes -= s.ImageBytes
		for _, l := range s.Layers {
			rest.Parameters -= l.Parameters
			rest.Buffers -= l.Buffers
			rest.MultiplyAdds -= l.MultiplyAdds
			rest.Bytes -= l.Bytes
		}
		if rest.Parameters != 0 || rest.Buffers != 0 || rest.MultiplyAdds != 0 || rest.Bytes != 0 || s.Bytes != net.Memory(32, 2) {
			t.Errorf("%s: the layers do not add up to the network: %+v is left", s.Outline, rest)
		}
	}
}
