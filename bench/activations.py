#!/usr/bin/python3
"""Every activation of the catalogue: what it costs, and one epoch of the sample with it, as Markdown.

usage: activations.py ACTFN

Columns: ns an element of forward and backward on one core (BenchmarkActivationCost) and the same of
PyTorch's own function where there is one, in turns, the least of several runs of each; the time of a
training step relative to relu's, taking turns (BenchmarkActivationStep, of medians), and the accuracy
after one epoch at the default settings, or diverged.
"""
import json, re, subprocess, sys, tempfile, time
from pathlib import Path

HERE = Path(__file__).parent
PEERS = {
    'relu': 'F.relu(x)', 'relu6': 'F.relu6(x)', 'leaky_relu': 'F.leaky_relu(x)', 'elu': 'F.elu(x)', 'selu': 'F.selu(x)',
    'celu': 'F.celu(x)', 'gelu': 'F.gelu(x)', 'gelu_tanh': "F.gelu(x, approximate='tanh')", 'sigmoid': 'torch.sigmoid(x)',
    'tanh': 'torch.tanh(x)', 'silu': 'F.silu(x)', 'hard_sigmoid': 'F.hardsigmoid(x)', 'hard_swish': 'F.hardswish(x)',
    'hard_tanh': 'F.hardtanh(x)', 'mish': 'F.mish(x)', 'softplus': 'F.softplus(x)', 'softsign': 'F.softsign(x)',
    'logsigmoid': 'F.logsigmoid(x)', 'tanhshrink': 'F.tanhshrink(x)', 'softshrink': 'F.softshrink(x)',
    'hardshrink': 'F.hardshrink(x)', 'threshold': 'F.threshold(x, 0.1, 0.0)', 'exponential': 'torch.exp(x)',
    'sine': 'torch.sin(x)', 'cosine': 'torch.cos(x)', 'arctan': 'torch.atan(x)', 'abs': 'torch.abs(x)',
}


def benchmark(name, unit, *flags):
    """The least of each row's results of a Go benchmark."""
    out = subprocess.run(['go', 'test', './bench', '-run', '^$', '-timeout', '1h', '-bench', name + '$', *flags],
                         cwd=HERE.parent, check=True, capture_output=True, text=True).stdout
    found = {}
    for row, value in re.findall(name + r'/(\w+?)(?:-\d+)?\s.*?([\d.]+) ' + unit + r'\b', out):
        found[row] = min(float(value), found.get(row, float('inf')))
    return found


def peer_costs():
    """ns an element of PyTorch's functions on one thread, forward and backward, in batches that stay in the cache."""
    import torch
    import torch.nn.functional as F
    torch.set_num_threads(1)
    n = 1 << 16  # less, and its cost is that of calling
    x, g = (4 * torch.randn(n)).requires_grad_(), torch.randn(n)
    found = {}
    for name, text in PEERS.items():
        f = eval('lambda x: ' + text, {'F': F, 'torch': torch})
        best = float('inf')
        for _ in range(60):
            x.grad = None
            start = time.perf_counter()
            f(x).backward(g)
            best = min(best, time.perf_counter() - start)
        found[name] = best / n * 1e9
    return found


def least(a, b):
    """Of each row the lesser of two results."""
    return {name: min(value, a.get(name, value)) for name, value in b.items()}


def accuracy(actfn, name):
    """Accuracy after an epoch, in percent, or what went wrong."""
    with tempfile.TemporaryDirectory() as folder:
        p = subprocess.run([actfn, 'train', '--activation', name, '--epochs', '1', '--json', '--progress', 'none',
                            '-o', folder + '/run'], capture_output=True, text=True)
    if p.returncode == 5:
        return 'diverged'
    if p.returncode:
        raise SystemExit(f'{name}: {p.stderr}')
    return f"{100 * json.loads(p.stdout)['test']['accuracy']:.1f} %"


def main(actfn):
    ours, theirs = {}, {}
    for _ in range(2):
        ours = least(ours, benchmark('ActivationCost', 'ns/element', '-benchtime', '5ms', '-count', '3'))
        try:
            theirs = least(theirs, peer_costs())
        except ImportError:
            pass
    steps = benchmark('ActivationStep', '×relu', '-benchtime', '200ms')
    names = [r['name'] for r in json.loads(subprocess.run([actfn, 'activations', 'list', '--json'], check=True, capture_output=True, text=True).stdout)]
    print('| activation | ns | PyTorch, ns | step against relu | accuracy |\n|---|--:|--:|--:|--:|')
    for name in names:
        step = f'{steps[name]:.2f}' if name in steps else ''
        peer = f'{theirs[name]:.2f}' if name in theirs else ''
        print(f'| {name} | {ours[name]:.2f} | {peer} | {step} | {accuracy(actfn, name)} |', flush=True)
    print(f"\nThe median row takes {sorted(ours[n] for n in names)[len(names) // 2]:.2f} ns.")


if __name__ == '__main__':
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
