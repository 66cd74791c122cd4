#!/usr/bin/env bash
# Times actfn against the same program in PyTorch on this machine, and prints a table.
#
#   bench/peer.sh [ROOT]
#
# ROOT has train/ and test/ with a folder a class; without it Fashion-MNIST is taken, of which Debian
# packages the files. Environment:
#   ROUNDS=5          times that each side of each row is run
#   ROWS="step load"  which rows: step program load photos photos_progressive photos_png
#                     photos_program eval eval_process workers tanh sigmoid zeros resnet8
#                     resnet20 vgg; all
#   EPOCHS=1          of the whole program
#   PYTHON=/usr/bin/python3
# Every value is in bench/.cache/peer.json afterwards; nothing else stays, but the data that was made.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
cache=$here/.cache
python=${PYTHON:-/usr/bin/python3}
idx=/usr/share/datasets/fashion-mnist

die() {
    printf 'peer.sh: %s\n' "$@" >&2
    exit 1
}

[ "$#" -le 1 ] || die "arguments are $#, want at most 1: ROOT"
"$python" -c 'import torch, torchvision' 2>/dev/null ||
    die "$python has no torch and torchvision; on Debian:" "  apt-get install python3-torch python3-torchvision libopenblas0-openmp"

alternatives=/usr/lib/x86_64-linux-gnu
if [ -e "$alternatives/libblas.so.3" ]; then
    for library in libblas.so.3 libopenblas.so.0; do
        wanted=$alternatives/openblas-openmp/$library
        [ "$(readlink -f "$alternatives/$library")" = "$(readlink -f "$wanted")" ] && continue
        die "$library is not OpenBLAS with OpenMP, with which PyTorch is up to twice as fast:" \
            "  apt-get install libopenblas0-openmp" "  update-alternatives --set $library-x86_64-linux-gnu $wanted"
    done
fi

mkdir -p "$cache"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
root=${1:-$cache/fashion-mnist}
[ "$#" = 0 ] || root=$(cd -- "$1" && pwd) || die "ROOT is $1, want a folder"
(
    cd "$here/.."
    CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
    CGO_ENABLED=0 go test -c -o "$work/gotest" ./bench
)

for split in train test; do
    [ ! -d "$root/$split" ] || continue
    [ "$#" = 0 ] || die "$root has no folder $split"
    [ -d "$idx" ] || die "$idx is missing; on Debian:" "  apt-get install dataset-fashion-mnist"
    file=$split
    [ "$split" = train ] || file=t10k
    "$work/actfn" dataset import idx --images "$idx/$file-images-idx3-ubyte.gz" --labels "$idx/$file-labels-idx1-ubyte.gz" \
        "$root/$split" >&2
done

TMPDIR=$work "$python" "$here/peer.py" --actfn "$work/actfn" --gotest "$work/gotest" --root "$root" \
    --rows "${ROWS:-}" --rounds "${ROUNDS:-5}" --epochs "${EPOCHS:-1}" --json "$cache/peer.json"
