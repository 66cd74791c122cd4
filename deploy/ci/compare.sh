#!/bin/sh
# compare.sh builds actfn, or takes the one at $ACTFN, and judges training with a small model on the built-in sample. Run
# it in the root of a clone:
#
#   sh deploy/ci/compare.sh            exit code 0: all gates pass; 3: one fails; 4: one is not decided
#   sh deploy/ci/compare.sh baseline   make deploy/ci/baseline.json anew, which a change of the results needs
#
# Nothing is kept between commits: cells of another commit are the results of another program.
set -eu

here=deploy/ci
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if [ -z "${ACTFN:-}" ]; then
	ACTFN=$work/actfn
	CGO_ENABLED=0 go build -o "$ACTFN" ./cmd/actfn
fi

compare() {
	"$ACTFN" compare -c configs/quick.yaml --activations relu,mish --seeds 5 --timing=false -o "$work/cells" "$@"
}

case ${1:-check} in
baseline)
	compare --format json >"$work/baseline.json"
	mv "$work/baseline.json" $here/baseline.json
	;;
check)
	compare --baseline-file $here/baseline.json \
		--gate 'relu.accuracy >= 0.7' \
		--gate 'mish vs relu > -10pp' \
		--gate 'relu vs baseline-file < -0.5pp is regression' \
		--gate 'mish vs baseline-file < -0.5pp is regression'
	;;
*)
	echo "compare.sh: argument is $1, want baseline or none" >&2
	exit 2
	;;
esac
