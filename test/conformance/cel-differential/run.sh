#!/usr/bin/env bash
# Generated expressions and activations, put to our pkg/cel and to cel.dev/cel-go v0.33.2: the same values, an error where
# there is one. What may differ, and why, is in explained.txt. EXPRESSIONS (200000, with SHORT=1 20000) and SEED (1) may be
# set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "test/conformance/cel-differential: the peer is written in Go, and go is not in PATH" >&2; exit 2; }
[ "${SHORT:-}" = 1 ] && expressions=20000 || expressions=200000

ninja -C "$BUILD_DIR" cel_replay >&2
here=test/conformance/cel-differential
out=$(realpath "$BUILD_DIR")/conformance
(cd $here/peer && go build -buildvcs=false -o "$out/cel_differential_peer" .)
"$out/cel_differential_peer" "${SEED:-1}" "${EXPRESSIONS:-$expressions}" | "$out/cel_replay" $here/explained.txt
