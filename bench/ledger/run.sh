#!/usr/bin/env bash
# The ledger beside a row-at-a-time one and beside bare bulk insert, on one durable PostgreSQL. One JSON line a case.
# ROUNDS (3) and ROUND_S (4) may be set; CASES names some of: one hundred bulk verify lots, and growth,
# which takes half an hour and so only runs when it is named (GROWTH: at how many entries).
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
ninja -C "$BUILD_DIR" bench_ledger bench_ledger_client controlplane migrate >&2
exec .venv/bin/python bench/ledger/measure.py "$BUILD_DIR/bench"
