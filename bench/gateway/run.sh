#!/usr/bin/env bash
# The same echo through our gateway and through grpc-gateway in front of grpc-go. One JSON line a case.
# ROUNDS (3) and ROUND_S (2) may be set.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD_DIR:=build/release}"
command -v go >/dev/null || { echo "bench/gateway: the peer and the client are written in Go, and go is not in PATH" >&2; exit 2; }

ninja -C "$BUILD_DIR" bench_gateway_server >&2

# The Go side is built in a copy: what protoc generates for it never lies among the sources.
out=$BUILD_DIR/bench/gateway
mkdir -p "$out"
cp -R bench/gateway/go.mod bench/gateway/go.sum bench/gateway/peer bench/gateway/load "$out"
apis=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_paths()["purelib"])')
bin=$(realpath "$out")/bin
(cd "$out" && GOFLAGS=-buildvcs=false GOBIN=$bin go install tool)
module=smallbiznis/bench/gateway
map=Msmallbiznis/rpc/v1/policy.proto=$module/policypb,Mbench/gateway/echo.proto=$module/echopb,module=$module
PATH=$bin:$PATH protoc -I . -I api -I "$apis" --go_out="$map:$out" --go-grpc_out="$map:$out" --grpc-gateway_out="$map:$out" \
  bench/gateway/echo.proto
PATH=$bin:$PATH protoc -I api -I "$apis" --go_out="$map:$out" smallbiznis/rpc/v1/policy.proto
(cd "$out" && GOFLAGS=-buildvcs=false go build -o bin/ ./peer ./load)

exec .venv/bin/python bench/gateway/measure.py "$BUILD_DIR/bench/bench_gateway_server" "$bin/peer" "$bin/load"
