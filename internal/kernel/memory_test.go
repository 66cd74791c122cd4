package kernel

import "testing"

func TestFloats(t *testing.T) {
	for _, n := range []int{0, 1, hugePage / 4, hugePage/2 - 1, hugePage / 2, hugePage + 5} {
		x := Floats(n)
		if len(x) != n || cap(x) > n && n >= hugePage/2 {
			t.Errorf("Floats(%d) has %d, room for %d", n, len(x), cap(x))
		}
		for i, v := range x {
			if v != 0 {
				t.Fatalf("Floats(%d)[%d] is %g, want 0", n, i, v)
			}
			x[i] = 1
		}
	}
}
