package dataset

import (
	"errors"
	"fmt"
	"math"
)

// Config says where the images are and how a file becomes the model's input.
type Config struct {
	// Root is a folder or a .zip with train/, test/ and optionally val/, each class/…/image.
	// Empty: the small sample embedded in the program.
	Root string `mapstructure:"root" yaml:"root" json:"root"`
	// ImageSize > 0 resizes the shorter side to it and crops the centre square; 0 wants all images of one size.
	ImageSize int `mapstructure:"image_size" yaml:"image_size" json:"image_size"`
	// Channels is 3 (RGB) or 1 (luma, ITU-R 601 as PIL's convert("L")).
	Channels int `mapstructure:"channels" yaml:"channels" json:"channels"`
	// Normalize is "none" (pixel/255), "train" (mean and standard deviation of the training
	// images, a channel) or "fixed" (Mean and Std below): (pixel/255 − mean)/std.
	Normalize string    `mapstructure:"normalize" yaml:"normalize" json:"normalize"`
	Mean      []float64 `mapstructure:"mean" yaml:"mean,flow" json:"mean"`
	Std       []float64 `mapstructure:"std" yaml:"std,flow" json:"std"`
	// ValSplit in [0, 1) is the share of each training class held out for validation.
	ValSplit float64 `mapstructure:"val_split" yaml:"val_split" json:"val_split"`
	// SkipBad leaves out files that do not decode instead of stopping.
	SkipBad bool `mapstructure:"skip_bad" yaml:"skip_bad" json:"skip_bad"`
	// CacheMiB is the memory that decoded pixels may take; images over it are decoded anew each epoch.
	CacheMiB int `mapstructure:"cache_mib" yaml:"cache_mib" json:"cache_mib"`
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

// Default is torchvision's ImageFolder with ToTensor.
func Default() Config {
	return Config{Channels: 3, Normalize: NormalizeNone, Mean: []float64{}, Std: []float64{}, CacheMiB: 4096}
}

// Validate returns every fault of the configuration, each led by its key.
func (c Config) Validate() error {
	var faults []error
	fault := func(format string, args ...any) {
		faults = append(faults, fmt.Errorf("data."+format, args...))
	}
	if c.ImageSize < 0 || c.ImageSize > maxImageSize {
		fault("image_size: value is %d, want 0 (all images of one size) or 1 to %d", c.ImageSize, maxImageSize)
	}
	if c.Channels != 1 && c.Channels != 3 {
		fault("channels: value is %d, want 3 (RGB) or 1 (gray)", c.Channels)
	}
	if !(c.ValSplit >= 0 && c.ValSplit < 1) { // NaN too
		fault("val_split: value is %v, want 0 to below 1", c.ValSplit)
	}
	if c.CacheMiB < 0 || c.CacheMiB > maxCacheMiB {
		fault("cache_mib: value is %d, want 0 (keep nothing) to %d", c.CacheMiB, maxCacheMiB)
	}
	switch c.Normalize {
	case NormalizeFixed:
		if err := checkMoments(c.Mean, c.Std, c.Channels, "data.mean", "data.std"); err != nil {
			faults = append(faults, err)
		}
	case NormalizeNone, NormalizeTrain:
		if len(c.Mean) > 0 {
			fault("mean: value is %v with data.normalize %s, want data.normalize %s", c.Mean, c.Normalize, NormalizeFixed)
		}
		if len(c.Std) > 0 {
			fault("std: value is %v with data.normalize %s, want data.normalize %s", c.Std, c.Normalize, NormalizeFixed)
		}
	default:
		fault("normalize: value is %q, want one of %s, %s, %s", c.Normalize, NormalizeNone, NormalizeTrain, NormalizeFixed)
	}
	return errors.Join(faults...)
}

// checkMoments wants one finite mean and one finite positive standard deviation a channel.
func checkMoments(mean, std []float64, channels int, meanKey, stdKey string) error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	if len(mean) != channels {
		fault("%s: list has %d entries, want %d, one a channel", meanKey, len(mean), channels)
	}
	if len(std) != channels {
		fault("%s: list has %d entries, want %d, one a channel", stdKey, len(std), channels)
	}
	for i, v := range mean {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			fault("%s: entry %d is %v, want a finite number", meanKey, i+1, v)
		}
	}
	for i, v := range std {
		if !(v > 0) || math.IsInf(v, 0) {
			fault("%s: entry %d is %v, want a finite number above 0", stdKey, i+1, v)
		}
	}
	return errors.Join(faults...)
}
