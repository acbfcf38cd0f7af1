#!/usr/bin/env bash
# Expressions that are written to blow up, each within 50 ms and 16 MiB. EXPRESSIONS (10000, with SHORT=1 1000) and SEED (1)
# may be set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
[ "${SHORT:-}" = 1 ] && expressions=1000 || expressions=10000

ninja -C "$BUILD_DIR" cel_hostile >&2
exec "$BUILD_DIR/conformance/cel_hostile" "${EXPRESSIONS:-$expressions}" "${SEED:-1}"
