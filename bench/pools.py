#!/usr/bin/python3
"""Trains the pools of runs that the calibration of comparisons deals from: five minutes on two cores.

    go build -o actfn ./cmd/actfn && bench/pools.py ./actfn

Each pool is relu at 400 seeds on the built-in sample, as a text file in internal/compare/testdata/pools: a line a
seed with the number of correct test images and, with several learning rates, for each rate that of validation
images and that of test images.
"""

import glob
import json
import subprocess
import sys
import tempfile
from pathlib import Path

POOLS = {
    # a model that trains well at every seed
    "steady": "--filters 4 --hidden 32 --epochs 2 --lr 0.003",
    # a rate so high that about a tenth of the runs is at chance
    "collapsing": "--filters 4 --hidden 16 --epochs 3 --lr 0.033",
    # three close rates, between which validation chooses
    "rates": "--filters 4 --hidden 16 --epochs 2 --lr 0.01,0.015,0.02 --val-split 0.2",
}
VALIDATION = 400  # images of the sample's 2000 that --val-split 0.2 holds out


def correct(summary):
    """The correct images of validation, where there is one, and of the test, of one run."""
    test = [summary["test"]["correct"]]
    epochs = [e for e in summary["epochs"] if "val_loss" in e]
    if not epochs:
        return test
    tested = min(epochs, key=lambda e: e["val_loss"])  # the first of equals, as in training
    return [round(tested["val_accuracy"] * VALIDATION)] + test


for name in sys.argv[2:] or POOLS:
    flags = POOLS[name]
    with tempfile.TemporaryDirectory() as folder:
        command = f"compare --activations relu --seeds 400 --jobs 2 --timing=false {flags}"
        subprocess.run([sys.argv[1], *command.split(), "-o", folder + "/runs"], check=True, stdout=subprocess.DEVNULL)
        summaries = [json.load(open(f)) for f in glob.glob(folder + "/runs/cells/*/summary.json")]
    summaries.sort(key=lambda s: (s["seed"], s["epochs"][0]["lr"]))
    rates = len({s["epochs"][0]["lr"] for s in summaries})
    rows = [correct(s) for s in summaries]
    lines = [sum(rows[i : i + rates], []) for i in range(0, len(rows), rates)]
    path = Path(__file__).parent.parent / "internal/compare/testdata/pools" / (name + ".txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"# {command}\n" + "".join(" ".join(map(str, line)) + "\n" for line in lines))
