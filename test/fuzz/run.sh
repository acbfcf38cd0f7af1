#!/usr/bin/env bash
# Runs one of libFuzzer's targets from its corpus, in one process, until something does not hold or SECONDS_MOST (600) are over.
# What broke stays in build/fuzz/broken. KEEP=1: what it found is put into the corpus, as few and as short as cover the same.
set -euo pipefail
cd "$(dirname "$0")/../.."
target=$1
seconds=${SECONDS_MOST:-600}
fuzzer=$BUILD_DIR/test/fuzz/fuzz_$target

ninja -C "$BUILD_DIR" "fuzz_$target" fuzz_corpus >&2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$BUILD_DIR/broken" "$scratch"/{seeds,found,merged}
"$BUILD_DIR/test/fuzz/fuzz_corpus" unpack "test/fuzz/corpus/$target.txt" "$scratch/seeds"
"$fuzzer" -max_total_time="$seconds" -max_len=2048 -timeout=25 -rss_limit_mb=3000 -dict=test/fuzz/cel.dict -use_value_profile=1 \
  -print_final_stats=1 -artifact_prefix="$BUILD_DIR/broken/$target-" "$scratch/found" "$scratch/seeds"
if [ "${KEEP:-}" = 1 ]; then
  "$fuzzer" -set_cover_merge=1 -max_len=2048 "$scratch/merged" "$scratch/seeds" "$scratch/found" 2>&1 | tail -1
  "$BUILD_DIR/test/fuzz/fuzz_corpus" pack "$scratch/merged" >"test/fuzz/corpus/$target.txt"
fi
