#!/usr/bin/env bash
# Next times of our pkg/cron and of github.com/robfig/cron/v3, side by side: 40,000 rows, with SHORT=1 5,000.
# SEED (1) and ROWS may be set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "test/interop/cron: the peer is written in Go, and go is not in PATH" >&2; exit 2; }
[ "${SHORT:-}" = 1 ] && rows=5000 || rows=40000

ninja -C "$BUILD_DIR" cron_next >&2
peer=$(realpath "$BUILD_DIR")/interop/cron_peer
(cd test/interop/cron && go build -buildvcs=false -o "$peer" .)
exec .venv/bin/python test/interop/cron/compare.py "$BUILD_DIR/interop/cron_next" "$peer" \
  --rows "${ROWS:-$rows}" --seed "${SEED:-1}"
