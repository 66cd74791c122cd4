#!/usr/bin/env python3
"""Writes docs/atlas.md and docs/atlas/seeds.csv from the result of bench/atlas.sh.

    bench/atlas.py COMPARE.json DOCS
"""
import csv, json, os, sys

result, docs = json.load(open(sys.argv[1])), sys.argv[2]
images, seeds = result['data']['images'], result['seeds']
base = next(r for r in result['rows'] if r['activation'] == result['baseline'])
rows = [r for r in result['rows'] if r['n'] == len(seeds)]
lacking = [r['activation'] for r in result['rows'] if r['n'] < len(seeds)]
compared = [r for r in rows if r is not base]

# Benjamini and Hochberg 1995: q of the p-values in rising order is the least of p k/rank from there on.
order = sorted(compared, key=lambda r: r['difference']['p'])
least = 1.0
for rank in range(len(order), 0, -1):
    least = min(least, order[rank - 1]['difference']['p'] * len(order) / rank)
    order[rank - 1]['q'] = least
FALSE = 0.05
for r in compared:
    r['found'] = '~' if r['q'] > FALSE else 'better' if r['difference']['mean'] > 0 else 'worse'

# The same predictions at every seed. Those that always collapse are left out: they predict one class.
alike = {}
for r in rows:
    if r['collapses']['n'] < len(seeds):
        alike.setdefault(tuple(r['predictions']), []).append(r['activation'])
alike = [names for names in alike.values() if len(names) > 1]

os.makedirs(os.path.join(docs, 'atlas'), exist_ok=True)
with open(os.path.join(docs, 'atlas', 'seeds.csv'), 'w', newline='') as f:
    w = csv.writer(f, lineterminator='\n')
    w.writerow(['activation'] + [f'correct_{s}' for s in seeds])
    for r in rows:
        w.writerow([r['activation']] + [round(v * images) for v in r['values']])


def code(name):
    return '`' + name.replace('|', '\\|') + '`'


def number(n, of):
    return f'{n} of {of}'


def percent(v):
    return '–' if v is None else f'{100 * v:.0f}'


def line(r):
    d, step, health = r['difference'], r.get('step'), r.get('health') or {}
    cost = '–'
    if step and step['ratio'] is not None:
        low, high = step['ratio_ci'] or (step['ratio'],) * 2
        cost = ('~' if low <= 1 <= high else '') + f"{step['ratio']:.2f}×"
    difference = q = ''
    if d:
        difference, q = f"{100 * d['mean']:+.2f}", f"{r['q']:.3f}"
    collapsed = r['collapses']['n'] or ''
    return (f"| {code(r['activation'])} | {100 * r['mean']:.2f} | {difference} | {q} | {r.get('found', 'baseline')} | {cost} | "
            f"{percent(health.get('dead'))} | {percent(health.get('saturated'))} | {collapsed} |")


better, worse = ([r for r in compared if r['found'] == what] for what in ('better', 'worse'))
simultaneous = [r['activation'] for r in compared if r['difference']['verdict'] == 'better']
collapsed = [r for r in rows if r['collapses']['n']]
cheap = [r for r in compared if r['found'] != 'worse' and r.get('step') and r['step']['ratio_ci'] and r['step']['ratio_ci'][0] <= 1]
intervals = [r['difference']['ci'] for r in compared if not r['collapses']['n']]
width = sorted(50 * (high - low) for low, high in intervals)[len(intervals) // 2]
print(f'''# An atlas of activations

Every activation of the [catalogue](activations.md) in the default network, trained on the built-in sample (2 000 images of Fashion-MNIST, 10 epochs) at the same {len(seeds)} seeds, and tested on {images} images:

```console
$ actfn compare --activations all --baseline {result['baseline']} --seeds {len(seeds)} -o atlas
```

This explores, and confirms nothing: {len(compared)} activations are compared with {result['baseline']} on one small data set, at one learning rate, {result['setup']['lrs'][0]:g}, which suits some better than others. So the findings below hold the *share* of false ones among them to {100 * FALSE:.0f} % (Benjamini and Hochberg 1995), where a verdict of `actfn compare` holds the chance of *any* false one to that. For a claim about one of them, run it again at fresh seeds, on your images: `actfn compare --confirm 10` does.

* **{number(len(better), len(compared))} are better** than {result['baseline']}, {len(worse)} are worse, and {len(compared) - len(better) - len(worse)} are not decided. By simultaneous intervals, {len(simultaneous)} are better{': ' + ', '.join(map(code, simultaneous)) if simultaneous else ''}.
* **{len(collapsed)} collapse**, at one seed or more: their accuracy is no better than guessing, or their loss becomes infinite.
* **Not decided is not equal**: of the activations that never collapse, half have a simultaneous interval wider than ±{width:.1f} points. Which of the undecided ones stands above which is mostly chance.
* **Accuracy and cost**: {len(cheap)} that are not found worse may take a step as short as {result['baseline']}'s: {', '.join(code(r['activation']) for r in cheap)}.
* **The same predictions at every seed**: {'; '.join(', '.join(map(code, names)) for names in alike) if alike else 'none'}.
{'* Not complete: ' + ', '.join(map(code, lacking)) + '.' if lacking else ''}
| activation | accuracy, % | difference | q | finding | step | dead, % | saturated, % | collapsed |
|---|--:|--:|--:|---|--:|--:|--:|--:|''')
for r in sorted(rows, key=lambda r: -r['mean']):
    print(line(r))
print(f'''
Accuracy: mean over the seeds. Difference: to {result['baseline']}, in points, seed by seed. q: the least share of false findings at which this one is among them; `~`: not decided. Step: time of a training step relative to {result['baseline']}'s, `~` where that is within the noise. Dead, saturated: largest share of a layer's units, median over the seeds ([health](health.md)). Collapsed: of {len(seeds)} runs.

[atlas/seeds.csv](atlas/seeds.csv) has the number of test images that each run has right. `bench/atlas.sh` makes all of this again: about {{}} on two cores. It can be stopped and continued.'''.replace('{}', 'an hour'))
