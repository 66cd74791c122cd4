"""The figures of package health by hooks and autograd, for pytorch_test.go: reads one JSON list, writes one.

Each item is a network that `export pytorch` wrote, its weights, images, labels and the size of a batch; the answer is the
figures of each layer with an activation, in float64 from values in float32.
"""
import importlib.util, json, math, sys
import torch
import torch.nn.functional as F

torch.set_num_threads(1)


def network_of(item):
    spec = importlib.util.spec_from_file_location('model', item['file'])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(item['weights'])
    for m in network.modules():
        if isinstance(m, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            m.train()  # the statistics of the batch
    return network


def slope(activation, z):
    z = z.detach().clone().requires_grad_()
    y = activation(z)
    if y.requires_grad:
        y.sum().backward()
    return torch.zeros_like(z) if z.grad is None else z.grad


def steepest(activation, channels):
    """M of each channel."""
    x = (torch.arange(-50 * 128, 50 * 128 + 1) / 128).float()
    d = slope(activation, x[:, None].expand(-1, channels)).abs().double()
    d = torch.where(d.isfinite(), d, torch.zeros_like(d))
    within = lambda bound: d[x.abs() <= bound].max(0).values
    grows = within(50) > 1.01 * within(25)
    return torch.where(grows, within(3), within(50))


def by_unit(t):
    """(units, values) of (N, units, ...)."""
    return t.transpose(0, 1).flatten(1)


def figures(name, activation, z, y, dz, labels, before):
    n, channels = z.shape[:2]
    positions = z[0].numel()
    std = z.double().std(unbiased=False).item()
    top = steepest(activation, channels)
    d = by_unit(slope(activation, z)).double()
    size = d.abs()
    dead = size.max(1).values <= 1e-6 * top
    limit = (0.05 * top).float().double()  # the bound is a float32 there
    saturated = ~dead & ((size < limit[:, None]).double().mean(1) > 0.99)
    linear = ~dead & ~saturated & (d.max(1).values - d.min(1).values < 0.05 * top) & (size.mean(1) > 0.05 * top)
    apart = math.ceil(positions * n / 8192)
    sample = z.flatten(1)[:, ::apart].double().flatten()
    u = y.flatten(1)[:, ::math.ceil(positions / 65536)].double()
    u = u / u.norm(dim=1, keepdim=True).clamp_min(1e-300)
    different = labels[:, None] != labels[None]
    share = lambda mask: mask.double().mean().item()
    quantiles = torch.quantile(sample, torch.tensor([0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99], dtype=torch.double))
    return {
        'layer': name, 'input_mean': z.double().mean().item(), 'input_std': std, 'input_quantiles': quantiles.tolist(),
        'dead': share(dead), 'saturated': share(saturated), 'linear': share(linear),
        'sameness': (u @ u.T)[different].mean().item(), 'gain': std / before,
        'gradient_rms': dz.double().square().mean().sqrt().item(), 'gradient_norm': dz.double().norm().item(),
    }


def measured(item):
    network = network_of(item)
    activations = {k[:-len('.activation')]: m for k, m in network.named_modules() if k.endswith('.activation')}
    seen = {k: ([], []) for k in activations}

    def watch(k):
        def hook(_, inputs, output):
            inputs[0].retain_grad()
            seen[k][0].append(inputs[0])
            seen[k][1].append(output)
        return hook

    for k, m in activations.items():
        m.register_forward_hook(watch(k))
    labels = torch.tensor(item['labels'])
    n = len(labels)
    images = torch.frombuffer(bytearray(open(item['images'], 'rb').read()), dtype=torch.float32).reshape(n, *item['shape'])
    for x, y in zip(images.split(item['batch']), labels.split(item['batch'])):
        (F.cross_entropy(network(x), y) * len(y) / n).backward()
    before, answer = images.double().std(unbiased=False).item(), []
    for k in item['layers']:
        z, y = (torch.cat([t.detach() for t in values]) for values in seen[k])
        dz = torch.cat([t.grad for t in seen[k][0]])
        activation = activations[k]
        for p in activation.parameters():
            p.requires_grad_(False)
        answer.append(figures(k, activation, z, y, dz, labels, before))
        before = answer[-1]['input_std']
    return answer


json.dump([measured(item) for item in json.load(sys.stdin)], sys.stdout)
