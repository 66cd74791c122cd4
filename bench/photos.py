"""Makes photos from the small images of a data set.

    python3 photos.py ROOT OUT

Images of ROOT/train are enlarged bicubically to 500×375, with texture whose amplitude falls as 1/f, as in photographs, and
with a sensor's noise, and written as JPEG by Pillow: quality 90, 4:2:0, some 60 kB each. OUT gets train/ (480) and test/
(120), with a folder a class.
"""
import sys
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT, IMAGES = 500, 375, 600
rng = np.random.default_rng(0)
fy, fx = np.meshgrid(np.fft.fftfreq(HEIGHT), np.fft.rfftfreq(WIDTH), indexing='ij')
frequency = np.hypot(fy, fx)
frequency[0, 0] = 1


def photo(file):
    small = Image.open(file).convert('RGB').resize((WIDTH, WIDTH), Image.BICUBIC)
    top = (WIDTH - HEIGHT) // 2
    pixels = np.asarray(small.crop((0, top, WIDTH, top + HEIGHT)), np.float32)
    spectrum = (rng.standard_normal(frequency.shape) + 1j * rng.standard_normal(frequency.shape)) / frequency
    texture = np.fft.irfft2(spectrum, (HEIGHT, WIDTH))
    pixels = pixels + (14 / texture.std() * texture)[..., None] * (1, 1, .8) + 2 * rng.standard_normal(pixels.shape)
    return Image.fromarray(np.clip(pixels + .5, 0, 255).astype(np.uint8))


def main():
    root, out = Path(sys.argv[1]), Path(sys.argv[2])
    classes = sorted(p for p in (root / 'train').iterdir() if p.is_dir())
    for i in range(IMAGES):
        folder, turn = classes[i % len(classes)], i // len(classes)
        files = sorted(p for p in folder.rglob('*') if p.is_file())
        target = out / ('test' if turn % 5 == 4 else 'train') / folder.name
        target.mkdir(parents=True, exist_ok=True)
        photo(files[turn % len(files)]).save(target / f'{i:04}.jpg', quality=90)


if __name__ == '__main__':
    main()
