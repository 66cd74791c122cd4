"""Runs of which it is known whether they are broken, and which rules of the diagnosis find it: bench/health.py ACTFN [PATTERN].

Each run is on the built-in sample; a pattern picks some by name. It prints a table of the rules, with the broken runs that each was to find and the
healthy runs that it was said of, and every run whose diagnosis is not the expected one. It takes some minutes.
"""
import json, pathlib, re, struct, subprocess, sys, tempfile

ACTFN = sys.argv[1]
DIR = pathlib.Path(tempfile.mkdtemp())

RULES = [  # a pattern of its sentence
    ('not_finite', 'is not finite'), ('dead', r'\d get no gradient from any image|s get no gradient from any image'),
    ('no_gradient', '^no gradient reaches'), ('vanishing', 'the gradient vanishes'), ('exploding', 'the gradient explodes'),
    ('saturated', 'is flat where its inputs lie'), ('replaced', 'replaced within ten steps'),
    ('sameness', 'all images look alike'), ('gain', 'initialization does not fit'), ('frozen', 'weights are frozen'),
    ('linear', 'a straight line here'),
]


def zeros():
    """A file of weights that are all 0, of the default model."""
    run = DIR / 'zeros'
    subprocess.run([ACTFN, 'train', '--epochs', '0', '-o', run], check=True, capture_output=True)
    data = bytearray((run / 'last.safetensors').read_bytes())
    header = struct.unpack('<Q', data[:8])[0]
    data[8 + header:] = bytes(len(data) - 8 - header)
    path = DIR / 'zeros.safetensors'
    path.write_bytes(data)
    return str(path)


DEEP = '--filters 16,16,16,16,16,16 --set model.pool=1,1,2,1,1,2 --set model.pool_stride=1,1,2,1,1,2'
RESNET = '--network resnet --depth 8 --width 8 --optimizer sgd --lr 0.1 --set train.momentum=0.9 --schedule cosine'
PHOTO = ['relu', 'leaky_relu', 'gelu', 'silu', 'mish', 'elu', 'selu', 'tanh', 'softplus', 'hard_swish']

RUNS = [(f'healthy {a}', f'--activation {a} --epochs 5 --lr 3e-4', None) for a in PHOTO]
RUNS += [(f'healthy resnet {a}', f'{RESNET} --activation {a} --epochs 4', None) for a in PHOTO]
RUNS += [(f'healthy two blocks {a}', f'--filters 16,32 --hidden 64 --activation {a} --epochs 5', None) for a in PHOTO]
for seed in range(2):
    RUNS += [(f'rate too high, {a}', f'{args} --activation {a} --seed {seed}', {'dead', 'saturated', 'replaced', 'no_gradient', 'exploding'})
             for a, args in (('relu', '--optimizer sgd --lr 5 --filters 16,16 --hidden 64 --epochs 3'),
                             ('relu', '--lr 0.05 --filters 16,16 --hidden 64 --epochs 5'),
                             ('tanh', '--lr 0.3 --filters 16,16 --hidden 64 --epochs 3'),
                             ('silu', '--lr 0.3 --filters 16,16 --hidden 64 --epochs 3'))]
    RUNS += [(f'sigmoid, default rate', f'--activation sigmoid --epochs 3 --seed {seed}', {'dead', 'saturated', 'sameness'}),
             (f'deep sigmoid', f'{DEEP} --activation sigmoid --epochs 3 --seed {seed}', {'vanishing', 'sameness', 'gain', 'linear'}),
             (f'deep sigmoid, sgd', f'{DEEP} --activation sigmoid --optimizer sgd --lr 0.01 --epochs 3 --seed {seed}',
              {'vanishing', 'sameness', 'gain', 'linear'}),
             (f'steep formula', f'--activation x^3 {DEEP} --epochs 2 --lr 1e-4 --seed {seed}', {'exploding', 'vanishing', 'not_finite', 'gain', 'sameness', 'no_gradient', 'dead', 'saturated'})]
for seed in range(2):
    RUNS += [('slopes of 3', f'{DEEP} --activation max(3*x,0) --initialization he --optimizer sgd --lr 1e-6 --epochs 2 --seed {seed}',
              {'exploding'}),
             ('decay of 0.6', f'--activation leaky_relu --optimizer adamw --lr 1 --set train.weight_decay=0.6 --epochs 3 --seed {seed}',
              {'replaced', 'vanishing', 'sameness', 'saturated'})]
RUNS += [(f'zero weights, {a}', f'--init {{zeros}} --activation {a} --epochs 2', {'no_gradient', 'dead', 'sameness'})
         for a in ('relu', 'tanh', 'gelu', 'silu')]
RUNS += [(f'frozen, {a}', f'--activation {a} --optimizer sgd --lr 1e-8 --epochs 2', {'frozen'})
         for a in ('relu', 'gelu', 'tanh', 'sigmoid', 'silu', 'leaky_relu')]
RUNS += [(f'a straight line, {a}', f'--activation {a} --epochs 3', {'linear'})
         for a in ('identity', 'leaky_relu(slope=0.99)', 'x+0.001*sin(x)', 'tanh(0.001*x)')]


RUNS = [r for r in RUNS if len(sys.argv) < 3 or re.search(sys.argv[2], r[0])]


def diagnosis(name, i, args, zero):
    out = DIR / str(i)
    words = [w.format(zeros=zero) for w in args.split()]
    done = subprocess.run([ACTFN, 'train', *words, '-o', out], capture_output=True, text=True)
    if done.returncode == 5:
        return None, {'diverged'}
    if done.returncode:
        sys.exit(f'{name}: {args}\n{done.stderr}')
    summary = json.loads((out / 'summary.json').read_text())
    sentences = summary.get('diagnosis', [])
    # A note, that 5 % to 50 % of a layer are dead, is no warning.
    rules = {rule for rule, pattern in RULES for s in sentences if re.search(pattern, s)}
    if 'dead' in rules and summary['health']['dead'] < 0.5:
        rules.remove('dead')
    return summary, rules


def main():
    zero, found, alarms, expected = zeros(), {}, {}, {}
    missed = 0
    for i, (name, args, broken) in enumerate(RUNS):
        summary, rules = diagnosis(name, i, args, zero)
        accuracy = 'diverged' if summary is None else f'{summary["test"]["accuracy"]:.2%}'
        if broken is None:
            for r in rules:
                alarms[r] = alarms.get(r, 0) + 1
        else:
            for r in broken & rules:
                found[r] = found.get(r, 0) + 1
            for r in broken:
                expected[r] = expected.get(r, 0) + 1
            if not (broken & rules or 'diverged' in rules):
                missed += 1
        wrong = rules if broken is None else not (broken & rules or 'diverged' in rules)
        dead = '' if summary is None or not summary.get('health') else f'{summary["health"]["dead"] or 0:.1%}'
        print(f'{"WRONG" if wrong else "ok":5}  {name:32} {accuracy:>9}  dead {dead:>6}  {", ".join(sorted(rules)) or "–"}', flush=True)
    healthy = sum(broken is None for _, _, broken in RUNS)
    print(f'\n{healthy} healthy runs, {len(RUNS) - healthy} broken ones, of which {missed} were not found\n')
    print('| rule | broken runs that it was said of | healthy runs that it was said of |\n|---|---|---|')
    for rule, _ in RULES:
        print(f'| `{rule}` | {found.get(rule, 0)} | {alarms.get(rule, 0)} |')


main()
