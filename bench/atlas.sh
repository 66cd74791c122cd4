#!/usr/bin/env bash
# Makes docs/atlas.md again: every activation of the catalogue at ten seeds, an hour on two cores. It can be stopped, and
# goes on where it was with the same ATLAS_WORK.
set -euo pipefail
cd "$(dirname "$0")/.."
work=${ATLAS_WORK:-$(mktemp -d)}
CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
(cd "$work" && ./actfn compare --activations all --baseline relu --seeds 10 -o atlas)
python3 bench/atlas.py "$work/atlas/compare.json" docs >"$work/atlas.md"
mv "$work/atlas.md" docs/atlas.md
