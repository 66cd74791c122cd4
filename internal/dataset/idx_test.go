package dataset

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

// idxFile is an IDX file with a header of any kind.
func idxFile(magic uint32, dims []uint32, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, magic)
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, data...)
}

func gzipped(data []byte) []byte {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write(data)
	z.Close()
	return b.Bytes()
}

// idxPair is n images of 3×2 pixels, image i all of value i, with the given labels.
func idxPair(labels ...byte) (images, labelFile []byte) {
	var pixels []byte
	for i := range labels {
		pixels = append(pixels, bytes.Repeat([]byte{byte(i)}, 6)...)
	}
	n := uint32(len(labels))
	return idxFile(idxImages, []uint32{n, 2, 3}, pixels), idxFile(idxLabels, []uint32{n}, labels)
}

// idxImport writes the two files and returns an import of them into a folder that is not there.
func idxImport(t testing.TB, images, labels []byte) IDXImport {
	t.Helper()
	dir := t.TempDir()
	in := IDXImport{Images: filepath.Join(dir, "images"), Labels: filepath.Join(dir, "labels"), Out: filepath.Join(dir, "out", "train")}
	for name, data := range map[string][]byte{in.Images: images, in.Labels: labels} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return in
}

func filesIn(t testing.TB, root string) (files []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestImportIDX(t *testing.T) {
	images, labels := idxPair(1, 0, 1, 2, 1)
	for name, c := range map[string]struct {
		images, labels []byte
		change         func(*IDXImport)
		want           []string
	}{
		"digits":    {images, labels, func(*IDXImport) {}, []string{"0/00001.png", "1/00000.png", "1/00002.png", "1/00004.png", "2/00003.png"}},
		"gzipped":   {gzipped(images), gzipped(labels), func(*IDXImport) {}, []string{"0/00001.png", "1/00000.png", "1/00002.png", "1/00004.png", "2/00003.png"}},
		"names":     {images, gzipped(labels), func(in *IDXImport) { in.Names = []string{"a b", "é", "c", "d"} }, []string{"a b/00001.png", "c/00003.png", "é/00000.png", "é/00002.png", "é/00004.png"}},
		"per class": {images, labels, func(in *IDXImport) { in.PerClass = 2 }, []string{"0/00001.png", "1/00000.png", "1/00002.png", "2/00003.png"}},
		"start":     {images, labels, func(in *IDXImport) { in.Start, in.PerClass = 1, 1 }, []string{"0/00001.png", "1/00002.png", "2/00003.png"}},
		"empty out": {images, labels, func(in *IDXImport) { os.MkdirAll(in.Out, 0o777); in.Workers = 3 }, []string{"0/00001.png", "1/00000.png", "1/00002.png", "1/00004.png", "2/00003.png"}},
	} {
		in := idxImport(t, c.images, c.labels)
		c.change(&in)
		calls := 0
		in.Progress = func(_ string, done, total int) {
			if calls++; done != calls || total != len(c.want) {
				t.Errorf("%s: progress %d of %d", name, done, total)
			}
		}
		done, err := ImportIDX(context.Background(), in)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := filesIn(t, in.Out); !slices.Equal(got, c.want) || done.Images != len(c.want) {
			t.Errorf("%s: %d files %q, want %q", name, done.Images, got, c.want)
		}
		if left := filesIn(t, filepath.Dir(in.Out)); len(left) != len(c.want) {
			t.Errorf("%s: left behind %q", name, left)
		}
		m, err := png.Decode(bytes.NewReader(readFile(t, filepath.Join(in.Out, c.want[len(c.want)-1]))))
		if err != nil || m.Bounds().Dx() != 3 || m.Bounds().Dy() != 2 || fmt.Sprintf("%T", m) != "*image.Gray" {
			t.Errorf("%s: %T %v, %v", name, m, m.Bounds(), err)
		}
		if done.Height != 2 || done.Width != 3 {
			t.Errorf("%s: %+v", name, done)
		}
	}
}

// Labels of two digits keep their order as folder names.
func TestImportIDXPadsDigits(t *testing.T) {
	in := idxImport(t, first(idxPair(2, 10, 9)), second(idxPair(2, 10, 9)))
	done, err := ImportIDX(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := filesIn(t, in.Out), []string{"02/00000.png", "09/00002.png", "10/00001.png"}; !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
	if len(done.Classes) != 11 || done.Classes[10] != (ClassCount{"10", 1}) || done.Classes[0] != (ClassCount{"00", 0}) {
		t.Errorf("classes are %v", done.Classes)
	}
}

func first(a, _ []byte) []byte  { return a }
func second(_, b []byte) []byte { return b }

// A refused import leaves nothing behind.
func TestImportIDXErrors(t *testing.T) {
	images, labels := idxPair(1, 0, 1, 2, 1)
	none := func(*IDXImport) {}
	names := func(n ...string) func(*IDXImport) { return func(in *IDXImport) { in.Names = n } }
	for name, c := range map[string]struct {
		images, labels []byte
		change         func(*IDXImport)
		want           string // IMAGES, LABELS, OUT and DIR stand for the paths
	}{
		"missing":         {images, labels, func(in *IDXImport) { in.Images += "x" }, "IMAGESx: "},
		"exchanged":       {labels, images, none, "LABELS: magic number is 0x00000803, want 0x00000801 (labels: unsigned bytes, 1 dimension)"},
		"floats":          {idxFile(0x0d03, []uint32{1, 1, 1}, nil), labels, none, "IMAGES: magic number is 0x00000d03, want 0x00000803 (images: unsigned bytes, 3 dimensions)"},
		"empty":           {nil, labels, none, "IMAGES: file is cut short in its header"},
		"cut header":      {images[:10], labels, none, "IMAGES: file is cut short in its header"},
		"cut":             {images[:len(images)-1], labels, none, "IMAGES: file is cut short, want the 5 items of its header"},
		"cut labels":      {images, labels[:10], none, "LABELS: file is cut short, want the 5 items of its header"},
		"cut gzip":        {gzipped(images)[:len(gzipped(images))-4], labels, none, "IMAGES: file is cut short, want the 5 items of its header"},
		"bad gzip":        {append(gzipped(images)[:len(gzipped(images))-8], 1, 2, 3, 4, 5, 6, 7, 8), labels, none, "IMAGES: compressed data is corrupt"},
		"longer":          {append(bytes.Clone(images), 0), labels, none, "IMAGES: goes on after the 5 items of its header, want its end"},
		"longer labels":   {images, append(bytes.Clone(labels), 0), none, "LABELS: goes on after the 5 items of its header, want its end"},
		"counts":          {images, second(idxPair(1, 0)), none, "IMAGES: has 5 images but LABELS has 2 labels, want one label an image"},
		"no items":        {idxFile(idxImages, []uint32{0, 2, 3}, nil), labels, none, "IMAGES: has 0 items by its header, want 1 … 134217728"},
		"forged items":    {images, idxFile(idxLabels, []uint32{1 << 31}, nil), none, "LABELS: has 2147483648 items by its header, want 1 … 134217728"},
		"forged size":     {idxFile(idxImages, []uint32{5, 1 << 31, 1 << 31}, nil), labels, none, "IMAGES: images are 2147483648×2147483648 by its header, want sides of 1 … 65536 and at most 89478485 pixels"},
		"flat":            {idxFile(idxImages, []uint32{5, 0, 3}, nil), labels, none, "IMAGES: images are 3×0 by its header, want sides"},
		"few names":       {images, labels, names("a", "b"), "LABELS: label 3 is 2, want less than 2, the number of names"},
		"empty name":      {images, labels, names("a", "", "c"), `names: class name is "", want at least one letter`},
		"slash":           {images, labels, names("a", "b/c", "../d"), `names: class name is "b/c", want none of / \ : * ? " < > |` + "\n" + `names: class name is "../d"`},
		"dot":             {images, labels, names("a", ".b", "c"), `names: class name is ".b", want no name of a hidden folder`},
		"dots":            {images, labels, names("a", "..", "c"), `names: class name is "..", want no name of a hidden folder`},
		"twice":           {images, labels, names("a", "b", "A"), `names: class name is "A", want each name once, upper and lower case being the same`},
		"control":         {images, labels, names("a", "b\n", "c"), `names: class name is "b\n", want UTF-8 without control characters`},
		"space":           {images, labels, names("a", "b ", "c"), `names: class name is "b ", want no space at the ends and no dot at the end`},
		"full out":        {images, labels, func(in *IDXImport) { os.MkdirAll(filepath.Join(in.Out, "x"), 0o777) }, "OUT: already holds x, want no such path or an empty folder"},
		"out is a file":   {images, labels, func(in *IDXImport) { in.Out = in.Images }, "IMAGES: not a folder, want no such path or an empty folder"},
		"no out":          {images, labels, func(in *IDXImport) { in.Out = "" }, "output folder is empty, want a path"},
		"start too late":  {images, labels, func(in *IDXImport) { in.Start = 5 }, "IMAGES: no image is left of 5 after leaving out 5, want at least one"},
		"images a folder": {images, labels, func(in *IDXImport) { in.Images = filepath.Dir(in.Images) }, "DIR: is a folder"},
		"negative":        {images, labels, func(in *IDXImport) { in.PerClass = -1 }, "start is 0 and per class -1, want 0 or more"},
	} {
		in := idxImport(t, c.images, c.labels)
		dir := filepath.Dir(in.Images)
		named := strings.NewReplacer("IMAGES", in.Images, "LABELS", in.Labels, "OUT", in.Out, "DIR", dir)
		c.change(&in)
		_, err := ImportIDX(context.Background(), in)
		want := named.Replace(c.want)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		if files := filesIn(t, dir); len(files) != 2 {
			t.Errorf("%s: left behind %q", name, files)
		}
		if temps, _ := filepath.Glob(filepath.Join(dir, "out", ".*")); len(temps) > 0 {
			t.Errorf("%s: left behind %q", name, temps)
		}
		if h := fault.Hints(err); name == "exchanged" && (len(h) != 1 || !strings.Contains(h[0], "may be exchanged")) {
			t.Errorf("%s: hints are %q", name, h)
		}
	}
}

// An import clears away what one that was killed left for the same folder, and nothing else.
func TestImportIDXRemovesLeftovers(t *testing.T) {
	in := idxImport(t, first(idxPair(1, 0)), second(idxPair(1, 0)))
	parent := filepath.Dir(in.Out)
	keep := tree{".test.actfn-1.tmp/test/0/00000.png": nil, ".train/1.png": nil, "train2/1.png": nil, ".train.123.tmp/1.png": nil}
	for path := range keep {
		keep.put(t, parent, path, nil)
	}
	// What a killed import has made is what one in its midst has.
	killed := make(chan []string, 1)
	ctx, cancel := context.WithCancel(context.Background())
	in.Workers, in.Progress = 1, func(_ string, done, total int) {
		left, _ := filepath.Glob(filepath.Join(parent, ".train.*.tmp"))
		select {
		case killed <- left:
		default:
		}
		cancel()
	}
	if _, err := ImportIDX(ctx, in); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	made := slices.DeleteFunc(<-killed, func(name string) bool { return strings.HasSuffix(name, ".train.123.tmp") })
	if len(made) != 1 {
		t.Fatalf("an import works in %q, want one hidden folder", made)
	}
	tree{}.put(t, made[0], "train/0/00000.png", nil)
	tree{}.put(t, made[0]+".tmp", "train/0/00000.png", nil) // one that was killed while it cleared away

	in.Progress = nil
	if _, err := ImportIDX(context.Background(), in); err != nil {
		t.Fatal(err)
	}
	want := []string{".test.actfn-1.tmp/test/0/00000.png", ".train/1.png", ".train.123.tmp/1.png", "train/0/00001.png", "train/1/00000.png", "train2/1.png"}
	if got := filesIn(t, parent); !slices.Equal(got, want) {
		t.Errorf("files are %q, want %q", got, want)
	}
}

func TestImportedJSON(t *testing.T) {
	data, err := json.Marshal(Imported{Images: 1, Height: 2, Width: 3, Classes: []ClassCount{{"a", 1}}})
	if want := `{"images":1,"height":2,"width":3,"classes":[{"class":"a","images":1}]}`; err != nil || string(data) != want {
		t.Errorf("%s, %v, want %s", data, err, want)
	}
}

func TestImportIDXCancelled(t *testing.T) {
	in := idxImport(t, first(idxPair(1, 0, 1, 2, 1)), second(idxPair(1, 0, 1, 2, 1)))
	ctx, cancel := context.WithCancel(context.Background())
	in.Workers, in.Progress = 1, func(_ string, done, _ int) {
		if done == 2 {
			cancel()
		}
	}
	if _, err := ImportIDX(ctx, in); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	if files := filesIn(t, filepath.Dir(in.Images)); len(files) != 2 {
		t.Errorf("left behind %q", files)
	}
}

// What a forged header promises takes no memory.
func TestIDXForgedHeader(t *testing.T) {
	before := allocated()
	x, err := newIDXReader("x", bytes.NewReader(idxFile(idxImages, []uint32{1 << 27, 9000, 9000}, []byte{1, 2, 3})), idxImages)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.next(1000); err == nil {
		t.Error("read 1000 images of 3 bytes")
	}
	if taken := allocated() - before; taken > 4<<20 {
		t.Errorf("took %d bytes", taken)
	}
}

func FuzzIDX(f *testing.F) {
	images, labels := idxPair(1, 0, 1, 2, 1)
	for _, data := range [][]byte{images, labels, gzipped(images), gzipped(labels), images[:9], {0, 0, 8, 3}} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, magic := range []uint32{idxImages, idxLabels} {
			before := allocated()
			x, err := newIDXReader("x", bytes.NewReader(data), magic)
			if err != nil {
				continue
			}
			var got int
			var block []byte
			for x.read < x.items && err == nil && got < 1<<22 {
				block, err = x.next(max(1, 1<<16/x.size))
				got += len(block)
			}
			if err == nil && x.read == x.items {
				err = x.end()
			}
			if err == nil && x.read == x.items && got != x.items*x.size {
				t.Fatalf("read %d bytes of %d items of %d", got, x.items, x.size)
			}
			if taken := allocated() - before; taken > 64<<20 && x.size < 1<<20 {
				t.Fatalf("took %d bytes", taken)
			}
		}
	})
}
