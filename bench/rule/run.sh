#!/usr/bin/env bash
# Sets of 1,000, 10,000 and 100,000 rules, in process. One JSON line a case. ROUND_S (1) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
ninja -C "$BUILD_DIR" bench_rule >&2
exec "$BUILD_DIR/bench/bench_rule" "${ROUND_S:-1}"
