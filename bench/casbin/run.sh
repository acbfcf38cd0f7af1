#!/usr/bin/env bash
# RBAC with domains in our pkg/casbin and in Go's casbin: checks at four sizes, and loading. One JSON line a case.
# ROUNDS (3) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "bench/casbin: the peer is written in Go, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" bench_casbin >&2
peer=$(realpath "$BUILD_DIR")/bench/casbin_peer
(cd bench/casbin/peer && go build -buildvcs=false -o "$peer" .)
exec .venv/bin/python bench/casbin/measure.py "$BUILD_DIR/bench/bench_casbin" "$peer"
