"""The peer of configs/resnet20.yaml, resnet8.yaml and vgg.yaml: the same networks and recipe in PyTorch.

    pytorch_networks.py train ROOT resnet20 --epochs 10 --augment   # accuracy on the test images
    pytorch_networks.py train ROOT resnet8 --augment --side 64      # on photos of any size
    pytorch_networks.py step resnet20 --steps 20                    # images a second of training steps on noise

ROOT is an ImageFolder with train/ and test/. Each prints one line of JSON. A step is timed with images in PyTorch's own
layout and in channels_last, and the faster one counts.
"""
import argparse
import json
import statistics
import time
from pathlib import Path

import torch
import torch.nn as nn
import torch.nn.functional as F

ACTIVATIONS = {
    'relu': F.relu, 'leaky_relu': F.leaky_relu, 'gelu': F.gelu, 'silu': F.silu, 'mish': F.mish,
    'tanh': torch.tanh, 'sigmoid': torch.sigmoid,
}


class Block(nn.Module):
    """He et al. 2016, with shortcuts of their option A."""

    def __init__(self, channels, filters, stride, f):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.f, self.stride, self.more = f, stride, filters - channels

    def forward(self, x):
        y = self.bn2(self.conv2(self.f(self.bn1(self.conv1(x)))))
        if self.stride > 1 or self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.more))
        return self.f(x + y)


class ResNet(nn.Module):
    def __init__(self, depth, classes, f, width=16):
        super().__init__()
        self.f, channels = f, width
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        for stage in range(3):
            blocks = []
            for i in range((depth - 2) // 6):
                blocks.append(Block(channels, width << stage, 2 if stage and not i else 1, f))
                channels = width << stage
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(self.f(self.bn1(self.conv1(x))))))
        return self.fc(x.mean((2, 3)))


class VGG(nn.Module):
    """configs/vgg.yaml."""

    def __init__(self, classes, f, side=32):
        super().__init__()
        self.f, channels = f, 3
        self.convs, self.norms = nn.ModuleList(), nn.ModuleList()
        for filters in 32, 32, 64, 64, 128, 128:
            self.convs.append(nn.Conv2d(channels, filters, 3, padding=1, bias=False))
            self.norms.append(nn.BatchNorm2d(filters))
            channels = filters
        self.fc1 = nn.Linear(channels * (side // 8) ** 2, 256)
        self.fc2 = nn.Linear(256, classes)

    def forward(self, x):
        for i, (conv, norm) in enumerate(zip(self.convs, self.norms)):
            x = self.f(norm(conv(x)))
            if i % 2:
                x = F.max_pool2d(x, 2)
        return self.fc2(F.dropout(self.f(self.fc1(x.flatten(1))), 0.5, self.training))


# As the files in configs say: learning rate, batch size, epochs of warm-up.
RECIPES = {'resnet20': (0.1, 128, 0), 'resnet8': (0.1, 64, 0), 'vgg': (0.05, 64, 1)}


def network(name, classes, f, side=32):
    return VGG(classes, f, side) if name == 'vgg' else ResNet(int(name[6:]), classes, f)


def optimiser(model, lr):
    return torch.optim.SGD(model.parameters(), lr=lr, momentum=0.9, weight_decay=5e-4)


def folder(root, split, side):
    if side:
        return squares(Path(root) / split, side)
    from PIL import Image
    root = Path(root) / split
    x, y = [], []
    for label, name in enumerate(sorted(p.name for p in root.iterdir())):
        for file in sorted((root / name).iterdir()):
            image = Image.open(file).convert('RGB')
            pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8)
            x.append(pixels.reshape(image.height, image.width, 3).permute(2, 0, 1))
            y.append(label)
    return torch.stack(x).float().div(255), torch.tensor(y)


def squares(root, side):
    """All images of a folder, decoded once by a process for each thread."""
    from torch.utils.data import DataLoader
    from torchvision import datasets, transforms
    square = transforms.Compose([transforms.Resize(side), transforms.CenterCrop(side), transforms.ToTensor()])
    batches = DataLoader(datasets.ImageFolder(root, square), batch_size=64, num_workers=torch.get_num_threads())
    x, y = zip(*batches)
    return torch.cat(x), torch.cat(y)


def augmented(x, zero, generator):
    """Each image flipped or not, and cropped at random from itself with 4 pixels of black (zero) around it."""
    n, _, h, w = x.shape
    x = torch.where(torch.rand(n, 1, 1, 1, generator=generator) < 0.5, x.flip(3), x)
    padded = zero.expand(n, -1, h + 8, w + 8).clone()
    padded[:, :, 4:-4, 4:-4] = x
    top, left = torch.randint(0, 9, (2, n), generator=generator)
    return torch.stack([p[:, t:t + h, l:l + w] for p, t, l in zip(padded, top.tolist(), left.tolist())])


def train(o):
    torch.manual_seed(o.seed)
    generator = torch.Generator().manual_seed(o.seed)
    (x, y), (test_x, test_y) = folder(o.root, 'train', o.side), folder(o.root, 'test', o.side)
    mean, std = x.mean((0, 2, 3), keepdim=True), x.std((0, 2, 3), keepdim=True, unbiased=False)
    x, test_x, zero = (x - mean) / std, (test_x - mean) / std, -mean / std
    peak, batch, warm = RECIPES[o.network]
    layout = torch.channels_last if o.channels_last else torch.contiguous_format
    model = network(o.network, int(y.max()) + 1, ACTIVATIONS[o.activation], x.shape[2]).to(memory_format=layout)
    steps = (len(x) + batch - 1) // batch
    total, warm = o.epochs * steps, warm * steps
    optimizer = optimiser(model, peak)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda u: (u + 1) / warm if u < warm else
                                                 (1 + torch.cos(torch.tensor(torch.pi * (u - warm) / (total - warm))).item()) / 2)
    began = time.perf_counter()
    for _ in range(o.epochs):
        model.train()
        for index in torch.randperm(len(x), generator=generator).split(batch):
            images = augmented(x[index], zero, generator) if o.augment else x[index]
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(images.contiguous(memory_format=layout)), y[index]).backward()
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - began
    model.eval()
    with torch.no_grad():
        correct = sum((model(a.contiguous(memory_format=layout)).argmax(1) == b).sum().item() for a, b in zip(test_x.split(256), test_y.split(256)))
    return {'accuracy': correct / len(test_y), 'train_seconds': seconds}


def step(o):
    best = {}
    for layout in torch.contiguous_format, torch.channels_last:
        torch.manual_seed(0)
        peak, batch, _ = RECIPES[o.network]
        model = network(o.network, 10, ACTIVATIONS[o.activation], o.side).to(memory_format=layout)
        optimizer = optimiser(model, peak)
        x = torch.rand(batch, 3, o.side, o.side).contiguous(memory_format=layout)
        y = torch.arange(batch) % 10
        laps = []
        for _ in range(o.steps + 2):
            began = time.perf_counter()
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
            laps.append(time.perf_counter() - began)
        rate = batch / statistics.median(laps[2:])
        if rate > best.get('images_per_second', 0):
            best = {'images_per_second': rate, 'layout': str(layout).removeprefix('torch.')}
    return best


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest='command', required=True)
    for name, action in ('train', train), ('step', step):
        p = commands.add_parser(name)
        if name == 'train':
            p.add_argument('root')
            p.add_argument('--epochs', type=int, default=10)
            p.add_argument('--augment', action='store_true')
            p.add_argument('--seed', type=int, default=0)
            p.add_argument('--side', type=int, help='that images are resized and cropped to')
            p.add_argument('--channels-last', action='store_true')
        else:
            p.add_argument('--steps', type=int, default=20)
            p.add_argument('--side', type=int, default=32, help='of the images')
        p.add_argument('network', choices=RECIPES)
        p.add_argument('--activation', choices=ACTIVATIONS, default='relu')
        p.add_argument('--threads', type=int, default=torch.get_num_threads())
        p.set_defaults(action=action)
    o = parser.parse_args()
    torch.set_num_threads(o.threads)
    print(json.dumps({'network': o.network, 'threads': o.threads, **o.action(o)}))


if __name__ == '__main__':
    main()
