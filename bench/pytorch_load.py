"""The peer of reading the data: decodes ROOT/train and ROOT/test with torchvision and Pillow.

    python3 pytorch_load.py ROOT [--side N --workers W --passes P]

It prints one JSON object. By default there is one process, as the program's DataLoader has it, and images keep their size.
With --workers a DataLoader of so many processes reads all images P times, resized and cropped to N×N.
"""
import argparse
import json
import time

import torch
from torch.utils.data import ConcatDataset, DataLoader
from torchvision import transforms

from pytorch_seed import folder, in_memory

p = argparse.ArgumentParser(description=__doc__.split('\n')[0])
p.add_argument('root', metavar='ROOT')
p.add_argument('--side', type=int)
p.add_argument('--workers', type=int)
p.add_argument('--passes', type=int, default=1, help='so that starting the workers counts for little')
a = p.parse_args()
images, seconds = 0, 0.0
sets = [folder(a.root, split) for split in ('train', 'test')]
if a.side:
    for s in sets:
        square = [transforms.Resize(a.side), transforms.CenterCrop(a.side)]
        s.transform = transforms.Compose([*square, transforms.ToTensor()])
if a.workers:
    torch.set_num_threads(1)
    began = time.perf_counter()
    images = sum(len(y) for _, y in DataLoader(ConcatDataset(sets * a.passes), batch_size=32, num_workers=a.workers))
    seconds = time.perf_counter() - began
else:
    for s in sets:
        x, _, took = in_memory(s)
        images, seconds = images + len(x), seconds + took
print(json.dumps({'images': images, 'seconds': seconds, 'images_per_second': images / seconds}))
