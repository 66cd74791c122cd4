package augment

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"math"
	"os"
	"slices"
	"strings"
	"testing"

	"actfn/internal/dataset/picture"
	"actfn/internal/fault"
	"actfn/internal/rng"
)

// torchvision is what testdata/make.py wrote.
type torchvision struct {
	Images []struct {
		W, H   int
		Planes planes
	}
	Rows []struct {
		Name      string
		Image     int
		Arguments []float64
		Made      planes
	}
	Rectangles []struct {
		Image, Size [2]int
		Drawn       []float64
	}
}

type planes []byte

func (p *planes) UnmarshalText(text []byte) (err error) {
	*p, err = hex.DecodeString(string(text))
	return err
}

func values(t *testing.T) (v torchvision) {
	t.Helper()
	text, err := os.ReadFile("testdata/torchvision.json")
	if err == nil {
		err = json.Unmarshal(text, &v)
	}
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// changes are what augmentations do to pixels, once they have drawn their arguments.
var changes = map[string]func(m *Image, arguments []float64){
	"shift":    func(m *Image, a []float64) { m.shift(int(a[0]), int(a[1])) },
	"mirror":   func(m *Image, _ []float64) { m.mirror() },
	"turn":     func(m *Image, a []float64) { m.turn(a[0]) },
	"brighten": func(m *Image, a []float64) { m.brighten(float32(a[0])) },
	"contrast": func(m *Image, a []float64) { m.contrast(float32(a[0])) },
	"saturate": func(m *Image, a []float64) { m.saturate(float32(a[0])) },
}

func TestTorchvision(t *testing.T) {
	v := values(t)
	seen := map[string]bool{}
	var m Image
	for _, row := range v.Rows {
		seen[row.Name] = true
		img := v.Images[row.Image]
		before := bytes.Clone(img.Planes)
		m.Begin(picture.Pixels{W: img.W, H: img.H, Data: img.Planes})
		changes[row.Name](&m, row.Arguments)
		if !bytes.Equal(m.Data, row.Made) {
			t.Errorf("%s%v of image %d is %x, want %x", row.Name, row.Arguments, row.Image, m.Data, row.Made)
		}
		if !bytes.Equal(img.Planes, before) {
			t.Fatalf("%s changes the original", row.Name)
		}
	}
	for name := range changes {
		if !seen[name] {
			t.Errorf("torchvision.json has no row of %s", name)
		}
	}
}

// A rectangle that is refused is drawn again, as RandomErasing does it.
func TestTorchvisionRectangles(t *testing.T) {
	for _, row := range values(t).Rectangles {
		for k := 0; k < len(row.Drawn); k += 2 {
			w, h := rectangle(row.Image[0], row.Image[1], row.Drawn[k], math.Exp(row.Drawn[k+1]))
			fits, last := w < row.Image[0] && h < row.Image[1], k+2 == len(row.Drawn)
			if fits != last && k < 18 || fits && [2]int{w, h} != row.Size {
				t.Errorf("draws %v make %d×%d in %v, want %v", row.Drawn, w, h, row.Image, row.Size)
			}
		}
	}
}

// photo is an image of c planes, of which no two pixels in a row are alike.
func photo(w, h, c int) picture.Pixels {
	p := picture.Pixels{W: w, H: h}
	for i := range w * h * c {
		p.Data = append(p.Data, byte(1+i*7))
	}
	return p
}

func list(t *testing.T, words ...string) List {
	t.Helper()
	l, err := Parse(words)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// made is what a list makes of an image.
func made(l List, p picture.Pixels, id, seed uint64, epoch int) string {
	var m Image
	m.Begin(p)
	l.Apply(&m, id, seed, epoch)
	return fmt.Sprint(m.Data, m.Erased)
}

// Every augmentation draws by seed, epoch and image and by nothing else, changes images of any size, and leaves the
// original as it is.
func TestDraws(t *testing.T) {
	for _, name := range Names() {
		l := list(t, name)
		for _, size := range [][2]int{{8, 8}, {7, 12}, {9, 9}} {
			p := photo(size[0], size[1], 3)
			before := bytes.Clone(p.Data)
			different := map[string]map[string]bool{"image": {}, "seed": {}, "epoch": {}}
			for i := range uint64(60) {
				different["image"][made(l, p, i, 1, 1)] = true
				different["seed"][made(l, p, 1, i, 1)] = true
				different["epoch"][made(l, p, 1, 1, int(i))] = true
				if again := made(l, p, i, 1, 1); !different["image"][again] {
					t.Fatalf("%s of one image in one epoch gives two", name)
				}
			}
			for what, results := range different {
				if len(results) < 2 {
					t.Errorf("%s at %v gives one result whatever the %s", name, size, what)
				}
			}
			if !bytes.Equal(p.Data, before) {
				t.Fatalf("%s changes the original", name)
			}
		}
		tiny := picture.Pixels{W: 1, H: 1, Data: []byte{9}}
		for i := range uint64(20) {
			made(l, tiny, i, 1, 1)
		}
	}
}

// The draws of one augmentation do not depend on whether there are others.
func TestListIsItsParts(t *testing.T) {
	p := photo(9, 8, 3)
	words := []string{"crop=2", "flip", "jitter=0.3", "erase=0.9"}
	for id := range uint64(30) {
		var m Image
		m.Begin(p)
		for _, word := range words {
			list(t, word).Apply(&m, id, 3, 4)
		}
		want := fmt.Sprint(m.Data, m.Erased)
		if got := made(list(t, "erase=0.9", "jitter=0.3", "flip", "crop=2"), p, id, 3, 4); got != want {
			t.Fatalf("image %d is %s, want %s", id, got, want)
		}
	}
}

// share is the part of many images for which a list's result has a property, and fails unless it is p.
func share(t *testing.T, p float64, what string, l List, of picture.Pixels, has func(m *Image) bool) {
	t.Helper()
	const n = 20000
	count := 0
	var m Image
	for id := range uint64(n) {
		m.Begin(of)
		l.Apply(&m, id*0x9e3779b97f4a7c15, 7, 2)
		if has(&m) {
			count++
		}
	}
	if got, deviation := float64(count)/n, math.Sqrt(p*(1-p)/n); math.Abs(got-p) > 4*deviation {
		t.Errorf("%s: share is %.4f, want %.4f", what, got, p)
	}
}

func TestProbabilities(t *testing.T) {
	p := photo(9, 9, 1)
	share(t, 0.5, "flip", list(t, "flip"), p, func(m *Image) bool { return m.Data[0] == p.Data[8] })
	share(t, 0.1, "flip=0.1", list(t, "flip=0.1"), p, func(m *Image) bool { return m.Data[0] == p.Data[8] })
	share(t, 0.25, "erase", list(t, "erase"), p, func(m *Image) bool { return !m.Erased.Empty() })
	crop := list(t, "crop=2")
	for _, at := range []int{0, 1, 2, 9, 20} { // the pixel that comes to the corner, by its row and column
		share(t, 1.0/25, fmt.Sprint("crop to pixel ", at), crop, p, func(m *Image) bool { return m.Data[0] == p.Data[at] })
	}
	share(t, 16.0/25, "crop with an edge to the left or above", crop, p, func(m *Image) bool { return m.Data[0] == 0 })
	bar := picture.Pixels{W: 41, H: 41, Data: make([]byte, 41*41)}
	copy(bar.Data[20*41:], bytes.Repeat([]byte{1}, 41))
	above := 0.5 - math.Atan2(1.5, 20)/(2*math.Pi/18) // of −10° to 10°, the angles that lift the right end by 2 rows
	share(t, above, "rotate", list(t, "rotate"), bar, func(m *Image) bool {
		return m.Data[17*41-1] == 1 || m.Data[18*41-1] == 1 || m.Data[19*41-1] == 1
	})
	flat := picture.Pixels{W: 2, H: 1, Data: []byte{100, 100}}
	share(t, 0.5, "jitter that darkens", list(t, "jitter"), flat, func(m *Image) bool { return m.Data[0] < 100 })
	share(t, 0.25, "jitter that darkens by a tenth", list(t, "jitter"), flat, func(m *Image) bool { return m.Data[0] < 90 })
}

// Jitter adjusts in every order.
func TestOrderOfJitter(t *testing.T) {
	seen := map[string]bool{}
	p := photo(6, 5, 3)
	for id := range uint64(100) {
		draw := rng.New(1, "augment jitter", 2).Of(id)
		want, matches := made(list(t, "jitter=0.9"), p, id, 1, 2), 0
		for _, order := range [][3]int{{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}} {
			var m Image
			m.Begin(p)
			for k, i := range order {
				adjustments[i](&m, float32(draw.Uniform(uint64(k)+1, 0.1, 1.9)))
			}
			if fmt.Sprint(m.Data, m.Erased) == want {
				seen[fmt.Sprint(order)] = true
				matches++
			}
		}
		if matches == 0 {
			t.Fatalf("image %d is adjusted in no order", id)
		}
	}
	if len(seen) != 6 {
		t.Errorf("orders are %v, want all 6", seen)
	}
}

// Rectangles lie everywhere, and have the sizes and forms that RandomErasing gives them.
func TestRectangles(t *testing.T) {
	p, l := photo(40, 30, 1), list(t, "erase=1")
	var m Image
	var x, y, area, aspect []float64
	for id := range uint64(5000) {
		m.Begin(p)
		l.Apply(&m, id, 1, 1)
		r := m.Erased
		if !r.In(image.Rect(0, 0, 40, 30)) {
			t.Fatalf("rectangle %v is not in the image", r)
		}
		x, y = append(x, float64(r.Min.X)/float64(40-r.Dx())), append(y, float64(r.Min.Y)/float64(30-r.Dy()))
		area, aspect = append(area, float64(r.Dx()*r.Dy())/1200), append(aspect, math.Log(float64(r.Dy())/float64(r.Dx())))
	}
	for name, c := range map[string]struct {
		values                []float64
		low, high, mean, near float64
	}{
		"x": {x, 0, 1, 0.5, 0.02}, "y": {y, 0, 1, 0.5, 0.02},
		"area": {area, 0.02, 0.33, 0.17, 0.01}, "logarithm of the aspect": {aspect, math.Log(0.3), math.Log(3.3), -0.02, 0.05},
	} {
		low, high, sum := slices.Min(c.values), slices.Max(c.values), 0.0
		for _, v := range c.values {
			sum += v
		}
		span := c.high - c.low
		if math.Abs(low-c.low) > 0.1*span || math.Abs(high-c.high) > 0.1*span || math.Abs(sum/5000-c.mean) > c.near {
			t.Errorf("%s is %.3f to %.3f with mean %.3f, want %.3f to %.3f with %.3f", name, low, high, sum/5000, c.low, c.high, c.mean)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                                "",
		"flip":                            "flip=0.5",
		"erase,crop, flip=0.25,jitter=.1": "crop=4,flip=0.25,jitter=0.1,erase=0.25",
		"crop=1e1":                        "crop=10",
	} {
		var words []string
		if text != "" {
			words = strings.Split(text, ",")
		}
		l, err := Parse(words)
		if got := strings.Join(l.Words(), ","); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", text, got, err, want)
		}
		if again, err := Parse(l.Words()); err != nil || !slices.Equal(again.Words(), l.Words()) {
			t.Errorf("%q becomes %q, %v", l.Words(), again.Words(), err)
		}
	}
	for text, want := range map[string]string{
		"flop":              `name is "flop", want ` + strings.Join(Names(), ", "),
		"erase=1.5":         "erase: value is 1.5, want above 0 to 1",
		"jitter=-1":         "jitter: value is -1, want above 0 to 1",
		"flip=NaN":          "flip: value is NaN, want above 0 to 1",
		"crop=2.5":          "crop: value is 2.5, want a whole number from 1 to 65536",
		"crop=":             `crop: value is "", want a whole number from 1 to 65536`,
		"crop=four,flip=no": `crop: value is "four", want a whole number from 1 to 65536` + "\n" + `flip: value is "no", want above 0 to 1`,
		"crop,flip,crop=3":  "crop: is given twice, want it once",
	} {
		if _, err := Parse(strings.Split(text, ",")); err == nil || err.Error() != want {
			t.Errorf("%q: error is %v, want %s", text, err, want)
		}
	}
	_, err := Parse([]string{"Flop"})
	if hints := fault.Hints(err); !slices.Equal(hints, []string{"did you mean flip?"}) {
		t.Errorf("hints are %q", hints)
	}
}

func TestFits(t *testing.T) {
	l := list(t, "crop=7", "flip")
	if err := l.Fits(8, 9); err != nil {
		t.Error(err)
	}
	const want = "crop: value is 7 and the images are 9×7, want less than their shorter side"
	if err := l.Fits(9, 7); err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

// Once an image of the size has been changed, the next takes next to no memory.
func TestMemory(t *testing.T) {
	l := list(t, Names()...)
	p := photo(32, 32, 3)
	var m Image
	id := uint64(0)
	if n := testing.AllocsPerRun(100, func() {
		m.Begin(p)
		l.Apply(&m, id, 1, 1)
		id++
	}); n > 1 {
		t.Errorf("%v allocations an image, want 1, for the order of jitter", n)
	}
}

func BenchmarkAugment(b *testing.B) {
	for _, size := range []struct{ side, planes int }{{28, 1}, {32, 3}, {224, 3}} {
		for _, name := range append(Names(), "all") {
			words := []string{name}
			if name == "all" {
				words = Names()
			}
			l, err := Parse(words)
			if err != nil {
				b.Fatal(err)
			}
			b.Run(fmt.Sprintf("%d×%d/%s", size.side, size.planes, name), func(b *testing.B) {
				p := photo(size.side, size.side, size.planes)
				var m Image
				id := uint64(0)
				for b.Loop() {
					m.Begin(p)
					l.Apply(&m, id, 1, 1)
					id++
				}
			})
		}
	}
}
