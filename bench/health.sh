#!/usr/bin/env bash
# Makes the runs and pictures of docs/health.md again: some minutes on two cores.
#
#	bench/health.sh
set -euo pipefail
cd "$(dirname "$0")/.."
work=${HEALTH_WORK:-$(mktemp -d)}
CGO_ENABLED=0 go build -o "$work/actfn" ./cmd/actfn
cp -r configs "$work"
out=$PWD/docs/health
mkdir -p "$out"
cd "$work"
train() { # NAME ARGUMENTS...
    local name=$1
    shift
    [ -f "runs/$name/summary.json" ] || ./actfn train -o "runs/$name" --progress none "$@" || [ $? = 5 ] # 5: it diverged
}
for f in sigmoid tanh relu; do train $f -c configs/six.yaml --activation $f; done
train norm -c configs/six.yaml --activation sigmoid --norm batch
train matched -c configs/six.yaml --activation sigmoid --initialization matched
train without --network resnet --depth 8 --norm none --activation sigmoid --shortcut=false --epochs 5
train with --network resnet --depth 8 --norm none --activation sigmoid --epochs 5
./actfn plot gradients runs/sigmoid runs/tanh runs/relu -o "$out/gradients.png"
./actfn plot gradients runs/sigmoid runs/norm runs/matched -o "$out/cures.png"
./actfn plot inputs runs/sigmoid -o "$out/inputs.png"

for seed in 0 1 2; do
    for f in relu leaky_relu; do
        train high-$f-$seed --activation $f --filters 16,16 --hidden 64 --lr 0.05 --seed $seed
    done
done
./actfn plot health runs/high-relu-0 --figure dead -o "$out/dead.png"

train cube --activation 'x^3' --initialization he --filters 16,16 --hidden 64 --optimizer sgd --lr 0.1 --epochs 5
train cube-clipped --activation 'x^3' --initialization he --filters 16,16 --hidden 64 --optimizer sgd --lr 0.1 --epochs 5 --clip-grad 1
for seed in 0 1 2 3 4; do
    train free-$seed --filters 16,16 --hidden 64 --optimizer sgd --lr 0.1 --epochs 5 --seed $seed
    train clipped-$seed --filters 16,16 --hidden 64 --optimizer sgd --lr 0.1 --epochs 5 --seed $seed --clip-grad 1
done

for seed in 0 1 2 3 4; do
    train adam-1e-3-$seed --activation sigmoid --seed $seed
    for lr in 3e-4 1e-4 1e-5; do train adam-$lr-$seed --activation sigmoid --lr $lr --seed $seed; done
    train momentum-$seed --activation sigmoid --optimizer sgd --lr 0.01 --set train.momentum=0.9 --seed $seed
    train warm-$seed --activation sigmoid --warmup-epochs 3 --seed $seed
    train fitted-$seed --activation sigmoid --initialization matched --seed $seed
    train normed-$seed --activation sigmoid --norm batch --seed $seed
done
./actfn plot inputs runs/adam-1e-3-0 -o "$out/adam.png"

python3 - <<'P'
import glob, json, statistics
for pattern in ('sigmoid', 'tanh', 'relu', 'norm', 'matched', 'without', 'with', 'high-relu-?', 'high-leaky_relu-?', 'cube', 'cube-clipped',
                'free-?', 'clipped-?', 'adam-1e-3-?', 'adam-3e-4-?', 'adam-1e-4-?', 'adam-1e-5-?', 'momentum-?', 'warm-?', 'fitted-?', 'normed-?'):
    accuracy, before, after, update, dead, step = [], [], [], [], [], []
    for folder in sorted(glob.glob('runs/' + pattern)):
        run = json.load(open(folder + '/summary.json'))
        layers = [json.loads(line) for line in open(folder + '/health.jsonl')]
        first = [h for h in layers if h['epoch'] == 0]
        accuracy.append(100 * run['test']['accuracy'])
        before.append(first[0]['gradient_norm'] / first[-1]['gradient_norm'])
        after.append(run['health']['gradient_ratio'] if run['health']['gradient_ratio'] is not None else float('nan'))
        dead.append(100 * (run['health']['dead'] or 0))
        step.append(1e6 * run.get('step_seconds', float('nan')))
        update += [h['update_ratio'] for h in layers if h['epoch'] == 1 and h['layer'] == first[-1]['layer'] and h['update_ratio'] is not None]
    print(f'{pattern:18} accuracy {" ".join(f"{a:.1f}" for a in accuracy)}  ratio before {statistics.median(before):.2g} at the end '
          f'{statistics.median(after):.2g}  dead {statistics.median(dead):.0f} %  update of the last layer in epoch 1 '
          f'{statistics.median(update) if update else float("nan"):.2g}  step {statistics.median(step):.0f} µs')
P
