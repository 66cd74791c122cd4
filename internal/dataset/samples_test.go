package dataset

import (
	"context"
	"fmt"
	"image"
	"slices"
	"testing"
)

// A sheet has images of the right class, as they are and as the epochs of a training change them.
func TestSamples(t *testing.T) {
	cfg := config(sampleTree().zip(t, ""))
	cfg.Normalize, cfg.Augment = NormalizeTrain, []string{"flip", "crop=2"}
	s := mustLoad(t, cfg, Options{}).Train
	got, err := s.Samples(context.Background(), Draws{Seed: 3, Epoch: 6})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"image", "epoch 7", "epoch 8", "epoch 9", "epoch 10", "image", "epoch 7", "epoch 8", "epoch 9", "epoch 10"}
	if !slices.Equal(got.Columns, want) || got.Group != 5 || got.LeftOut != 0 || len(got.Classes) != 3 {
		t.Errorf("%d classes in columns %q of groups of %d, %d classes are left out", len(got.Classes), got.Columns, got.Group, got.LeftOut)
	}
	for label, c := range got.Classes {
		if c.Name != s.Classes()[label] || len(c.Images) != 10 {
			t.Fatalf("class %d is %s with %d images", label, c.Name, len(c.Images))
		}
		seen := map[int]bool{}
		for k := 0; k < 10; k += 5 {
			i := slices.IndexFunc(s.items, func(it item) bool { return same(it.data, c.Images[k]) })
			if i < 0 || s.Label(i) != label || seen[i] {
				t.Fatalf("%s: image %d is that of the set at %d, want another of the class", c.Name, k, i)
			}
			seen[i] = true
			for v := range 4 {
				draws := &Draws{Seed: 3, Epoch: 6 + v}
				for b, err := range s.Batches(context.Background(), View{Order: []int{i}, Size: 1, Columns: 3, Augment: draws}) {
					if want := s.picture(b, 0); err != nil || fmt.Sprint(c.Images[k+1+v]) != fmt.Sprint(want) {
						t.Errorf("%s: image %d of epoch %d is not what training sees", c.Name, k, 7+v)
					}
				}
			}
		}
	}
	other, err := s.Samples(context.Background(), Draws{Seed: 4, Epoch: 6})
	if err != nil || fmt.Sprint(other.Classes[0].Images[0]) == fmt.Sprint(got.Classes[0].Images[0]) {
		t.Errorf("another seed shows the same image first, error %v", err)
	}
}

// same reports that a picture has the bytes of an image, to which normalization and its undoing may add a rounding.
func same(data []byte, m image.Image) bool {
	picture := m.(*image.NRGBA)
	size := picture.Rect.Dx() * picture.Rect.Dy()
	for i := range size {
		for c := range 3 {
			if picture.Pix[4*i+c] != data[min(c, len(data)/size-1)*size+i] {
				return false
			}
		}
	}
	return true
}

// Without augmentation there are more images, of a small class all that there are, and of many classes the first.
func TestSamplesWithoutAugmentation(t *testing.T) {
	tr := tree{"test/000/1.png": grayGradient(4, 3, 1)}
	for c := range samplesClasses + 7 {
		for i := range 1 + 11*(c%2) {
			tr[fmt.Sprintf("train/%03d/%02d.png", c, i)] = grayGradient(4, 3, 20*c+i)
		}
	}
	s := mustLoad(t, config(tr.zip(t, "")), Options{}).Train
	got, err := s.Samples(context.Background(), Draws{})
	if err != nil || len(got.Classes) != samplesClasses || got.LeftOut != 7 || got.Columns != nil {
		t.Fatalf("%d classes, %d are left out, columns are %q, error %v", len(got.Classes), got.LeftOut, got.Columns, err)
	}
	for k, c := range got.Classes {
		if want := 1 + 9*(k%2); len(c.Images) != want || c.Name != fmt.Sprintf("%03d", k) {
			t.Errorf("class %s has %d images, want %d", c.Name, len(c.Images), want)
		}
	}
}
