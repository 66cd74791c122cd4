package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"path/filepath"
)

// writePets makes a dataset that is learnt at once: on 8×8 images, a cat is bright on the left
// and a dog on the right. 12 images a class to train on, 4 to test, no two alike.
func writePets(root string) error {
	for split, n := range map[string]int{"train": 12, "test": 4} {
		for i := range n {
			shade := uint8(150 + 5*i)
			if split == "test" {
				shade += 2
			}
			for class, left := range map[string]bool{"cat": true, "dog": false} {
				path := filepath.Join(root, split, class, fmt.Sprintf("%02d.png", i))
				if err := writeHalf(path, left, shade); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func writeHalf(path string, left bool, shade uint8) error {
	const side = 8
	img := image.NewGray(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			if (x < side/2) == left {
				img.SetGray(x, y, color.Gray{Y: shade + uint8(y)})
			}
		}
	}
	var text bytes.Buffer
	if err := png.Encode(&text, img); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, text.Bytes(), 0o666)
}

// writeIDX makes six images of 2×3 in three classes, as MNIST's files are.
func writeIDX(dir string) error {
	const images, height, width = 6, 2, 3
	var pixels, labels bytes.Buffer
	for _, v := range []any{uint32(0x803), uint32(images), uint32(height), uint32(width)} {
		_ = binary.Write(&pixels, binary.BigEndian, v)
	}
	for _, v := range []any{uint32(0x801), uint32(images)} {
		_ = binary.Write(&labels, binary.BigEndian, v)
	}
	for i := range images {
		for p := range height * width {
			pixels.WriteByte(byte(10*i + p))
		}
		labels.WriteByte(byte(i % 3))
	}
	if err := os.WriteFile(filepath.Join(dir, "images.idx"), pixels.Bytes(), 0o666); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "labels.idx"), labels.Bytes(), 0o666)
}

// writeCIFAR makes CIFAR-10's files with two images a batch and three classes, each image of one gray.
func writeCIFAR(dir string) error {
	if err := os.Mkdir(dir, 0o777); err != nil {
		return err
	}
	files := map[string][]byte{"batches.meta.txt": []byte("plane\ncar\nbird\n\n")}
	for i, name := range []string{"data_batch_1", "data_batch_2", "data_batch_3", "data_batch_4", "data_batch_5", "test_batch"} {
		for k := range 2 {
			gray := bytes.Repeat([]byte{byte(20*i + k)}, 3*32*32)
			files[name+".bin"] = append(append(files[name+".bin"], byte((i+k)%3)), gray...)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
