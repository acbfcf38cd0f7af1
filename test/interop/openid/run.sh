#!/usr/bin/env bash
# Signing in with a real OpenID Connect provider, npm's oidc-provider (version in peer/package.json), on the loopback: prints a
# line a row. ROW: only the rows whose names contain it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
for program in node npm; do
  command -v $program >/dev/null || { echo "test/interop/openid: the peer runs on Node.js, and $program is not in PATH" >&2; exit 2; }
done

ninja -C "$BUILD_DIR" controlplane migrate >&2
out=$(realpath "$BUILD_DIR")/interop/openid
mkdir -p "$out"
cp test/interop/openid/peer/* "$out"
(cd "$out" && npm ci --silent --no-audit --no-fund --ignore-scripts >&2)
BUILD_DIR="$BUILD_DIR" exec .venv/bin/python test/interop/openid/main.py "$out"
