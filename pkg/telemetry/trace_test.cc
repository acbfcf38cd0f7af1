#include "pkg/telemetry/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

namespace smallbiznis::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr std::string_view kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

class Recorder final : public SpanExporter {
 public:
  bool enabled() const override { return on; }
  void Export(const SpanData& span) override { spans.push_back(span); }

  bool on = true;
  std::vector<SpanData> spans;
};

TEST(TraceparentTest, RoundTrips) {
  const std::optional<TraceContext> context = ParseTraceparent(kParent);
  ASSERT_TRUE(context);
  EXPECT_EQ(context->trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(context->span_id(), "00f067aa0ba902b7");
  EXPECT_TRUE(context->sampled);
  EXPECT_EQ(context->ToTraceparent(), kParent);
}

TEST(TraceparentTest, OnlyTheSampledFlagIsRead) {
  EXPECT_FALSE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00")->sampled);
  EXPECT_FALSE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-fe")->sampled);
  EXPECT_TRUE(ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-ff")->sampled);
}

TEST(TraceparentTest, RefusesAnythingElse) {
  const std::vector<std::string> refused = {
      "",
      "00",
      "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // another version
      "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",   // never valid
      "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",   // upper case
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00F067aa0ba902b7-01",   // upper case
      "00-00000000000000000000000000000000-00f067aa0ba902b7-01",   // zero trace
      "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",   // zero span
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",    // short
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-",  // long
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0g",
      "00-4bf92f3577b34da6a3ce929d0e0e473x-00f067aa0ba902b7-01",
      "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7-01",
      "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7_01",
      " 0-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  };
  for (const std::string& text : refused) EXPECT_FALSE(ParseTraceparent(text)) << text;
}

TEST(RandomIdTest, DiffersBetweenThreads) {
  std::set<uint64_t> ids;
  for (int i = 0; i < 8; ++i) {
    std::thread([&ids] {
      for (int n = 0; n < 100; ++n) ids.insert(RandomId());
    }).join();
  }
  EXPECT_THAT(ids, SizeIs(800));
}

TEST(TracerTest, ChildStaysInTheTraceOfItsParent) {
  clock::FakeClock clock(absl::FromUnixSeconds(100));
  Recorder recorder;
  const Tracer tracer(clock, &recorder);
  {
    Span span = tracer.Start("/x.Y/Z", ParseTraceparent(kParent));
    EXPECT_TRUE(span.recording());
    EXPECT_EQ(span.context().trace_id(), "4bf92f3577b34da6a3ce929d0e0e4736");
    EXPECT_NE(span.context().span_id(), "00f067aa0ba902b7");
    span.SetAttribute("rpc.protocol", "grpc");
    span.SetStatus(absl::NotFoundError("no such tenant"));
    clock.Advance(absl::Milliseconds(5));
  }
  ASSERT_THAT(recorder.spans, SizeIs(1));
  const SpanData& span = recorder.spans[0];
  EXPECT_EQ(span.name, "/x.Y/Z");
  EXPECT_EQ(span.parent, 0x00f067aa0ba902b7u);
  EXPECT_EQ(span.start, absl::FromUnixSeconds(100));
  EXPECT_EQ(span.end - span.start, absl::Milliseconds(5));
  EXPECT_EQ(span.status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(span.attributes, ElementsAre(Pair("rpc.protocol", "grpc")));
}

TEST(TracerTest, EndsOnceEvenWhenMoved) {
  clock::FakeClock clock(absl::UnixEpoch());
  Recorder recorder;
  const Tracer tracer(clock, &recorder);
  {
    Span span = tracer.Start("a");
    Span moved = std::move(span);
    moved.End();
    moved.End();
  }
  EXPECT_THAT(recorder.spans, SizeIs(1));
}

TEST(TracerTest, HonoursTheParentsDecisionNotToSample) {
  clock::FakeClock clock(absl::UnixEpoch());
  Recorder recorder;
  const Tracer tracer(clock, &recorder);
  TraceContext parent = *ParseTraceparent(kParent);
  parent.sampled = false;
  const Span span = tracer.Start("a", parent);
  EXPECT_FALSE(span.recording());
  EXPECT_FALSE(span.context().sampled);
  EXPECT_THAT(recorder.spans, IsEmpty());
}

TEST(TracerTest, PassesTheContextOnWhenNobodyRecords) {
  clock::FakeClock clock(absl::UnixEpoch());
  Recorder recorder;
  recorder.on = false;
  for (SpanExporter* exporter : {static_cast<SpanExporter*>(nullptr), static_cast<SpanExporter*>(&recorder)}) {
    const Tracer tracer(clock, exporter);
    const Span child = tracer.Start("a", ParseTraceparent(kParent));
    EXPECT_FALSE(child.recording());
    EXPECT_TRUE(child.context().sampled);
    const Span root = tracer.Start("a");
    EXPECT_TRUE(root.context().valid());
    EXPECT_FALSE(root.context().sampled);
  }
  EXPECT_THAT(recorder.spans, IsEmpty());
}

}  // namespace
}  // namespace smallbiznis::telemetry
