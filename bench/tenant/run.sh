#!/usr/bin/env bash
# CreateTenant beside a pgbench script that runs the same statements, and GetTenant with key authentication. One JSON line a case.
# ROUNDS (3) and ROUND_S (4) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
export BUILD_DIR
command -v go >/dev/null || { echo "bench/tenant: the load client is written in Go, and go is not in PATH" >&2; exit 2; }
mkdir -p "$BUILD_DIR/bench"
(cd bench/tenant/load && go build -o "$OLDPWD/$BUILD_DIR/bench/tenant_load" .)
exec .venv/bin/python bench/tenant/measure.py
