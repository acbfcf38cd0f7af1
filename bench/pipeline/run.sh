#!/usr/bin/env bash
# What the pipeline adds to a gRPC call, and an API key's verification by itself. One JSON line a case.
# ROUNDS (20) and ROUND_S (0.25) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
export BUILD_DIR
ninja -C "$BUILD_DIR" bench_pipeline_ours bench_pipeline_bare bench_pipeline_client bench_pipeline_key controlplane migrate >&2
exec .venv/bin/python bench/pipeline/measure.py "$BUILD_DIR/bench"
