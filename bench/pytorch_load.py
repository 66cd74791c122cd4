"""The peer of reading the data: decodes ROOT/train and ROOT/test with torchvision and Pillow.

    python3 pytorch_load.py ROOT

It prints one JSON object. One process, as the program's DataLoader has it.
"""
import json
import sys

from pytorch_seed import folder, in_memory

images, seconds = 0, 0.0
for split in 'train', 'test':
    x, _, took = in_memory(folder(sys.argv[1], split))
    images, seconds = images + len(x), seconds + took
print(json.dumps({'images': images, 'seconds': seconds, 'images_per_second': images / seconds}))
