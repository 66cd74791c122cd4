package dataset

import (
	"context"
	"fmt"
)

// Shape is what a model sees of the training images of cfg.Root, without Mean and Std, and the names of the classes. It
// decodes one image at most.
func Shape(ctx context.Context, cfg Config) (t Transform, classes []string, err error) {
	if err := cfg.Validate(); err != nil {
		return t, nil, err
	}
	src, err := openSource(cfg.Root)
	if err != nil {
		return t, nil, err
	}
	defer src.close()
	lists, _, err := src.listings(ctx, cfg)
	if err != nil {
		return t, nil, err
	}
	side := cfg.ImageSize
	l := newLoader(src, Transform{Channels: cfg.Channels, Resize: side, Width: side, Height: side}, cfg, Options{})
	train := lists["train"]
	if err := l.setSize(ctx, train); err != nil {
		return t, nil, err
	}
	if l.want.Width == 0 {
		return t, nil, fmt.Errorf("%s: of %d files none is an image that can be read", train.name(""), len(train.files))
	}
	return l.want, train.classes, nil
}
