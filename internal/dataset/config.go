package dataset

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
	// SkipBad leaves out files that do not decode instead of stopping at the first.
	SkipBad bool `mapstructure:"skip_bad" yaml:"skip_bad" json:"skip_bad"`
	// CacheMiB is the memory that decoded pixels may take; images over it are decoded anew each epoch.
	CacheMiB int `mapstructure:"cache_mib" yaml:"cache_mib" json:"cache_mib"`
}

// Default is torchvision's ImageFolder with ToTensor.
func Default() Config {
	return Config{Channels: 3, Normalize: "none", Mean: []float64{}, Std: []float64{}, CacheMiB: 4096}
}
