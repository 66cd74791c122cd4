"""Writes meanfield.json: E[f(x)^2] and E[f'(x)^2] of x ~ N(0, q), and where the length map q -> w*E[f(x)^2] + b leads
from q = 1, with the slope chi = w*E[f'(x)^2] there. By the trapezoid rule, which converges exponentially for smooth f
(Trefethen and Weideman 2014), and by iteration of the map.

    python3 testdata/reference/meanfield.py
"""
import json, math, pathlib


def sigmoid(x):
    return 1 / (1 + math.exp(-x)) if x >= 0 else 1 - 1 / (1 + math.exp(x))


def phi(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def cdf(x):
    return math.erfc(-x / math.sqrt(2)) / 2


functions = {
    'tanh': (math.tanh, lambda x: 1 - math.tanh(x) ** 2),
    'sigmoid': (sigmoid, lambda x: sigmoid(x) * sigmoid(-x)),
    'gelu': (lambda x: x * cdf(x), lambda x: cdf(x) + x * phi(x)),
    'silu': (lambda x: x * sigmoid(x), lambda x: sigmoid(x) * (1 + x * sigmoid(-x))),
    'softplus': (lambda x: max(x, 0) + math.log1p(math.exp(-abs(x))), sigmoid),
}


def mean(g, q, steps=4000):
    h, s = 24 / steps, math.sqrt(q)
    return h * math.fsum(g(s * z) ** 2 * phi(z) for z in (h * i - 12 for i in range(steps + 1)))


moments, maps = [], []
for name, (f, slope) in functions.items():
    for q in 1e-6, 0.01, 0.5, 1, 3, 40:
        moments.append({'function': name, 'q': q, 'square': mean(f, q), 'slope': mean(slope, q)})
    for w, b in (1 / 3, 1 / 768), (2, 0), (1 / mean(f, 1), 0), (4, 0.1):
        q = 1.
        for _ in range(400):
            before, q = q, w * mean(f, q, 400) + b
            if abs(q - before) < 1e-10 * q or q > 1e12:
                break
        if abs(q - before) > 1e-9 * q:
            q = math.inf if q > 1 else 0.
        maps.append({'function': name, 'weights': w, 'biases': b, 'fixed_point': q if q < math.inf else None,
                     'chi': w * mean(slope, q) if q < math.inf else None})
rows = {'moments': moments, 'maps': maps}
text = json.dumps(rows).replace('[{', '[\n {').replace('}, {', '},\n {').replace('}]', '}\n]')
pathlib.Path(__file__).with_name('meanfield.json').write_text(text + '\n')
