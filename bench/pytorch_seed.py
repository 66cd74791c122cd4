"""The peer: the program that actfn is modelled on, in PyTorch, with its times.

    python3 pytorch_seed.py ROOT [--foreach] [--in-memory] …

trains on ROOT/train and tests on ROOT/test after each epoch, and prints one JSON object an epoch.
With --in-memory all images are decoded once, before the clock starts (load_seconds): then
train_images_per_second is the training step alone, with its batches gathered in random order.

On Debian the peer is fastest with these packages; with the default OpenBLAS it takes twice the time:

    apt-get install python3-torch python3-torchvision libopenblas0-openmp
    for l in libblas.so.3 libopenblas.so.0; do
        update-alternatives --set $l-x86_64-linux-gnu /usr/lib/x86_64-linux-gnu/openblas-openmp/$l
    done
"""
import argparse
import json
import os
import time

import torch
from torch import nn
from torch.utils.data import DataLoader, Subset
from torchvision import datasets, transforms


def activation(name, slope):
    return {'relu': nn.ReLU(), 'leakyrelu': nn.LeakyReLU(slope), 'tanh': nn.Tanh(), 'sigmoid': nn.Sigmoid(),
            'gelu': nn.GELU(), 'silu': nn.SiLU(), 'mish': nn.Mish(), 'elu': nn.ELU(), 'selu': nn.SELU(),
            'softplus': nn.Softplus(), 'hardswish': nn.Hardswish()}[name]


class Model(nn.Module):
    """The default model for RGB images of side×side pixels."""

    def __init__(self, side, classes, act):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, kernel_size=3, stride=1, padding=1)
        self.act = act
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(64 * (side // 2) ** 2, 256)
        self.fc2 = nn.Linear(256, classes)

    def forward(self, x):
        x = self.pool(self.act(self.conv1(x)))
        return self.fc2(self.act(self.fc1(x.flatten(1))))


def folder(root, split):
    return datasets.ImageFolder(os.path.join(root, split), transforms.ToTensor())


def in_memory(images):
    """All images, decoded, as one tensor; their labels; and the seconds that took."""
    began = time.perf_counter()
    x, y = zip(*images)
    return torch.stack(x), torch.tensor(y), time.perf_counter() - began


def batches_of(x, y, size, shuffle):
    """What a DataLoader yields, of images in memory."""
    order = torch.randperm(len(x)) if shuffle else None
    for i in range(0, len(x), size):
        if shuffle:
            yield x[order[i:i + size]], y[order[i:i + size]]
        else:
            yield x[i:i + size], y[i:i + size]


def train_epoch(model, optimizer, batches):
    """Trains on the batches; returns images, mean loss and seconds."""
    criterion = nn.CrossEntropyLoss()
    began, images, loss_sum = time.perf_counter(), 0, 0.0
    for x, y in batches:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
        images += len(y)
        loss_sum += loss.item() * len(y)
    return images, loss_sum / images, time.perf_counter() - began


def evaluate(model, batches):
    """Counts right answers; returns images, accuracy and seconds."""
    began, images, correct = time.perf_counter(), 0, 0
    with torch.no_grad():
        for x, y in batches:
            correct += (model(x).argmax(1) == y).sum().item()
            images += len(y)
    return images, correct / images, time.perf_counter() - began


def arguments():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('root', metavar='ROOT')
    p.add_argument('--activation', default='relu')
    p.add_argument('--slope', type=float, default=0.01, help='of leakyrelu')
    p.add_argument('--epochs', type=int, default=1)
    p.add_argument('--batch-size', type=int, default=32)
    p.add_argument('--seed', type=int, default=0)
    p.add_argument('--threads', type=int, default=os.cpu_count())
    p.add_argument('--foreach', action='store_true', help='the faster of the two Adams')
    p.add_argument('--in-memory', action='store_true', help='decode all images first')
    p.add_argument('--limit', type=int, default=0, help='train on the first N images of a fixed permutation')
    return p.parse_args()


def main():
    a = arguments()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    train, test = folder(a.root, 'train'), folder(a.root, 'test')
    side, classes = train[0][0].shape[-1], len(train.classes)
    if a.limit:
        order = torch.randperm(len(train), generator=torch.Generator().manual_seed(1))
        train = Subset(train, order[:a.limit].tolist())
    load_seconds = 0.0
    if a.in_memory:
        x, y, seconds = in_memory(train)
        test_x, test_y, test_seconds = in_memory(test)
        load_seconds = seconds + test_seconds
        train_batches = lambda: batches_of(x, y, a.batch_size, shuffle=True)
        test_batches = lambda: batches_of(test_x, test_y, a.batch_size, shuffle=False)
    else:
        train_batches = lambda: DataLoader(train, batch_size=a.batch_size, shuffle=True)
        test_batches = lambda: DataLoader(test, batch_size=a.batch_size, shuffle=False)
    model = Model(side, classes, activation(a.activation, a.slope))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.001, foreach=a.foreach)
    for epoch in range(a.epochs):
        images, loss, seconds = train_epoch(model, optimizer, train_batches())
        test_images, accuracy, test_seconds = evaluate(model, test_batches())
        print(json.dumps({
            'epoch': epoch, 'train_loss': loss, 'train_images_per_second': images / seconds, 'train_seconds': seconds,
            'load_seconds': load_seconds, 'test_accuracy': accuracy, 'test_images_per_second': test_images / test_seconds,
            'test_seconds': test_seconds, 'threads': a.threads, 'torch': torch.__version__}), flush=True)


if __name__ == '__main__':
    main()
