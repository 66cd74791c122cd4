"""Writes the values of PyTorch, in float64, that optimisers.json, losses.json, schedules.json, learnable_model.json
and layers.json hold.

    python3 testdata/reference/pytorch.py     (any PyTorch from 1.12 on)
"""
import json, pathlib, torch

here = pathlib.Path(__file__).parent
torch.set_default_dtype(torch.float64)


def numbers(t):
    return [float(v) for v in t.detach().reshape(-1)]


def optimisers():
    rows = []
    for name, make in {
        'adam': lambda p: torch.optim.Adam(p, lr=0.01),
        'adam_decay': lambda p: torch.optim.Adam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1),
        'adamw': lambda p: torch.optim.AdamW(p, lr=0.01, weight_decay=0.1),
        'sgd': lambda p: torch.optim.SGD(p, lr=0.1),
        'sgd_decay': lambda p: torch.optim.SGD(p, lr=0.1, weight_decay=0.1),
        'sgd_momentum': lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9),
        'sgd_nesterov': lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        'rmsprop': lambda p: torch.optim.RMSprop(p, lr=0.01),
        'rmsprop_momentum': lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.9, eps=1e-6, momentum=0.5, weight_decay=0.1),
        # foreach: before PyTorch 2.0, NAdam by single tensors counted mu of the step twice
        'nadam': lambda p: torch.optim.NAdam(p, lr=0.01, foreach=True),
        'nadam_decay': lambda p: torch.optim.NAdam(p, lr=0.01, betas=(0.8, 0.95), eps=1e-6, weight_decay=0.1, momentum_decay=0.5, foreach=True),
    }.items():
        torch.manual_seed(0)
        w = torch.randn(7, requires_grad=True)
        row = {'name': name, 'start': numbers(w), 'gradients': [], 'weights': []}
        optimiser = make([w])
        for _ in range(6):
            w.grad = torch.randn(7)
            row['gradients'].append(numbers(w.grad))
            optimiser.step()
            row['weights'].append(numbers(w))
        rows.append(row)
    return rows


def losses():
    rows = []
    for name, weight, smoothing in [('plain', None, 0.), ('smoothed', None, 0.1), ('weighted', [0.5, 2, 1, 0.25], 0.), ('both', [0.5, 2, 1, 0.25], 0.3)]:
        torch.manual_seed(1)
        z = (3 * torch.randn(5, 4)).requires_grad_()
        y = torch.tensor([0, 3, 1, 1, 2])
        loss = torch.nn.CrossEntropyLoss(weight=torch.tensor(weight) if weight else None, label_smoothing=smoothing)(z, y)
        loss.backward()
        rows.append({'name': name, 'weights': weight, 'smoothing': smoothing, 'logits': numbers(z), 'labels': y.tolist(),
                     'loss': float(loss), 'gradient': numbers(z.grad)})
    return rows


def schedules():
    """The rates of 12 epochs of 2 updates. step_epochs count from the end of the warm-up, milestones from the start."""
    lr = torch.optim.lr_scheduler
    epochs, n, rows = 12, 2, []
    for warm, gamma, step, milestones in [
        (0, 0.1, 5, []), (0, 0.5, 3, []), (2, 0.5, 3, []), (0, 0.1, 0, [6, 9]), (0, 0.25, 0, [1]), (3, 0.1, 0, [4, 5, 11]),
    ]:
        rates = []
        optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        rise = lr.LinearLR(optimiser, 1 / (warm * n), 1, warm * n - 1) if warm else None
        if milestones:  # of updates here, where PyTorch counts epochs
            decay = lr.MultiStepLR(optimiser, [m * n for m in milestones], gamma)
            schedule = lr.ChainedScheduler([rise, decay]) if warm else decay
        else:
            decay = lr.StepLR(optimiser, step * n, gamma)
            schedule = lr.SequentialLR(optimiser, [rise, decay], [warm * n]) if warm else decay
        for _ in range(epochs * n):
            rates.append(optimiser.param_groups[0]['lr'])
            optimiser.step()
            schedule.step()
        rows.append({'step_epochs': step, 'milestones': milestones, 'warmup_epochs': warm, 'gamma': gamma, 'rates': rates})
    return rows


for file, rows in {'optimisers': optimisers(), 'losses': losses(), 'schedules': schedules()}.items():
    text = json.dumps({'source': f'PyTorch {torch.__version__}, float64, by pytorch.py', 'rows': rows})
    (here / f'{file}.json').write_text(text + '\n')


def learnable():
    """The model of small_model.json, from its weights on its batches, with activations that learn."""
    given = json.loads((here / 'small_model.json').read_text())
    tensor = lambda a: torch.tensor(a['data']).reshape(a['shape'])
    array = lambda t: {'shape': list(t.shape), 'data': numbers(t)}
    column = lambda p, x: p.reshape(-1, *[1] * (x.dim() - 2)) if len(p) > 1 else p  # a channel's own
    prelu = torch.nn.functional.prelu
    swish = lambda x, b: x * torch.sigmoid(column(b, x) * x)
    mix = lambda x, a: a * torch.relu(x) + (1 - a) * torch.tanh(x)
    models = {}
    for spec, name, f, start, conv, fc in [
        ('prelu', 'slope', prelu, 0.25, 1, 1),
        ('prelu(slope=0.1!channel)', 'slope', prelu, 0.1, 4, 8),
        ('swish_beta(beta=0.5!channel)', 'beta', swish, 0.5, 4, 8),
        ('a*relu(x) + (1 - a)*tanh(x); a=0.5!', 'a', mix, 0.5, 1, 1),
    ]:
        p = {k: tensor(v).requires_grad_() for k, v in given['init'].items()}
        for layer, n in [('conv1', conv), ('fc1', fc)]:
            p[f'{layer}.activation.{name}'] = torch.full((n,), start, requires_grad=True)
        optimiser = torch.optim.Adam(p.values(), lr=0.001)
        steps = []
        for batch in given['batches']:
            x = torch.nn.functional.conv2d(tensor(batch['x']), p['conv1.weight'], p['conv1.bias'], padding=1)
            x = torch.nn.functional.max_pool2d(f(x, p[f'conv1.activation.{name}']), 2).flatten(1)
            x = f(torch.nn.functional.linear(x, p['fc1.weight'], p['fc1.bias']), p[f'fc1.activation.{name}'])
            logits = torch.nn.functional.linear(x, p['fc2.weight'], p['fc2.bias'])
            loss = torch.nn.functional.cross_entropy(logits, torch.tensor(batch['y']))
            optimiser.zero_grad()
            loss.backward()
            step = {'loss': float(loss), 'logits': logits.tolist()}
            if not steps:
                step['grads'] = {k: array(v.grad) for k, v in p.items()}
            steps.append(step)
            optimiser.step()
        models[spec] = {'steps': steps, 'final': {k: array(v) for k, v in p.items()}}
    return {'source': f'PyTorch {torch.__version__}, float64, by pytorch.py', 'models': models}


(here / 'learnable_model.json').write_text(json.dumps(learnable()) + '\n')


def layers():
    """For layers by themselves: inputs, parameters and the gradient of the output, all of them multiples of 1/64 so that
    float32 holds them, and what PyTorch makes of them. Arrays are (N, ...) and lie in PyTorch's order."""
    draw = torch.Generator().manual_seed(2)
    short = lambda t: [float(f'{v:.9g}') for v in numbers(t)]
    array = lambda t: {'shape': list(t.shape), 'data': short(t)}
    grid = lambda *shape: torch.randint(-128, 128, shape, generator=draw) / 64

    def apart(*shape):
        """Values of one image that are all different, and none 0."""
        n = torch.Size(shape[1:]).numel()
        rows = [2 * torch.randperm(n, generator=draw) - n + 1 for _ in range(shape[0])]  # odd or even, 2 apart
        return (torch.stack(rows).reshape(shape) + n % 2 / 2) / 16

    rows = []

    def row(name, f, inputs, parameters=(), mode='train', buffers=()):
        """The gradients are those of the sum of dy*y: of every input and parameter that is a number of its own."""
        inputs = [x.clone().requires_grad_() for x in inputs]
        parameters = [p.clone().requires_grad_() for p in parameters]
        after = [b.clone() for b in buffers]
        y = f(*inputs, *parameters, *after)
        dy = grid(*y.shape)
        gradients = torch.autograd.grad((dy * y).sum(), inputs + parameters)
        rows.append({'name': name, 'mode': mode, 'inputs': [array(x) for x in inputs],
                     'parameters': [array(p) for p in [*parameters, *buffers]],
                     'y': array(y), 'dy': array(dy), 'dinputs': [array(g) for g in gradients[:len(inputs)]],
                     'dparameters': [array(g) for g in gradients[len(inputs):]]})
        if buffers:
            rows[-1]['after'] = [None for _ in parameters] + [array(b) for b in after]

    F = torch.nn.functional
    for name, n, c, h, w, f, size, stride, padding in [
        ('3x3, padding 1', 3, 3, 5, 6, 4, 3, 1, 1),
        ('3x3, stride 2', 3, 3, 8, 7, 5, 3, 2, 0),
        ('5x5, padding 2', 2, 1, 6, 7, 3, 5, 1, 2),
        ('1x1', 3, 2, 4, 3, 3, 1, 1, 0),
    ]:
        row(f'conv2d {name}', lambda x, w, b, s=stride, p=padding: F.conv2d(x, w, b, stride=s, padding=p),
            [grid(n, c, h, w)], [grid(f, c, size, size), grid(f)])
    for name, shape, size, stride in [('2, 2', (3, 2, 5, 7), 2, 2), ('3, 2', (3, 2, 7, 7), 3, 2), ('2, 1', (3, 2, 4, 5), 2, 1)]:
        row(f'max_pool2d {name}', lambda x, k=size, s=stride: F.max_pool2d(x, k, s), [apart(*shape)])
    row('linear', F.linear, [grid(5, 13)], [grid(7, 13), grid(7)])
    for name, f in {'relu': F.relu, 'leaky_relu': F.leaky_relu, 'gelu': F.gelu, 'tanh': torch.tanh}.items():
        row(name, f, [apart(3, 4, 3, 5)])
    row('prelu', F.prelu, [apart(3, 4, 3, 5)], [torch.tensor([0.25])])
    row('prelu by channel', F.prelu, [apart(3, 4, 3, 5)], [grid(4)])
    row('conv2d without bias', lambda x, w: F.conv2d(x, w, stride=2, padding=1), [grid(3, 3, 5, 6)], [grid(4, 3, 3, 3)])
    for name, shape, size, stride in [('2, 2', (3, 2, 5, 7), 2, 2), ('3, 2', (3, 2, 7, 7), 3, 2)]:
        row(f'avg_pool2d {name}', lambda x, k=size, s=stride: F.avg_pool2d(x, k, s), [grid(*shape)])
    row('adaptive_avg_pool2d', lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1), [grid(3, 3, 4, 5)])
    row('shortcut', lambda x: F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, 0, 2)), [grid(3, 2, 5, 6)])
    for name, mode, shape, mean in [
        ('batch_norm', 'train', (3, 4, 3, 5), 0), ('batch_norm, large mean', 'train', (3, 4, 3, 5), 16384),
        ('batch_norm of features', 'train', (5, 7), 0), ('batch_norm, evaluate', 'evaluate', (3, 4, 3, 5), 0),
    ]:
        row(name, lambda x, w, b, m, v, t=mode == 'train': F.batch_norm(x, m, v, w, b, t), [mean + grid(*shape)],
            [grid(shape[1]), grid(shape[1])], mode, [grid(shape[1]), grid(shape[1]).abs()])
    lines = ',\n'.join(json.dumps(r) for r in rows)
    return f'{{"source": "PyTorch {torch.__version__}, float64, by pytorch.py", "rows": [\n{lines}\n]}}\n'


(here / 'layers.json').write_text(layers())
