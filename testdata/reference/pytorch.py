"""Writes the values of PyTorch, in float64, that optimisers.json and losses.json hold.

    python3 testdata/reference/pytorch.py     (any PyTorch from 1.10 on)
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


for file, rows in {'optimisers': optimisers(), 'losses': losses()}.items():
    text = json.dumps({'source': f'PyTorch {torch.__version__}, float64, by pytorch.py', 'rows': rows})
    (here / f'{file}.json').write_text(text + '\n')
