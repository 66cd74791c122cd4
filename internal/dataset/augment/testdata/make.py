"""Writes what torchvision makes of some PIL images to torchvision.json.

    python3 internal/dataset/augment/testdata/make.py     (any torchvision from 0.12 on)
"""
import json, pathlib, random
import PIL, torch, torchvision
from PIL import Image
from torchvision import transforms
from torchvision.transforms import functional as F

random.seed(1)


def planes(image):
    return F.pil_to_tensor(image).numpy().tobytes().hex()


def noise(mode, w, h):
    return Image.frombytes(mode, (w, h), bytes(random.randrange(256) for _ in range(w * h * len(mode))))


images = [noise('RGB', 7, 5), noise('L', 6, 6), noise('RGB', 12, 13), noise('RGB', 1, 3)]
rows = []


def row(name, image, *arguments, made):
    rows.append({'name': name, 'image': images.index(image), 'arguments': arguments, 'made': planes(made)})


for m in images:
    w, h = m.size
    for x, y in [(0, 0), (-1, 0), (2, -1), (4, 4), (-4, 3)]:
        made = F.crop(F.pad(m, [4], fill=0), y + 4, x + 4, h, w)  # as RandomCrop
        row('shift', m, x, y, made=made)
    row('mirror', m, made=F.hflip(m))
    for angle in [0, 3.7, -10, 10, 33.3, -90, 123.4, 180]:
        row('turn', m, angle, made=F.rotate(m, angle))
    for factor in [0.8, 0.93, 1, 1.15, 1.2, 0, 2]:
        row('brighten', m, factor, made=F.adjust_brightness(m, factor))
        row('contrast', m, factor, made=F.adjust_contrast(m, factor))
        row('saturate', m, factor, made=F.adjust_saturation(m, factor))

# RandomErasing.get_params, with the numbers that it draws
uniform, drawn = torch.Tensor.uniform_, []


def recorded(self, *range):
    drawn.append(uniform(self, *range).item())
    return self


torch.Tensor.uniform_ = recorded
torch.manual_seed(1)
rectangles = []
for w, h in [(28, 28), (32, 32), (7, 50), (3, 2), (33, 1)]:
    for _ in range(5):
        drawn.clear()
        _, _, height, width, _ = transforms.RandomErasing.get_params(torch.zeros(1, h, w), (0.02, 0.33), (0.3, 3.3), [0.])
        rectangles.append({'image': [w, h], 'drawn': drawn.copy(), 'size': [width, height]})

text = json.dumps({
    'source': f'torchvision {torchvision.__version__}, PIL {PIL.__version__}, by make.py; planes in hexadecimal',
    'images': [{'w': m.size[0], 'h': m.size[1], 'planes': planes(m)} for m in images], 'rows': [], 'rectangles': [],
})[:-len('"rows": [], "rectangles": []}')]
lines = lambda rows: '[\n' + ',\n'.join(json.dumps(r) for r in rows) + '\n]'
pathlib.Path(__file__).with_name('torchvision.json').write_text(f'{text}"rows": {lines(rows)}, "rectangles": {lines(rectangles)}}}\n')
