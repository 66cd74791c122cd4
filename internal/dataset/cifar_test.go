package dataset

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"actfn/internal/fault"
)

// cifarRecord is an image whose planes are (label, k, i).
func cifarRecord(k byte, labels ...byte) []byte {
	record := labels
	for plane := range 3 {
		for i := range cifarSide * cifarSide {
			record = append(record, [3]byte{labels[len(labels)-1], k, byte(i)}[plane])
		}
	}
	return record
}

// cifar10 and cifar100 are small: batches of one or two images.
func cifar10() tree {
	tr := tree{"batches.meta.txt": []byte("plane\r\ncar\n\nbird\n\n"), "readme.html": []byte("x")}
	for i := range byte(5) {
		tr[fmt.Sprintf("data_batch_%d.bin", i+1)] = slices.Concat(cifarRecord(i, i%3), cifarRecord(i+10, 2))
	}
	tr["test_batch.bin"] = cifarRecord(7, 1)
	return tr
}

func cifar100() tree {
	return tree{
		"fine_label_names.txt": []byte("apple\nfish\n"), "coarse_label_names.txt": []byte("food\n"),
		"train.bin": slices.Concat(cifarRecord(1, 200, 1), cifarRecord(2, 0, 0)), "test.bin": cifarRecord(3, 9, 1),
	}
}

// tar is the tree as a .tar, in a folder.
func (tr tree) tar(t testing.TB) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	w.WriteHeader(&tar.Header{Name: "data/", Typeflag: tar.TypeDir, Mode: 0o777})
	for name, data := range tr {
		w.WriteHeader(&tar.Header{Name: "data/" + name, Size: int64(len(data)), Mode: 0o666})
		w.Write(data)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestImportCIFAR(t *testing.T) {
	archive := func(data []byte) string {
		name := filepath.Join(t.TempDir(), "cifar.tar.gz")
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		return name
	}
	ten := "test/car/test_batch-00000.png train/bird/data_batch_1-00001.png train/bird/data_batch_2-00001.png " +
		"train/bird/data_batch_3-00000.png train/bird/data_batch_3-00001.png train/bird/data_batch_4-00001.png " +
		"train/bird/data_batch_5-00001.png train/car/data_batch_2-00000.png train/car/data_batch_5-00000.png " +
		"train/plane/data_batch_1-00000.png train/plane/data_batch_4-00000.png"
	for name, c := range map[string]struct{ root, want string }{
		"CIFAR-10":         {cifar10().dir(t), ten},
		"CIFAR-10 tar.gz":  {archive(gzipped(cifar10().tar(t))), ten},
		"CIFAR-10 tar":     {archive(cifar10().tar(t)), ten},
		"CIFAR-100":        {cifar100().dir(t), "test/fish/test-00000.png train/apple/train-00001.png train/fish/train-00000.png"},
		"CIFAR-100 tar.gz": {archive(gzipped(cifar100().tar(t))), "test/fish/test-00000.png train/apple/train-00001.png train/fish/train-00000.png"},
	} {
		out := filepath.Join(t.TempDir(), "out")
		made, err := ImportCIFAR(context.Background(), CIFARImport{Root: c.root, Out: out})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := filesIn(t, out)
		if strings.Join(got, " ") != c.want || made.Splits[0].Images+made.Splits[1].Images != len(got) {
			t.Errorf("%s: made %+v and the files %q, want %s", name, made, got, c.want)
		}
		m, err := png.Decode(bytes.NewReader(readFile(t, filepath.Join(out, got[0]))))
		if err != nil {
			t.Fatal(err)
		}
		for _, i := range []int{0, 33, 1023} {
			k := uint32(7)
			if strings.Contains(name, "100") {
				k = 3
			}
			if r, g, b, _ := m.At(i%cifarSide, i/cifarSide).RGBA(); r>>8 != 1 || g>>8 != k || b>>8 != uint32(byte(i)) {
				t.Errorf("%s: pixel %d is %d, %d, %d", name, i, r>>8, g>>8, b>>8)
			}
		}
	}
}

// A refused import leaves nothing behind.
func TestImportCIFARErrors(t *testing.T) {
	ten := cifar10()
	for name, c := range map[string]struct {
		tree tree
		want string // after the root
	}{
		"no names":       {ten.without("batches"), ": has no batches.meta.txt"},
		"no batch":       {ten.without("data_batch_3").without("test"), ": has no data_batch_3.bin\nROOT: has no test_batch.bin"},
		"nothing":        {tree{"data_batch_1": nil}, ": has no file of CIFAR, want the binary version of CIFAR-10 or CIFAR-100"},
		"both":           {ten.with("train.bin", cifarRecord(1, 1, 1)), ": has batches.meta.txt and train.bin, want the files of one data set"},
		"label":          {ten.with("test_batch.bin", cifarRecord(1, 3)), ": 1 image of label 3 in test, want labels below 3, the number of names in batches.meta.txt"},
		"empty":          {ten.with("test_batch.bin", nil), "/test_batch.bin: file has 0 bytes after 0 images, want images of 3073 bytes, at least one"},
		"cut":            {ten.with("data_batch_2.bin", ten["data_batch_2.bin"][:5000]), "/data_batch_2.bin: file has 1927 bytes after 1 image, want images of 3073 bytes, at least one"},
		"longer":         {ten.with("test_batch.bin", cifarRecord(1, 1, 1)), "/test_batch.bin: file has 1 bytes after 1 image"},
		"names of paths": {ten.with("batches.meta.txt", []byte("a\n../b\nc")), `/batches.meta.txt: names: class name is "../b", want none of`},
		"names twice":    {ten.with("batches.meta.txt", []byte("a\nb\nA")), `/batches.meta.txt: names: class name is "A", want each name once`},
		"no name":        {ten.with("batches.meta.txt", nil), ": 2 images of label 0 in train, want labels below 0"},
	} {
		root, dir := c.tree.dir(t), t.TempDir()
		_, err := ImportCIFAR(context.Background(), CIFARImport{Root: root, Out: filepath.Join(dir, "out")})
		want := filepath.ToSlash(root) + strings.ReplaceAll(c.want, "ROOT", filepath.ToSlash(root))
		if err == nil || !strings.HasPrefix(filepath.ToSlash(err.Error()), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		if left, _ := os.ReadDir(dir); len(left) > 0 {
			t.Errorf("%s: left behind %v", name, left)
		}
		if name == "nothing" && len(fault.Hints(err)) != 1 {
			t.Errorf("hints are %q", fault.Hints(err))
		}
	}
	whole := gzipped(ten.tar(t))
	broken := bytes.Clone(whole)
	broken[len(broken)-6] ^= 1 // of the checksum
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"cut":      {whole[:len(whole)/2], ": file is cut short"},
		"checksum": {broken, ": compressed data is corrupt"},
		"text":     {bytes.Repeat([]byte("text"), 1000), ": is neither a folder nor a .tar, or is damaged"},
	} {
		root := filepath.Join(t.TempDir(), "cifar.tar.gz")
		if err := os.WriteFile(root, c.data, 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := ImportCIFAR(context.Background(), CIFARImport{Root: root, Out: filepath.Join(t.TempDir(), "out")})
		if err == nil || !strings.HasPrefix(err.Error(), root) || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	in := CIFARImport{Root: os.DevNull, Out: filepath.Join(t.TempDir(), "out")}
	if _, err := ImportCIFAR(t.Context(), in); runtime.GOOS != "windows" && fmt.Sprint(err) != os.DevNull+": is a device, want a file" {
		t.Errorf("error is %v", err)
	}
	if _, err := ImportCIFAR(ctx, CIFARImport{Root: ten.dir(t), Out: filepath.Join(t.TempDir(), "out")}); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// What an archive holds and claims takes little memory, and no path of it is written to.
func FuzzCIFAR(f *testing.F) {
	for _, data := range [][]byte{cifar10().tar(f), gzipped(cifar100().tar(f)), cifar10().tar(f)[:3000], {0x1f, 0x8b}} {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := allocated()
		_ = readTar("x", bytes.NewReader(data), func(name string, _ int64, r io.Reader) error {
			c, ours := cifarOf(name)
			if !ours || name == c.names {
				return nil
			}
			return c.read(name, r, func(first int, records [][]byte) error {
				for _, record := range records {
					if len(record) != c.record() {
						t.Fatalf("record of %d bytes, want %d", len(record), c.record())
					}
				}
				return nil
			})
		})
		if taken := allocated() - before; taken > 64<<20 {
			t.Fatalf("took %d bytes", taken)
		}
	})
}
