#!/usr/bin/env bash
# Our task queue and Go's asynq, on one private Redis that keeps nothing. One JSON line a case.
# ROUNDS (3) and N_TASKS (100000) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "bench/task: the peer is written in Go, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" bench_task >&2
peer=$(realpath "$BUILD_DIR")/bench/task_peer
(cd bench/task/peer && go build -buildvcs=false -o "$peer" .)
exec .venv/bin/python bench/task/measure.py "$BUILD_DIR/bench/bench_task" "$peer"
