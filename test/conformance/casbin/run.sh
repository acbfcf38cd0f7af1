#!/usr/bin/env bash
# Casbin's own tests, and random requests on random policies, put to our pkg/casbin and to github.com/casbin/casbin/v2
# v2.135.0, side by side: every decision, every rule that decided. REQUESTS (100000, with SHORT=1 10000) and SEED (1) may
# be set.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "test/conformance/casbin: the peer is written in Go, and go is not in PATH" >&2; exit 2; }
[ "${SHORT:-}" = 1 ] && requests=10000 || requests=100000

ninja -C "$BUILD_DIR" casbin_replay >&2
out=$(realpath "$BUILD_DIR")/conformance
peer=$out/casbin_peer
module=$(cd test/conformance/casbin/peer && go mod download github.com/casbin/casbin/v2 && go build -buildvcs=false -o "$peer" . &&
  go list -m -f '{{.Dir}}' github.com/casbin/casbin/v2)

"$peer" record "$module" "$out/casbin" | "$out/casbin_replay" "Casbin's own tests"
"$peer" generate "${SEED:-1}" "${REQUESTS:-$requests}" | "$out/casbin_replay" "random policies"
