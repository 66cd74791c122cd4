"""The peer of `actfn eval`: loads the default model's weights and measures its accuracy on ROOT/test.

    python3 pytorch_eval.py ROOT WEIGHTS.safetensors [--in-memory]

It prints one JSON object. With --in-memory the images are decoded before the clock starts, and the
rate is the best of three rounds over them.
"""
import argparse
import json
import os
import struct

import torch
from torch import nn
from torch.utils.data import DataLoader

from pytorch_seed import Model, batches_of, evaluate, folder, in_memory


def safetensors(path):
    """The tensors of a file, all float32: a length, a JSON header, and the values."""
    with open(path, 'rb') as f:
        header = json.loads(f.read(struct.unpack('<Q', f.read(8))[0]))
        values = bytearray(f.read())
    header.pop('__metadata__', None)
    return {name: torch.frombuffer(values, dtype=torch.float32, offset=t['data_offsets'][0],
                                   count=(t['data_offsets'][1] - t['data_offsets'][0]) // 4).view(t['shape'])
            for name, t in header.items()}


def main():
    p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
    p.add_argument('root', metavar='ROOT')
    p.add_argument('weights', metavar='WEIGHTS')
    p.add_argument('--batch-size', type=int, default=32, help='32 is the fastest of 32, 64 and 256')
    p.add_argument('--threads', type=int, default=os.cpu_count())
    p.add_argument('--in-memory', action='store_true')
    a = p.parse_args()
    torch.set_num_threads(a.threads)
    test = folder(a.root, 'test')
    model = Model(test[0][0].shape[-1], len(test.classes), nn.ReLU())
    model.load_state_dict(safetensors(a.weights))
    if a.in_memory:
        x, y, _ = in_memory(test)
        rounds = [evaluate(model, batches_of(x, y, a.batch_size, shuffle=False)) for _ in range(3)]
    else:
        rounds = [evaluate(model, DataLoader(test, batch_size=a.batch_size))]
    images, accuracy, seconds = min(rounds, key=lambda r: r[2])
    print(json.dumps({'accuracy': accuracy, 'images': images, 'images_per_second': images / seconds}))


if __name__ == '__main__':
    main()
