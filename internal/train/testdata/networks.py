"""The peer of TestNetworksEqualPyTorch: networks of PyTorch, trained for 20 steps in order, the last of each epoch smaller.

    networks.py FOLDER     (any PyTorch from 1.12 on)

Each line of the standard input is a case: {"name": …, "epochs": …, "batch": …, "optimizer": …, "lr": …, "model": {…}}, the
model by actfn's keys. It writes NAME.initial.safetensors, a state_dict, and NAME.final.safetensors: the state_dict after
training, by adam or by sgd with momentum 0.9 and weight decay 5e-4; the images, x, with their labels, y; the logits of all
images in evaluation; and for each weight of a layer that multiplies, as update_ratio.LAYER, for each epoch the median over
its steps of rms(Δw)/rms(w). It computes in float64. own_error is how far the logits are when it computes in float32. The
answer to each line is true.
"""
import copy, json, pathlib, statistics, struct, sys

import torch, torch.nn as nn, torch.nn.functional as F


def save(tensors, path):
    names = {torch.float16: 'F16', torch.float32: 'F32', torch.int64: 'I64'}
    header, data = {}, b''
    for k, t in tensors.items():
        raw = t.detach().contiguous().numpy().tobytes()
        header[k] = {'dtype': names[t.dtype], 'shape': list(t.shape), 'data_offsets': [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b' ' * (-len(text) % 8)
    pathlib.Path(path).write_bytes(struct.pack('<Q', len(text)) + text + data)


def single(state):
    return {k: t.float() if t.is_floating_point() else t for k, t in state.items()}


ACTIVATIONS = {f.__name__: f for f in [F.relu, F.leaky_relu, F.silu, F.elu, torch.tanh]}


class Plain(nn.Module):
    """Blocks of convolution, norm, activation (norm and activation by norm_order) and pooling, then linear layers."""

    def __init__(self, s, channels, side, classes):
        super().__init__()
        self.s, self.f = s, ACTIVATIONS[s['activation']]
        for i, filters in enumerate(s['filters'], 1):
            setattr(self, f'conv{i}', nn.Conv2d(channels, filters, 3, padding=1, bias=s['norm'] == 'none' or s['norm_order'] == 'after'))
            if s['norm'] == 'batch':
                setattr(self, f'bn{i}', nn.BatchNorm2d(filters))
            channels, side = filters, side // 2
        features = channels if s['head'] == 'average' else channels * side ** 2
        for i, out in enumerate(s['hidden'] + [classes], 1):
            setattr(self, f'fc{i}', nn.Linear(features, out))
            features = out

    def forward(self, x):
        s = self.s
        for i in range(1, len(s['filters']) + 1):
            x = getattr(self, f'conv{i}')(x)
            norm = getattr(self, f'bn{i}', nn.Identity())
            x = self.f(norm(x)) if s['norm_order'] == 'before' else norm(self.f(x))
            x = F.avg_pool2d(x, 2) if s['pooling'] == 'average' else F.max_pool2d(x, 2)
        x = x.mean((2, 3)) if s['head'] == 'average' else x.flatten(1)
        for i in range(1, len(s['hidden']) + 1):
            x = self.f(getattr(self, f'fc{i}')(x))
        return getattr(self, f'fc{len(s["hidden"]) + 1}')(x)


class Block(nn.Module):
    """He et al. 2016: a shortcut of other shape takes every second row and column, and has zeros for new channels."""

    def __init__(self, s, channels, filters, stride):
        super().__init__()
        self.f, self.shortcut, self.stride, self.new = ACTIVATIONS[s['activation']], s['shortcut'], stride, filters - channels
        norm = nn.BatchNorm2d if s['norm'] == 'batch' else nn.Identity
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=s['norm'] == 'none')
        self.bn1 = norm(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=s['norm'] == 'none')
        self.bn2 = norm(filters)

    def forward(self, x):
        y = self.bn2(self.conv2(self.f(self.bn1(self.conv1(x)))))
        if self.shortcut:
            y = y + F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, 0, self.new))
        return self.f(y)


class ResNet(nn.Module):
    def __init__(self, s, channels, _, classes):
        super().__init__()
        width = s['width']
        self.f = ACTIVATIONS[s['activation']]
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=s['norm'] == 'none')
        self.bn1 = nn.BatchNorm2d(width) if s['norm'] == 'batch' else nn.Identity()
        channels = width
        for stage in range(3):
            blocks = []
            for i in range((s['depth'] - 2) // 6):
                blocks.append(Block(s, channels, width << stage, 2 if stage and not i else 1))
                channels = width << stage
            setattr(self, f'layer{stage + 1}', nn.Sequential(*blocks))
        self.fc = nn.Linear(channels, classes)

    def forward(self, x):
        x = self.f(self.bn1(self.conv1(x)))
        return self.fc(self.layer3(self.layer2(self.layer1(x))).mean((2, 3)))


def run(case, folder):
    s = {'network': 'plain', 'norm': 'none', 'norm_order': 'before', 'head': 'flatten', 'pooling': 'max', 'shortcut': True}
    s.update(case['model'])
    torch.manual_seed(1)
    images, side, classes = 22, 12, 3
    y = torch.arange(images) % classes
    x = (torch.randint(-40, 40, (images, 3, side, side)) + 12 * (y.reshape(-1, 1, 1, 1) - 1)) / 64  # float16 holds them
    net = (ResNet if s['network'] == 'resnet' else Plain)(s, 3, side, classes)
    for m in net.modules():
        if isinstance(m, nn.BatchNorm2d):  # as after training, some weights below 0
            for t, low, high in [(m.weight, 0.5, 1.5), (m.bias, -0.2, 0.2), (m.running_mean, -0.3, 0.3), (m.running_var, 0.5, 1.5)]:
                nn.init.uniform_(t, low, high)
            m.weight.data[::3] *= -1
    save(net.state_dict(), f'{folder}/{case["name"]}.initial.safetensors')
    final = train(case, copy.deepcopy(net).double(), x.double(), y)
    own = train(case, net, x, y)
    final['own_error'] = (own['logits'] - final['logits']).abs().max().reshape(1)
    final.update({'x': x.half(), 'y': y.float()})
    save(final, f'{folder}/{case["name"]}.final.safetensors')


def train(case, net, x, y):
    if case['optimizer'] == 'adam':
        optimiser = torch.optim.Adam(net.parameters(), lr=case['lr'])
    else:
        optimiser = torch.optim.SGD(net.parameters(), lr=case['lr'], momentum=0.9, weight_decay=5e-4)
    weights = {k[:-len('.weight')]: w for k, w in net.named_parameters() if w.dim() > 1}
    sampled = lambda w: w.detach().flatten()[::(w.numel() + 8191) // 8192].clone()
    ratios = {'update_ratio.' + k: [] for k in weights}
    for _ in range(case['epochs']):
        of_epoch = {k: [] for k in weights}
        for i in range(0, len(x), case['batch']):
            optimiser.zero_grad()
            F.cross_entropy(net(x[i:i + case['batch']]), y[i:i + case['batch']]).backward()
            before = {k: sampled(w) for k, w in weights.items()}
            optimiser.step()
            for k, w in weights.items():
                of_epoch[k].append(((sampled(w) - before[k]).norm() / before[k].norm()).item())
        for k in weights:
            ratios['update_ratio.' + k].append(statistics.median(of_epoch[k]))
    net.eval()
    final = single(net.state_dict())
    final.update({k: torch.tensor(v) for k, v in ratios.items()})
    final['logits'] = net(x).float()
    return final


for line in sys.stdin:
    run(json.loads(line), sys.argv[1])
    print('true', flush=True)
