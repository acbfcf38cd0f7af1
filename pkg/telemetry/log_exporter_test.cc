#include "pkg/telemetry/log_exporter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/log/testing.h"

namespace smallbiznis::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(LogExporterTest, WritesASpanAsOneLine) {
  const log::CapturedLog log;
  clock::FakeClock clock(absl::UnixEpoch());
  LogExporter exporter(log.logger());
  exporter.Export({.name = "/x.Y/Z",
                   .context = {.trace_high = 1, .trace_low = 2, .span = 3, .sampled = true},
                   .parent = 4,
                   .start = absl::UnixEpoch(),
                   .end = absl::UnixEpoch() + absl::Microseconds(250),
                   .status = absl::NotFoundError("secret details stay out"),
                   .attributes = {{"rpc_protocol", "grpc"}}});
  EXPECT_THAT(log.lines(),
              ElementsAre(R"({"time":"2026-01-02T03:04:05.000000Z","level":"debug","message":"span","name":"/x.Y/Z",)"
                          R"("trace_id":"00000000000000010000000000000002","span_id":"0000000000000003",)"
                          R"("parent_span_id":"0000000000000004","duration_us":250,"status":"NOT_FOUND",)"
                          R"("rpc_protocol":"grpc"})"));
}

TEST(LogExporterTest, RecordsNothingAboveDebugLevel) {
  const log::CapturedLog log(log::Level::kInfo);
  clock::FakeClock clock(absl::UnixEpoch());
  LogExporter exporter(log.logger());
  const Tracer tracer(clock, &exporter);
  EXPECT_FALSE(tracer.Start("a").recording());
  EXPECT_THAT(log.lines(), IsEmpty());
}

}  // namespace
}  // namespace smallbiznis::telemetry
