#!/usr/bin/env bash
# Expressions on pkg/cel, its cost limit on, and on cel-go without and with its cost tracking. One JSON line a case.
# Rule sets too: ours with its index, cel-go evaluating every rule. ROUNDS (3), ROUND_S (1) and CASES ("expressions rules")
# may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "bench/cel: the peer is written in Go, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" bench_cel >&2
peer=$(realpath "$BUILD_DIR")/bench/cel_peer
(cd bench/cel/peer && go build -buildvcs=false -o "$peer" .)
exec .venv/bin/python bench/cel/measure.py "$BUILD_DIR/bench/bench_cel" "$peer"
