// Package bench measures actfn: each kernel and the training step against what this machine can do, and,
// by peer.sh, the whole program against the same one in PyTorch. RESULTS.md says how and what came out.
//
//	go test ./bench -run '^$' -bench .
//
// What is not a test here are the two loops that find the machine's limits.
package bench
