package dataset

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"actfn/internal/dataset/augment"
	"actfn/internal/fault"
	"actfn/internal/setting"
	"actfn/internal/wording"
)

// Config says where the images are and how a file becomes the model's input: see Keys.
type Config struct {
	Root        string // a folder or a .zip; empty: the sample in the program
	ImageSize   int    // 0: all images must have the same size
	Channels    int
	Normalize   string
	Mean, Std   []float64
	Classes     []string // none: all
	SkipClasses []string
	ValSplit    float64
	TestSplit   float64
	Augment     []string // of the training images: see augment.Parse
	SkipBad     bool
	CacheMiB    int
}

// The values of Config.Normalize.
const (
	NormalizeNone  = "none"
	NormalizeTrain = "train"
	NormalizeFixed = "fixed"
)

// maxImageSize keeps ImageSize² within MaxPixels.
const maxImageSize = 9459

// maxCacheMiB keeps the cache's size in bytes within an int64 with room to spare.
const maxCacheMiB = 1 << 30

// Keys are the settings of c. Their defaults are those of torchvision's ImageFolder with ToTensor.
func (c *Config) Keys() []setting.Key {
	images := []setting.Key{
		{Name: "root", Value: &c.Root, Flag: "data", Arg: "ROOT", Scope: setting.Runtime, MayChange: true,
			Help: "folder or .zip with train/ and test/ (default the built-in sample)",
			More: `Inside are class/…/image; a val/ folder serves for validation, or without test/ for the test. ` +
				`The built-in sample, "", is of Fashion-MNIST.`},
		{Name: "classes", Value: &c.Classes, Flag: "classes", Arg: "LIST",
			Help: "use only these classes, labelled in this order",
			More: "Without it, all classes, in the order of their names."},
		{Name: "skip_classes", Value: &c.SkipClasses, Flag: "skip-classes", Arg: "LIST", Help: "leave out these classes"},
		{Name: "image_size", Value: &c.ImageSize, Flag: "image-size", Arg: "N",
			Rule: setting.Whole(0, maxImageSize).Saying("0 (all images must have the same size) or 1 to %d", maxImageSize),
			Help: "resize the shorter side to N and crop the centre; 0: all images must have the same size",
			More: "Resizing is antialiased."},
		{Name: "channels", Value: &c.Channels, Default: 3,
			Rule: setting.Number("3 (RGB) or 1 (gray)", func(v float64) bool { return v == 1 || v == 3 }),
			Help: "colour channels: 3 for RGB, 1 for gray",
			More: "Gray is 0.299 R + 0.587 G + 0.114 B (ITU-R 601), as PIL converts to L."},
		{Name: "normalize", Value: &c.Normalize, Flag: "normalize", Default: NormalizeNone,
			Rule: setting.OneOf(NormalizeNone, NormalizeTrain, NormalizeFixed),
			Help: "subtract a mean from the pixels and divide by a standard deviation",
			More: "none: pixel/255, as ToTensor. train: then by mean and deviation of the training images, for each channel. fixed: then by mean and std."},
	}
	rest := []setting.Key{
		{Name: "val_split", Value: &c.ValSplit, Flag: "val-split", Arg: "F", Rule: setting.Share,
			Help: "share of each training class to hold out for validation"},
		{Name: "test_split", Value: &c.TestSplit, Flag: "test-split", Arg: "F", Rule: setting.Share,
			Help: "share of each class to hold out for the test, where there is no test folder",
			More: "By the files' contents alone, so it is the same at every seed, and equal files stay together."},
		{Name: "augment", Value: &c.Augment, Flag: "augment", Arg: "LIST",
			Help: "change the training images at random in each epoch, as in crop=4,flip",
			More: "In this order, with the defaults of N: " + augment.Help() + "."},
		{Name: "skip_bad", Value: &c.SkipBad, Flag: "skip-bad", Scope: setting.Runtime,
			Help: "leave out files that do not decode, and list them at the end",
			More: "Without it, the first such file is an error."},
		{Name: "cache_mib", Value: &c.CacheMiB, Default: 4096, Scope: setting.Runtime, MayChange: true,
			Rule: setting.Whole(0, maxCacheMiB).Saying("0 (keep nothing) to %d", maxCacheMiB),
			Help: "memory for decoded pixels, in MiB",
			More: "Images that do not fit are decoded again in each epoch."},
	}
	return slices.Concat(images, momentKeys(&c.Mean, &c.Std), rest)
}

func momentKeys(mean, std *[]float64) []setting.Key {
	return []setting.Key{
		{Name: "mean", Value: mean, Rule: setting.Finite, Help: "mean of each channel, with normalize fixed"},
		{Name: "std", Value: std, Rule: setting.Positive.Saying("a finite number above 0"),
			Help: "standard deviation of each channel, with normalize fixed"},
	}
}

// Default is every key at its default.
func Default() Config { return setting.Default((*Config).Keys) }

// Augmentations are those of Augment, in the order in which they are applied.
func (c Config) Augmentations() (augment.List, error) {
	list, err := augment.Parse(c.Augment)
	return list, fault.At("augment", err)
}

// Validate returns every fault of the configuration, each led by its key.
func (c Config) Validate() error {
	faults := setting.Check(c.Keys())
	if _, err := c.Augmentations(); err != nil {
		faults = append(faults, err)
	}
	for i, class := range c.Classes {
		if slices.Contains(c.Classes[:i], class) {
			faults = append(faults, fmt.Errorf("classes: %s is given twice, want it once", class))
		}
	}
	if len(c.Classes) > 0 && len(c.SkipClasses) > 0 {
		faults = append(faults, fmt.Errorf("skip_classes: value is %s with classes %s, want one of them",
			strings.Join(c.SkipClasses, ","), strings.Join(c.Classes, ",")))
	}
	if c.Normalize == NormalizeFixed {
		faults = append(faults, checkCounts(c.Mean, c.Std, c.Channels)...)
		return errors.Join(faults...)
	}
	for _, k := range momentKeys(&c.Mean, &c.Std) {
		if k.Changed() {
			faults = append(faults, fmt.Errorf("%s: value is %v with normalize %s, want normalize %s", k.Name, k.Get(), c.Normalize, NormalizeFixed))
		}
	}
	return errors.Join(faults...)
}

// wants reports whether a class is not left out.
func (c Config) wants(class string) bool {
	return (len(c.Classes) == 0 || slices.Contains(c.Classes, class)) && !slices.Contains(c.SkipClasses, class)
}

// checkClasses refuses names that are none of the classes there are.
func (c Config) checkClasses(there []string) error {
	slices.Sort(there)
	there = slices.Compact(there)
	var faults []error
	check := func(key string, names []string) {
		for _, name := range names {
			if !slices.Contains(there, name) {
				err := fmt.Errorf("class is %q, want one of %s", name, wording.Printable(joined(there, ", ")))
				faults = append(faults, fault.Usage(fault.At("data."+key, fault.Suggest(err, name, there))))
			}
		}
	}
	check("classes", c.Classes)
	check("skip_classes", c.SkipClasses)
	return errors.Join(faults...)
}

// checkCounts wants one mean and one standard deviation for each channel.
func checkCounts(mean, std []float64, channels int) []error {
	var faults []error
	for _, k := range momentKeys(&mean, &std) {
		if n := len(k.Get().([]float64)); n != channels {
			faults = append(faults, fmt.Errorf("%s: list has %d entries, want %d, one for each channel", k.Name, n, channels))
		}
	}
	return faults
}
