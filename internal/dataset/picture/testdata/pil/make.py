"""Makes the images of this folder and expected.json: what PIL and torchvision read from them.

Run in this folder by Debian 12's python3 with python3-pil (9.4), python3-torchvision (0.14) and
libjpeg-turbo-progs (2.1):
    python3 make.py
"""
import base64, json, struct, subprocess, zlib
import numpy as np
from PIL import Image
from torchvision.transforms import CenterCrop, Resize

rng = np.random.default_rng(20)
y, x = np.mgrid[0:19, 0:23]
smooth = np.stack([x * 11, y * 13, (x * y) % 256], 2).clip(0, 255).astype(np.uint8)
noise = rng.integers(0, 256, (19, 23, 3), dtype=np.uint8)
picture = (0.8 * smooth + 0.2 * noise).astype(np.uint8)
alpha = rng.integers(0, 256, (19, 23, 1), dtype=np.uint8)
rgb = Image.fromarray(picture)
rgba = Image.fromarray(np.concatenate([picture, alpha], 2))


def png(color, depth, w, h, rows, extra=b"", interlace=0):
    """A PNG of any colour type and bit depth; rows are the unfiltered bytes of each row."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    raw = b"".join(b"\0" + r for r in rows)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", w, h, depth, color, 0, 0, interlace))
            + extra + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b""))


def trns(data):
    return struct.pack(">I", len(data)) + b"tRNS" + data + struct.pack(">I", zlib.crc32(b"tRNS" + data))


def saved(image, name, **options):
    image.save(name, **options)
    return name


def written(data, name):
    with open(name, "wb") as f:
        f.write(data)
    return name


names = []
for tag, sub in ("444", 0), ("422", 1), ("420", 2):
    names.append(saved(rgb, f"jpeg_{tag}.jpg", quality=90, subsampling=sub))
    names.append(saved(rgb.crop((0, 0, 5, 3)), f"jpeg_{tag}_tiny.jpg", quality=90, subsampling=sub))
    names.append(saved(rgb, f"jpeg_{tag}_progressive.jpg", quality=80, subsampling=sub, progressive=True))
# Ratios that PIL does not write: 4:4:0 is 4:2:2 turned by a quarter.
ppm = b"P6 23 19 255\n" + rgb.tobytes()
for tag, command in (("440", ["jpegtran", "-rotate", "90", "jpeg_422.jpg"]),
                     ("411", ["cjpeg", "-quality", "90", "-sample", "4x1"]),
                     ("410", ["cjpeg", "-quality", "90", "-sample", "4x2"]),
                     ("restart", ["cjpeg", "-quality", "90", "-restart", "1"])):
    names.append(written(subprocess.run(command, input=ppm, check=True, capture_output=True).stdout, f"jpeg_{tag}.jpg"))
cmyk = rgb.convert("CMYK")
names.append(saved(cmyk, "cmyk_adobe.jpg", quality=95))
b = open("cmyk_adobe.jpg", "rb").read()
i = b.find(b"\xff\xee")
names.append(written(b[:i] + b[i + 2 + struct.unpack(">H", b[i + 2:i + 4])[0]:], "cmyk_plain.jpg"))
j = i + 2 + struct.unpack(">H", b[i + 2:i + 4])[0]
names.append(written(b[:j - 1] + b"\x02" + b[j:], "ycck.jpg"))

for depth in 1, 2, 4:
    rows = [bytes(rng.integers(0, 256, (23 * depth + 7) // 8, dtype=np.uint8)) for _ in range(19)]
    names.append(written(png(0, depth, 23, 19, rows), f"gray{depth}.png"))
    plte = bytes(rng.integers(0, 256, 3 << depth, dtype=np.uint8))
    extra = struct.pack(">I", len(plte)) + b"PLTE" + plte + struct.pack(">I", zlib.crc32(b"PLTE" + plte))
    names.append(written(png(3, depth, 23, 19, rows, extra), f"palette{depth}.png"))
for color, channels, tag in (2, 3, "rgb"), (4, 2, "gray_alpha"), (6, 4, "rgba"):
    rows = [bytes(rng.integers(0, 256, 2 * channels * 23, dtype=np.uint8)) for _ in range(19)]
    names.append(written(png(color, 16, 23, 19, rows), f"{tag}16.png"))
row = [bytes(picture[i].tobytes()) for i in range(19)]
names.append(written(png(2, 8, 23, 19, row, trns(b"\0\x05\0\x06\0\x07")), "rgb_transparent.png"))
names.append(written(png(0, 8, 23, 19, [bytes(picture[i, :, 0]) for i in range(19)], trns(b"\0\x30")), "gray_transparent.png"))
names.append(saved(rgba, "rgba8.png"))
names.append(saved(Image.fromarray(np.concatenate([picture[:, :, :1], alpha], 2), "LA"), "gray_alpha8.png"))
names.append(saved(rgb.quantize(200), "palette8.png"))

for compression in "raw", "tiff_lzw", "tiff_deflate", "tiff_adobe_deflate", "packbits":
    names.append(saved(rgb, f"rgb_{compression}.tiff", compression=compression))
names.append(saved(rgba, "rgba_straight.tiff"))
names.append(saved(rgb.convert("L"), "gray.tiff", compression="packbits"))
names.append(saved(rgb.convert("1"), "bilevel_g4.tiff", compression="group4"))
names.append(saved(rgb.convert("1"), "bilevel_g3.tiff", compression="group3"))
for o in range(2, 9):
    names.append(saved(rgb.crop((0, 0, 4, 3)), f"orientation{o}.tiff", tiffinfo={274: o}))
names.append(saved(rgb.quantize(64), "palette.tiff", compression="tiff_lzw"))

names.append(saved(rgba, "rgba.bmp"))
names.append(saved(rgb.quantize(256), "palette.bmp"))
names.append(saved(rgb.convert("1"), "bilevel.bmp"))

for quality in 30, 90:
    names.append(saved(rgb, f"lossy{quality}.webp", quality=quality))
names.append(saved(rgb.crop((0, 0, 22, 18)), "lossy_even.webp", quality=70))
names.append(saved(rgb.crop((0, 0, 1, 1)), "lossy_1x1.webp", quality=70))
names.append(saved(rgba, "alpha_lossy.webp", quality=80, exact=True))
names.append(saved(rgba, "alpha_lossless.webp", lossless=True, exact=True))

for maximum in 1, 6, 100, 254:
    names.append(written(b"P5 # comment\n5 4 %d\n" % maximum + bytes(rng.integers(0, maximum + 1, 20, dtype=np.uint8)), f"max{maximum}.pgm"))
names.append(written(b"P6\n5 4\n6\n" + bytes(rng.integers(0, 7, 60, dtype=np.uint8)), "max6.ppm"))
names.append(written(b"P6\n5 4\n65535\n" + bytes(rng.integers(0, 256, 120, dtype=np.uint8)), "max65535.ppm"))
names.append(written(b"P6\n5 4\n1000\n" + rng.integers(0, 1001, 60).astype(">u2").tobytes(), "max1000.ppm"))
names.append(written(b"P2 3 2 15\n0 1 2\n# a comment\n7 14 15", "plain.pgm"))
names.append(written(b"P3\n2 1\n255\n1 2 3 4 5 6\n", "plain.ppm"))
names.append(written(b"P1\n9 2\n010101010 111000111\n", "plain_pbm.pgm"))
names.append(saved(rgb.convert("1"), "raw_pbm.ppm"))

def rgb_of(image):
    image = image.convert("RGB")
    return {"width": image.width, "height": image.height, "rgb": base64.b64encode(image.tobytes()).decode()}

files = {n: rgb_of(Image.open(n)) for n in names}
luma = base64.b64encode(rgb.convert("L").tobytes()).decode()

resized = []
for w, h in (23, 19), (12, 19), (23, 12), (5, 19), (7, 7), (1, 3):
    crop = rgb.crop((0, 0, w, h))
    for n in 1, 2, 3, 4, 6, 7, 12, 19, 30:
        r = rgb_of(CenterCrop(n)(Resize(n)(crop)))
        resized.append({"crop": [w, h], "size": n, "rgb": r["rgb"]})

with open("expected.json", "w") as f:
    json.dump({"source": "PIL 9.4 and torchvision 0.14, by make.py", "files": files,
               "picture": rgb_of(rgb), "luma": luma, "resized": resized}, f, indent=0)
