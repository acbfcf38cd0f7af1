#!/usr/bin/env bash
# The cases of the Go module cel.dev/expr on pkg/cel: parsed, checked and evaluated as each asks. What is skipped, and
# why, is in test/conformance/cel_skips.txt. The module is fetched by the go client, nothing of it is kept here.
set -euo pipefail
cd "$(dirname "$0")/../../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "test/conformance/cel: the suite is a Go module, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" cel_conformance >&2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
printf 'module smallbiznis/conformance/cel\n\ngo 1.22\n' >"$scratch/go.mod"
suite=$(cd "$scratch" && GOFLAGS=-mod=mod go mod download -json cel.dev/expr@v0.25.3 | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
tests=cel/expr/conformance
protoc -I "$suite/proto" --include_imports --descriptor_set_out="$scratch/descriptors" \
  $tests/test/simple.proto $tests/proto2/test_all_types.proto $tests/proto2/test_all_types_extensions.proto \
  $tests/proto3/test_all_types.proto google/protobuf/{any,duration,empty,field_mask,struct,timestamp,wrappers}.proto
"$BUILD_DIR/conformance/cel_conformance" "$@" test/conformance/cel_skips.txt "$suite/tests/simple/testdata" \
  "$scratch/descriptors"
