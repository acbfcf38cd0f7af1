#!/usr/bin/env bash
# Whether the time of an answer tells who has an account: Login, Register and RequestPasswordReset for addresses that have one
# and that have none, call by call in random order. One JSON line a case. CALLS (2000) of each kind may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
export BUILD_DIR
exec .venv/bin/python bench/identity/measure.py
