"""Makes photos from the small images of a data set.

    python3 photos.py ROOT OUT [--images N] [--kind jpeg|progressive|png]

Images of ROOT/train are enlarged bicubically to 500×375, with texture whose amplitude falls as 1/f, as in photographs, and
with a sensor's noise, and written by Pillow: as JPEG of quality 90 in 4:2:0, some 60 kB each, or as PNG of some 360 kB. OUT
gets train/ (four fifths) and test/, with a folder a class.
"""
import argparse
from pathlib import Path

import numpy as np
from PIL import Image

WIDTH, HEIGHT = 500, 375
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
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('root', type=Path)
    p.add_argument('out', type=Path)
    p.add_argument('--images', type=int, default=600)
    p.add_argument('--kind', choices=['jpeg', 'progressive', 'png'], default='jpeg')
    a = p.parse_args()
    suffix, options = ('png', {}) if a.kind == 'png' else ('jpg', {'quality': 90, 'progressive': a.kind == 'progressive'})
    classes = sorted(p for p in (a.root / 'train').iterdir() if p.is_dir())
    for i in range(a.images):
        folder, turn = classes[i % len(classes)], i // len(classes)
        files = sorted(p for p in folder.rglob('*') if p.is_file())
        target = a.out / ('test' if turn % 5 == 4 else 'train') / folder.name
        target.mkdir(parents=True, exist_ok=True)
        photo(files[turn % len(files)]).save(target / f'{i:04}.{suffix}', **options)


if __name__ == '__main__':
    main()
