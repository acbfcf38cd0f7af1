#!/usr/bin/env bash
# The ledger's simulation, on a private stack in a temporary folder. SEED= and OPS= (1,000,000; SHORT=1: 20,000) may be set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
[ -n "${OPS:-}" ] || { [ -n "${SHORT:-}" ] && [ "$SHORT" != 0 ] && OPS=20000 || OPS=1000000; }

ninja -C "$BUILD_DIR" ledger_sim >&2
stack=$(mktemp -d /tmp/sb-sim.XXXXXX)
trap 'tools/stack down --wipe --dir "$stack" >/dev/null; rm -rf "$stack"' EXIT
tools/stack up --dir "$stack" --fast >&2
eval "$(tools/stack env --dir "$stack")"
SEED="${SEED:-}" OPS="$OPS" "$BUILD_DIR/test/sim/ledger/ledger_sim"
