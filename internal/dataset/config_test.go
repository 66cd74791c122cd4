package dataset

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
)

func TestDefaultIsValid(t *testing.T) {
	if err := Default().Validate(); err != nil {
		t.Error(err)
	}
}

func TestValidate(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.ImageSize = -1 }, "image_size: value is -1, want 0 (all images must have the same size) or 1 to 9459"},
		{func(c *Config) { c.ImageSize = 9460 }, "image_size: value is 9460"},
		{func(c *Config) { c.Channels = 4 }, "channels: value is 4, want 3 (RGB) or 1 (gray)"},
		{func(c *Config) { c.Normalize = "imagenet" }, `normalize: value is "imagenet", want one of none, train, fixed`},
		{func(c *Config) { c.ValSplit = 1 }, "val_split: value is 1, want 0 to below 1"},
		{func(c *Config) { c.ValSplit = nan }, "val_split: value is NaN"},
		{func(c *Config) { c.CacheMiB = -5 }, "cache_mib: value is -5, want 0 (keep nothing) to 1073741824"},
		{func(c *Config) { c.Mean = []float64{1} }, "mean: value is [1] with normalize none, want normalize fixed"},
		{func(c *Config) { c.Normalize = "fixed" }, "mean: list has 0 entries, want 3, one for each channel\nstd: list has 0 entries, want 3, one for each channel"},
		{func(c *Config) {
			c.Normalize, c.Mean, c.Std = "fixed", []float64{0, nan, 0}, []float64{1, 0, math.Inf(1)}
		}, "mean: entry 2 is NaN, want a finite number\nstd: entry 2 is 0, want a finite number above 0\nstd: entry 3 is +Inf, want a finite number above 0"},
		{func(c *Config) { c.Channels, c.CacheMiB = 0, -1 }, "channels: value is 0, want 3 (RGB) or 1 (gray)\ncache_mib: value is -1"},
	} {
		cfg := Default()
		c.change(&cfg)
		err := cfg.Validate()
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%v, want %s", err, c.want)
		}
	}
	good := Default()
	good.Normalize, good.Channels, good.Mean, good.Std, good.ImageSize, good.ValSplit = "fixed", 1, []float64{0.3}, []float64{0.2}, 224, 0.999
	if err := good.Validate(); err != nil {
		t.Error(err)
	}
}

// A transform survives the way through a checkpoint bit by bit.
func TestTransformJSON(t *testing.T) {
	for _, want := range []Transform{
		{Channels: 1, Height: 28, Width: 28},
		{Channels: 3, Height: 64, Width: 64, Resize: 64, Mean: []float64{1. / 3, 0.2, 0.1}, Std: []float64{math.Pi, 1, 1e-9}},
	} {
		data, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Transform
		if err := json.Unmarshal(data, &got); err != nil || !reflect.DeepEqual(got, want) || got.Validate() != nil {
			t.Errorf("%s becomes %+v, want %+v; %v", data, got, want, err)
		}
	}
}

func TestTransformValidate(t *testing.T) {
	for _, c := range []struct {
		t    Transform
		want string
	}{
		{Transform{Channels: 2, Height: 1, Width: 1}, "channels: value is 2, want 3 or 1"},
		{Transform{Channels: 3, Height: 0, Width: 1}, "height, width: values are 0, 1, want 1 to 65536"},
		{Transform{Channels: 3, Height: 1 << 30, Width: 1 << 30}, "height, width: values are"},
		{Transform{Channels: 3, Height: 4, Width: 5, Resize: 4}, "resize: value is 4 with height 4 and width 5, want 0 or the same as both"},
		{Transform{Channels: 1, Height: 4, Width: 4, Mean: []float64{0}}, "std: list has 0 entries, want 1, one for each channel"},
	} {
		if err := c.t.Validate(); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %s", c.t, err, c.want)
		}
	}
}
