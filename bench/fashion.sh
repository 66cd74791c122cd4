#!/usr/bin/env bash
# Runs the comparison of docs/fashion-mnist.md again and stores its result and pictures: a quarter of an hour on two cores.
#
#	bench/fashion.sh FOLDER    with Fashion-MNIST's four IDX files (Debian: dataset-fashion-mnist)
set -euo pipefail
idx=$(realpath "${1:?name the folder with the IDX files}")
cd "$(dirname "$0")/.."
work=${FASHION_WORK:-$(mktemp -d)}
CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
for split in train t10k; do
    [ -d "$work/fashion/${split/t10k/test}" ] || "$work/actfn" dataset import idx \
        --images "$idx/$split-images-idx3-ubyte.gz" --labels "$idx/$split-labels-idx1-ubyte.gz" "$work/fashion/${split/t10k/test}"
done
out=$PWD/docs/fashion-mnist
cd "$work"
./actfn compare --data fashion --activations relu,leaky_relu,tanh,gelu,silu,mish,sigmoid --seeds 5 --epochs 3 -o runs/fashion
cp runs/fashion/compare.json "$out/fashion.json"
./actfn plot compare runs/fashion -o "$out/compare.png"
./actfn plot curves runs/fashion -o "$out/curves.png"
cell=$(dirname "$(grep -l '"activation": "leaky_relu(slope=0.01)"' runs/fashion/cells/*/summary.json | xargs grep -l '"seed": 1,' | head -n 1)")
./actfn plot confusion "$cell" -o "$out/confusion.png"
