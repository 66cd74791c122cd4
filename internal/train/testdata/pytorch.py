"""The peer of TestPyTorch: the same model in PyTorch, on the same files.

    pytorch.py ROOT EPOCHS BATCH

It answers each line on the standard input by a line of JSON: given a file, it writes PyTorch's initial weights to it; given
another, it trains in order and writes the weights; given weights, it loads them with load_state_dict and prints the test
images' logits. It is one process because to import PyTorch takes seconds.
"""
import json, pathlib, struct, sys

import torch, torch.nn as nn
from PIL import Image


def answer(value):
    print(json.dumps(value), flush=True)


def load_file(path):
    raw = pathlib.Path(path).read_bytes()
    n = struct.unpack('<Q', raw[:8])[0]
    header = json.loads(raw[8:8 + n])
    header.pop('__metadata__', None)
    data = raw[8 + n:]
    return {k: torch.frombuffer(bytearray(data[slice(*t['data_offsets'])]), dtype=torch.float32).reshape(t['shape']) for k, t in header.items()}


def save_file(state, path):
    header, data = {}, b''
    for k, t in state.items():
        raw = t.detach().contiguous().numpy().tobytes()
        header[k] = {'dtype': 'F32', 'shape': list(t.shape), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    pathlib.Path(path).write_bytes(struct.pack('<Q', len(text)) + text + data)


def folder(root):  # torchvision's ImageFolder with ToTensor
    classes = sorted(p.name for p in pathlib.Path(root).iterdir())
    x, y = [], []
    for label, name in enumerate(classes):
        for file in sorted((pathlib.Path(root) / name).iterdir()):
            image = Image.open(file).convert('RGB')
            pixels = torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).reshape(image.height, image.width, 3)
            x.append(pixels.permute(2, 0, 1).float().div(255))
            y.append(label)
    return torch.stack(x), torch.tensor(y)


class Model(nn.Module):
    def __init__(self, filters=64, hidden=256, side=28, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, filters, kernel_size=3, stride=1, padding=1)
        self.fc1 = nn.Linear(filters * (side // 2) ** 2, hidden)
        self.fc2 = nn.Linear(hidden, classes)

    def forward(self, x):
        x = nn.functional.max_pool2d(torch.relu(self.conv1(x)), 2, 2).flatten(1)
        return self.fc2(torch.relu(self.fc1(x)))


root, epochs, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
x, y = folder(root + '/train')
torch.manual_seed(0)
model = Model(side=x.shape[-1], classes=int(y.max()) + 1)
save_file(model.state_dict(), input())
answer(True)
optimiser = torch.optim.Adam(model.parameters(), lr=0.001)
for _ in range(epochs):
    for i in range(0, len(x), batch):
        optimiser.zero_grad()
        nn.functional.cross_entropy(model(x[i:i + batch]), y[i:i + batch]).backward()
        optimiser.step()
save_file(model.state_dict(), input())
answer(True)
model.load_state_dict(load_file(input()))
answer(model(folder(root + '/test')[0]).tolist())
