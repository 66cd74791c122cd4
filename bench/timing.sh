#!/usr/bin/env bash
# Times the steps of a comparison five times, and prints of each activation the times relative to relu's, ~ where the
# interval holds 1, and how far they are apart. relu(x) and gelu(x) compute relu and gelu bit for bit: what they say of
# each other is noise. A minute on two quiet cores, which it wants.
#
#	bench/timing.sh [FLAGS of actfn compare...]
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
for i in 1 2 3 4 5; do
    "$work/actfn" compare --activations "${ACTIVATIONS:-relu,relu(x),gelu,gelu(x),tanh}" --seeds 1 --epochs 1 \
        -o "$work/c" --progress none --format json "$@" >"$work/$i.json"
done
uptime
python3 - "$work"/?.json <<'P'
import json, sys

results = [json.load(open(path)) for path in sys.argv[1:]]
t = results[0]['timing']
print(t['environment']['cpu'], t['environment']['workers'], 'workers, batch', t['batch'], 'blocks', [min(row['step']['blocks'] for row in r['rows']) for r in results])
for rows in zip(*(r['rows'] for r in results)):
    steps = [row['step'] for row in rows]
    same = ['~' if s['ratio_ci'][0] <= 1 <= s['ratio_ci'][1] else '' for s in steps]
    ratios = [s['ratio'] for s in steps]
    half = [s['ratio_ci'][1] / s['ratio'] - 1 for s in steps]
    print(f"{rows[0]['activation']:24}", '  '.join(f'{m}{r:.3f}×'.rjust(7) for m, r in zip(same, ratios)),
          f"  apart {100 * (max(ratios) / min(ratios) - 1):.1f} %, ± {100 * sum(half) / len(half):.1f} %,",
          f"{1e3 * min(s['seconds'] for s in steps):.2f} to {1e3 * max(s['seconds'] for s in steps):.2f} ms")
P
