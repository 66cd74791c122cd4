package kernel

import (
	"testing"
	"unsafe"
)

func TestFloats(t *testing.T) {
	for _, n := range []int{0, 1, hugePage / 4, hugePage/2 - 1, hugePage / 2, hugePage + 5} {
		x := Floats(n)
		large := n*4 >= 2*hugePage
		if len(x) != n || large && cap(x) > n {
			t.Errorf("Floats(%d) has length %d and capacity %d", n, len(x), cap(x))
		}
		if at := uintptr(unsafe.Pointer(unsafe.SliceData(x))); large && at%hugePage != 0 {
			t.Errorf("Floats(%d) begins %d bytes into a huge page, want 0", n, at%hugePage)
		}
		for i, v := range x {
			if v != 0 {
				t.Fatalf("Floats(%d)[%d] is %g, want 0", n, i, v)
			}
			x[i] = 1
		}
	}
}
