"""Times actfn and its peer in PyTorch in turn, and prints a Markdown table; peer.sh calls it.

A row compares two sides. Each side is run once a round, and the order of the two is reversed from round
to round. The table has the medians with the least and the most, and the ratio of the medians, written so
that more than 1 is in favour of the first side.
"""
import argparse
import datetime
import functools
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SUBSET = 12000  # training images of the rows that train from memory
FEW = 2560  # and of deeper networks
PHOTOS = 2000  # of the whole program on photos


def run(*command, **env):
    """Runs a command: its stdout, its seconds from start to end, and its largest memory in MiB."""
    with tempfile.TemporaryFile() as out:
        began = time.perf_counter()
        process = subprocess.Popen([str(c) for c in command], stdout=out, stderr=subprocess.PIPE,
                                   env={**os.environ, 'PYTHONDONTWRITEBYTECODE': '1', **env})
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            sys.exit(f'peer.py: {" ".join(map(str, command))}: {errors.decode()}')
        out.seek(0)
        return out.read().decode(), seconds, usage.ru_maxrss / 1024


class Bench:
    """The programs, the data and a place for what they write."""

    def __init__(self, options, scratch):
        self.python, self.actfn, self.gotest = sys.executable, options.actfn, options.gotest
        self.root, self.epochs, self.scratch = options.root, options.epochs, scratch

    @functools.cached_property
    def subset(self):
        """The smaller data set."""
        subset = self.scratch / 'subset'
        copy_subset(self.root, subset, SUBSET)
        return subset

    @functools.cached_property
    def few(self):
        few = self.scratch / 'few'
        copy_subset(self.root, few, FEW)
        return few

    @functools.cache
    def photos(self, kind, images=600):
        photos = self.scratch / f'{kind}{images}'
        run(self.python, HERE / 'photos.py', self.root, photos, '--kind', kind, '--images', images)
        return photos

    @functools.cached_property
    def side(self):
        from PIL import Image
        return Image.open(next(p for p in (self.few / 'train').rglob('*') if p.is_file())).height

    @functools.cached_property
    def weights(self):
        """The weights that both sides evaluate."""
        model = self.scratch / 'model'
        run(self.actfn, 'train', '--data', self.subset, '--epochs', 1, '--progress', 'none', '-o', model)
        return model / 'last.safetensors'

    def train(self, root, epochs, *flags):
        """`actfn train`: its result, seconds and memory."""
        output = self.scratch / 'run'
        out, seconds, memory = run(self.actfn, 'train', '--data', root, '--epochs', epochs,
                                   '--progress', 'none', '--json', '--force', '-o', output, *flags)
        return json.loads(out), seconds, memory

    def step(self, *flags):
        """Images a second of actfn's training loop in its second epoch, from memory."""
        result, _, _ = self.train(self.subset, 2, *flags)
        return {'rate': result['epochs'][-1]['images_per_second']}

    def their_step(self):
        return {'rate': self.peer_epochs(self.subset, 2, '--in-memory')[0]['train_images_per_second']}

    def peer_epochs(self, root, epochs, *flags):
        """The last epoch of pytorch_seed.py, its seconds and memory."""
        out, seconds, memory = run(self.python, HERE / 'pytorch_seed.py', root, '--foreach', '--epochs', epochs, *flags)
        return json.loads(out.splitlines()[-1]), seconds, memory

    def network(self, name):
        """Images a second of actfn's training loop on a network of configs, its augmentation included."""
        result, _, _ = self.train(self.few, 1, '-c', HERE.parent / 'configs' / f'{name}.yaml')
        return {'rate': result['epochs'][-1]['images_per_second']}

    def their_network(self, name):
        """Images a second of PyTorch's steps on one batch, in the faster of its layouts."""
        out, _, _ = run(self.python, HERE / 'pytorch_networks.py', 'step', name, '--side', self.side, '--threads', os.cpu_count())
        return {'rate': json.loads(out)['images_per_second']}

    def program(self):
        result, seconds, memory = self.train(self.root, self.epochs)
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * result['test']['accuracy']}

    def their_program(self):
        last, seconds, memory = self.peer_epochs(self.root, self.epochs)
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * last['test_accuracy']}

    def go_rate(self, benchmark, root, times, **environment):
        """The images/s of one of the Go benchmarks of data_test.go."""
        out, _, _ = run(self.gotest, '-test.run', '^$', '-test.bench', f'^{benchmark}$', '-test.benchtime', times, ACTFN_BENCH_DATA=str(root), **environment)
        words = next(line for line in out.splitlines() if line.startswith(benchmark)).split()
        return {'rate': float(words[words.index('images/s') - 1])}

    def load(self):
        return self.go_rate('BenchmarkLoad', self.root, '1x')

    def their_load(self):
        return {'rate': json.loads(run(self.python, HERE / 'pytorch_load.py', self.root)[0])['images_per_second']}

    def load_photos(self, kind):
        return self.go_rate('BenchmarkLoad', self.photos(kind), '5x', ACTFN_BENCH_IMAGE_SIZE='64')

    def their_load_photos(self, kind):
        out, _, _ = run(self.python, HERE / 'pytorch_load.py', self.photos(kind), '--side', 64, '--workers', os.cpu_count(), '--passes', 5)
        return {'rate': json.loads(out)['images_per_second']}

    def photos_program(self):
        result, seconds, memory = self.train(self.photos('jpeg', PHOTOS), 5, '-c', HERE.parent / 'configs' / 'resnet8.yaml', '--image-size', 64)
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * result['test']['accuracy']}

    @functools.cached_property
    def photos_layout(self):
        """The flags of the layout in which PyTorch's steps on photos are faster."""
        out, _, _ = run(self.python, HERE / 'pytorch_networks.py', 'step', 'resnet8', '--side', 64, '--threads', os.cpu_count())
        return ['--channels-last'] if json.loads(out)['layout'] == 'channels_last' else []

    def their_photos_program(self):
        out, seconds, memory = run(self.python, HERE / 'pytorch_networks.py', 'train', self.photos('jpeg', PHOTOS), 'resnet8', '--augment',
                                   '--epochs', 5, '--side', 64, '--threads', os.cpu_count(), *self.photos_layout)
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * json.loads(out)['accuracy']}

    def evaluate(self):
        return self.go_rate('BenchmarkEvaluate', self.subset, '3x', ACTFN_BENCH_WEIGHTS=str(self.weights))

    def their_evaluate(self):
        out, _, _ = run(self.python, HERE / 'pytorch_eval.py', self.subset, self.weights, '--in-memory')
        return {'rate': json.loads(out)['images_per_second']}

    def eval_process(self):
        out, seconds, memory = run(self.actfn, 'eval', self.weights, '--data', self.root, '--progress', 'none', '--json')
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * json.loads(out)['accuracy']}

    def their_eval_process(self):
        out, seconds, memory = run(self.python, HERE / 'pytorch_eval.py', self.root, self.weights)
        return {'seconds': seconds, 'memory': memory, 'accuracy': 100 * json.loads(out)['accuracy']}


# What a run of a side measures: how to print it, and whether more is better; None: neither.
UNITS = {'rate': ('{:.0f} images/s', True), 'seconds': ('{:.2f} s', False), 'memory': ('{:.0f} MiB', False), 'accuracy': ('{:.2f} %', None)}


def rows(b):
    """The rows by name: what it is, and its two sides."""
    epochs = f'{b.epochs} epoch' + 's' * (b.epochs > 1)
    all_cores = os.cpu_count()
    ours = lambda *flags: lambda: b.step(*flags)
    return {
        'step': ('training step, from memory', ('actfn', b.step), ('PyTorch', b.their_step)),
        'program': (f'whole program: read PNG files, {epochs}, test', ('actfn', b.program), ('PyTorch', b.their_program)),
        'load': ('reading and decoding PNG files', ('actfn', b.load), ('PyTorch', b.their_load)),
        **{name: (f'reading {what} of 500×375, resizing them to 64×64', ('actfn', functools.partial(b.load_photos, kind)),
                  ('PyTorch', functools.partial(b.their_load_photos, kind)))
           for name, kind, what in (('photos', 'jpeg', 'JPEG photos'), ('photos_progressive', 'progressive', 'progressive JPEG photos'),
                                    ('photos_png', 'png', 'PNG photos'))},
        'photos_program': (f'whole program: read {PHOTOS} JPEG photos, resize them to 64×64, 5 epochs of configs/resnet8.yaml, test',
                           ('actfn', b.photos_program), ('PyTorch', b.their_photos_program)),
        'eval': ('evaluation, from memory', ('actfn', b.evaluate), ('PyTorch', b.their_evaluate)),
        'eval_process': ('whole process: read model and PNG files, evaluate', ('actfn', b.eval_process), ('PyTorch', b.their_eval_process)),
        'workers': ('training step', (f'-j {all_cores}', ours('-j', all_cores)), ('-j 1', ours('-j', 1))),
        'tanh': ('training step', ('tanh', ours('--activation', 'tanh')), ('relu', ours())),
        'sigmoid': ('training step', ('sigmoid', ours('--activation', 'sigmoid')), ('relu', ours())),
        **{name: (f'training step, configs/{name}.yaml', ('actfn', functools.partial(b.network, name)),
                  ('PyTorch', functools.partial(b.their_network, name))) for name in ('resnet8', 'resnet20', 'vgg')},
        'zeros': ('training step', ('relu', ours()), ('leaky_relu', ours('--activation', 'leaky_relu'))),
    }


def copy_subset(root, subset, images):
    """Makes a data set of the first training images of each class of root, and all its test images."""
    for split in 'train', 'test':
        folders = sorted(p for p in (Path(root) / split).iterdir() if p.is_dir())
        for folder in folders:
            target = subset / split / folder.name
            target.mkdir(parents=True)
            files = sorted(p for p in folder.rglob('*') if p.is_file())
            for i, file in enumerate(files[:images // len(folders)] if split == 'train' else files):
                shutil.copyfile(file, target / f'{i:06}{file.suffix}')


def measure(name, what, sides, rounds):
    """Runs the sides in turn; returns, for each, each quantity's values."""
    values = [{}, {}]
    for n in range(rounds):
        for i in (0, 1) if n % 2 == 0 else (1, 0):
            for quantity, value in sides[i][1]().items():
                values[i].setdefault(quantity, []).append(value)
        print(f'{name}: round {n + 1} of {rounds}: ' + ', '.join(
            f'{sides[i][0]} ' + ' '.join(UNITS[q][0].format(v[-1]) for q, v in values[i].items()) for i in (0, 1)), file=sys.stderr)
    return [{'row': name, 'what': what, 'quantity': q, 'sides': [sides[0][0], sides[1][0]], 'values': [values[0][q], values[1][q]],
             'ratio': ratio(q, values[0][q], values[1][q])} for q in values[0]]


def ratio(quantity, first, second):
    """That of the medians, more than 1 where the first is better."""
    more_is_better = UNITS[quantity][1]
    if more_is_better is None:
        return None
    r = statistics.median(first) / statistics.median(second)
    return r if more_is_better else 1 / r


def table(results):
    yield '| row | what | first | second | ratio |'
    yield '|---|---|---|---|---|'
    for r in results:
        form = UNITS[r['quantity']][0]
        cells = [f'{side} {form.format(statistics.median(v))} ({form.split()[0].format(min(v))}–{form.split()[0].format(max(v))})'
                 for side, v in zip(r['sides'], r['values'])]
        yield f"| {r['row']} | {r['what']} | {cells[0]} | {cells[1]} | {'' if r['ratio'] is None else format(r['ratio'], '.2f')} |"


def machine():
    """What the figures were measured on."""
    import torch
    cpu = platform.processor()
    if os.path.exists('/proc/cpuinfo'):
        with open('/proc/cpuinfo') as f:
            cpu = next((line.split(':')[1].strip() for line in f if line.startswith('model name')), cpu)
    blas = os.path.realpath('/usr/lib/x86_64-linux-gnu/libblas.so.3')
    return {'date': datetime.date.today().isoformat(), 'cpu': cpu, 'cores': os.cpu_count(), 'system': platform.platform(), 'python': platform.python_version(),
            'torch': torch.__version__, 'blas': Path(blas).parent.name if os.path.exists(blas) else ''}


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('--actfn', type=Path, required=True, help='the binary')
    p.add_argument('--gotest', type=Path, required=True, help='the binary that `go test -c ./bench` makes')
    p.add_argument('--root', type=Path, required=True, help='the images')
    p.add_argument('--rows', default='', help='which, apart by spaces; all')
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--epochs', type=int, default=1, help='of the whole program')
    p.add_argument('--json', type=Path, required=True, help='file to write every value to')
    a = p.parse_args()
    busy = os.getloadavg()[0]
    if busy > 0.5:
        print(f'peer.py: {busy:.1f} processes run beside this on average: the figures will suffer', file=sys.stderr)
    with tempfile.TemporaryDirectory(prefix='actfn-bench-') as scratch:
        b = Bench(a, Path(scratch))
        known = rows(b)
        asked = a.rows.split() or list(known)
        for name in asked:
            if name not in known:
                p.error(f'row is {name}, want some of {" ".join(known)}')
        results = [r for name in asked for r in measure(name, known[name][0], known[name][1:], a.rounds)]
    m = machine()
    a.json.write_text(json.dumps({**m, 'rounds': a.rounds, 'load_before': busy, 'results': results}, indent=1) + '\n')
    print(f"{m['cpu']}, {m['cores']} cores, {m['system']}, torch {m['torch']} with {m['blas']}, {m['date']}, {a.rounds} rounds, load {busy:.1f} before\n")
    print('\n'.join(table(results)))


if __name__ == '__main__':
    main()
