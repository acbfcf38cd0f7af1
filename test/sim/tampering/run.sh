#!/usr/bin/env bash
# Tampering with the ledger's tables, on a private stack in a temporary folder. SEED= and OPS= (10,000; SHORT=1: 500) may be set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
[ -n "${OPS:-}" ] || { [ -n "${SHORT:-}" ] && [ "$SHORT" != 0 ] && OPS=500 || OPS=10000; }

ninja -C "$BUILD_DIR" ledger_proofs_tamper_integration_test >&2
stack=$(mktemp -d /tmp/sb-sim.XXXXXX)
trap 'tools/stack down --wipe --dir "$stack" >/dev/null; rm -rf "$stack"' EXIT
tools/stack up --dir "$stack" --fast >&2
eval "$(tools/stack env --dir "$stack")"
SEED="${SEED:-}" TAMPERINGS="$OPS" "$BUILD_DIR/services/ledger/proofs/ledger_proofs_tamper_integration_test"
