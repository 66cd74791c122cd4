package dataset

import (
	"slices"
	"strings"
	"testing"
)

func TestSample(t *testing.T) {
	d := mustLoad(t, config(""), Options{})
	classes := []string{"ankle_boot", "bag", "coat", "dress", "pullover", "sandal", "shirt", "sneaker", "t_shirt_top", "trouser"}
	for _, c := range []struct {
		set  *Set
		each int
	}{{d.Train, 200}, {d.Test, 50}} {
		if !slices.Equal(c.set.Classes(), classes) {
			t.Errorf("classes are %q, want %q", c.set.Classes(), classes)
		}
		for label, n := range c.set.counts() {
			if n != c.each {
				t.Errorf("%s: %d images, want %d", classes[label], n, c.each)
			}
		}
	}
	if tf := d.Train.Transform(); tf.Height != 28 || tf.Width != 28 {
		t.Errorf("images are %d×%d, want 28×28", tf.Width, tf.Height)
	}
	for i := range d.Train.items {
		if len(d.Train.items[i].data) != 28*28 {
			t.Fatalf("%s is not gray", d.Train.Path(i))
		}
	}
	// The mean of the whole of Fashion-MNIST's training images is 0.2860, their standard deviation 0.3530.
	cfg := config("")
	cfg.Normalize = NormalizeTrain
	tf := mustLoad(t, cfg, Options{}).Train.Transform()
	if tf.Mean[0] < 0.27 || tf.Mean[0] > 0.30 || tf.Std[0] < 0.34 || tf.Std[0] > 0.37 {
		t.Errorf("mean %v and standard deviation %v are not Fashion-MNIST's", tf.Mean[0], tf.Std[0])
	}
}

func TestSampleIsClean(t *testing.T) {
	r := mustCheck(t, "")
	if !r.OK() {
		t.Errorf("the sample has faults: %+v", r)
	}
}

func TestSampleLicence(t *testing.T) {
	for _, want := range []string{"The MIT License (MIT)", "Copyright © 2017 Zalando SE, https://tech.zalando.com", "Permission is hereby granted, free of charge"} {
		if !strings.Contains(SampleLicense, want) {
			t.Errorf("the licence has no %q", want)
		}
	}
	readme := string(readFile(t, "sample/README.md"))
	for _, want := range []string{"MIT", "Zalando", "arXiv:1708.07747", "dataset-fashion-mnist", "--per-class 200"} {
		if !strings.Contains(readme, want) {
			t.Errorf("the README has no %q", want)
		}
	}
	if n := len(sampleZip); n > 2<<20 {
		t.Errorf("the sample is of %d bytes, want at most 2 MiB", n)
	}
}
