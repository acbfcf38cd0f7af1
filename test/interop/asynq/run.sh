#!/usr/bin/env bash
# Our task queue and Go's asynq v0.24.1, v0.25.1, v0.26.0 and asynqmon v0.7.2 on one private Redis: prints a matrix.
# SHORT=1: a small mixed fleet. SEED (1), ROW, COLUMN: see main.py.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "test/interop/asynq: the peers are written in Go, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" asynq_agent >&2
out=$(realpath "$BUILD_DIR")/interop/asynq
mkdir -p "$out"
(
  cd test/interop/asynq/peer
  go build -buildvcs=false -modfile=v0.24.1.mod -o "$out/v0.24.1" .
  go build -buildvcs=false -modfile=v0.25.1.mod -o "$out/v0.25.1" .
  go build -buildvcs=false -tags=headers -o "$out/v0.26.0" .
  cd ../monitor
  go build -buildvcs=false -o "$out/monitor" .
)
exec .venv/bin/python test/interop/asynq/main.py "$BUILD_DIR/interop/asynq_agent" "$out" "$out/monitor"
