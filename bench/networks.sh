#!/usr/bin/env bash
# Makes the comparisons of docs/networks.md again and stores their results: more than an hour on two cores.
#
#	bench/networks.sh FOLDER    with CIFAR-10 as images, in train/ and test/ with a folder for each class
set -euo pipefail
data=$(realpath "${1:?name the folder with CIFAR-10}")
cd "$(dirname "$0")/.."
work=${NETWORKS_WORK:-$(mktemp -d)}
CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
cp -r configs "$work"
out=$PWD/docs/networks
mkdir -p "$out"
cd "$work"
if [ ! -d cifar10000 ]; then # the first 1000 images of each class, by name
    for class in "$data"/train/*/; do
        mkdir -p "cifar10000/train/$(basename "$class")"
        find "$class" -type f | sort | head -n 1000 | xargs cp -t "cifar10000/train/$(basename "$class")"
    done
    ln -s "$data/test" cifar10000/test
fi
functions=relu,leaky_relu,gelu,silu,mish,tanh,sigmoid
./actfn compare -c configs/resnet8.yaml --data cifar10000 --activations $functions --seeds 5 -o runs/norm
./actfn compare -c configs/resnet8.yaml --data cifar10000 --activations $functions --seeds 5 --norm none -o runs/none
for name in norm none; do
    cp runs/$name/compare.json "$out/$name.json"
    ./actfn plot compare runs/$name -o "$out/$name.png"
done
