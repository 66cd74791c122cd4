"""Runs what export pytorch wrote, for pytorch_test.go: reads one JSON object, writes one.

models: a file, weights and images → the logits of each image, and what the model counts.
functions: values and derivatives of code, and of PyTorch's module where there is one, in float32.
"""
import contextlib, importlib.util, io, json, sys
import torch

torch.set_num_threads(1)
asked = json.load(sys.stdin)


def number(v):
    return {'inf': 'Infinity', '-inf': '-Infinity', 'nan': 'NaN'}.get(str(v), v)


def numbers(t):
    return [number(v) for v in t.detach().flatten().tolist()]


def logits(m):
    spec = importlib.util.spec_from_file_location('model', m['file'])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(m['weights'])
    names = [k for k in network.state_dict() if not k.endswith('num_batches_tracked')]
    assert sorted(names) == sorted(m['names']), names
    images = torch.stack([module.prepare(path) for path in m['images']])
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        module.main(m['weights'], m['images'][0])
    products = [0]

    def count(layer, _, y):
        products[0] += y[0].numel() * layer.weight[0].numel()

    for layer in network.modules():
        if isinstance(layer, (torch.nn.Conv2d, torch.nn.Linear)):
            layer.register_forward_hook(count)
    with torch.no_grad():
        rows = network(images)
    multiply_adds = products[0]
    network.train()(images).sum().backward()
    return {'printed': printed.getvalue(), 'multiply_adds': multiply_adds,
            'parameters': sum(p.numel() for p in network.parameters()),
            'buffers': sum(b.numel() for b in network.buffers() if b.dtype.is_floating_point),
            'rows': [numbers(r) for r in rows], 'classes': module.CLASSES,
            'gradients': [k for k, p in network.named_parameters() if p.grad is None]}


def derivatives(f, x, parameters):
    """y = f(x), and its derivatives by x and by each parameter, of which every element has its own."""
    x = torch.tensor([float(v) for v in x], requires_grad=True)
    values = {k: torch.full_like(x, v, requires_grad=True) for k, v in parameters.items()}
    y = f(x, values)
    if y.requires_grad:
        y.sum().backward()
    gradient = lambda t: numbers(torch.zeros_like(t) if t.grad is None else t.grad)
    return {'y': numbers(y), 'dx': gradient(x), 'dp': {k: gradient(v) for k, v in values.items()}}


def function(f):
    names = ''.join(f', {name}' for name in f['parameters'])
    text = f'def f(x{names}):\n' + ''.join(f'    {line}\n' for line in f['lines'] or []) + f'    return {f["result"]}\n'
    scope = {}
    exec('import math, torch\nimport torch.nn.functional as F\n' + text, scope)
    result = {'text': text, 'code': derivatives(lambda x, values: scope['f'](x, **values), f['x'], f['parameters'])}
    if f['module']:
        module = eval(f['module'], {'nn': torch.nn}).eval()
        result['module'] = derivatives(lambda x, _: module(x), f['x'], {})
    return result


answer = {'models': [logits(m) for m in asked['models']], 'functions': [function(f) for f in asked['functions']]}
json.dump(answer, sys.stdout)
