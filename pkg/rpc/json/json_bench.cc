// One call of a usual size, each way.
#include <benchmark/benchmark.h>

#include <string>

#include "google/protobuf/util/json_util.h"
#include "pkg/rpc/json/json.h"
#include "pkg/rpc/json/testing.pb.h"

namespace smallbiznis::rpc::json {
namespace {

constexpr char kText[] = R"({"paymentId":"7230018201","amountMinor":"1250000","currency":"IDR","color":"GREEN",)"
                         R"("createTime":"2024-05-17T09:30:00.250Z"})";

void BM_Parse(benchmark::State& state) {
  testing::Payment payment;
  for (auto _ : state) {
    if (!Parse(kText, &payment).ok()) state.SkipWithError("not parsed");
  }
}
BENCHMARK(BM_Parse);

void BM_Print(benchmark::State& state) {
  testing::Payment payment;
  if (!Parse(kText, &payment).ok()) state.SkipWithError("not parsed");
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!Print(payment, &out).ok()) state.SkipWithError("not printed");
  }
}
BENCHMARK(BM_Print);

void BM_ProtobufParse(benchmark::State& state) {
  testing::Payment payment;
  for (auto _ : state) {
    payment.Clear();
    if (!google::protobuf::util::JsonStringToMessage(kText, &payment).ok()) state.SkipWithError("not parsed");
  }
}
BENCHMARK(BM_ProtobufParse);

void BM_ProtobufPrint(benchmark::State& state) {
  testing::Payment payment;
  if (!Parse(kText, &payment).ok()) state.SkipWithError("not parsed");
  std::string out;
  for (auto _ : state) {
    out.clear();
    if (!google::protobuf::util::MessageToJsonString(payment, &out).ok()) state.SkipWithError("not printed");
  }
}
BENCHMARK(BM_ProtobufPrint);

}  // namespace
}  // namespace smallbiznis::rpc::json
