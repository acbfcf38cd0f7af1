#include "pkg/task/wire/message.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "pkg/status/status.h"

namespace smallbiznis::task {
namespace {

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}
absl::Time At(double unix_seconds) {
  return absl::UnixEpoch() + absl::Seconds(unix_seconds);
}

Message Plain() {
  Message message;
  message.type = "email:welcome";
  message.payload = R"({"user_id":42})";
  message.id = "11111111-2222-4333-8444-555555555555";
  message.queue = "default";
  message.max_retry = 25;
  message.timeout = absl::Minutes(30);
  return message;
}

Message Full() {
  Message message;
  message.type = "t";
  message.payload = std::string("\x00\xff", 2);
  message.id = "id-1";
  message.queue = "q";
  message.max_retry = 3;
  message.retried = 1;
  message.error = "boom";
  message.timeout = absl::Seconds(30);
  message.deadline = At(1700000100);
  message.unique_key = "asynq:{q}:unique:t:d07d34efac6328007ad67c7e0a985e00";
  message.last_failed_at = At(1700000000);
  message.retention = absl::Seconds(60);
  message.completed_at = At(1700000050);
  message.group = "g1";
  message.headers = {{"k", "v"}};
  return message;
}

// The vectors were computed by hand from the message definitions, not by a program.
TEST(MessageTest, GoldenVectors) {
  EXPECT_EQ(Hex(Encode(Plain())),
            "0a0d656d61696c3a77656c636f6d65120e7b22757365725f6964223a34327d1a2431313131313131312d323232322d343333332d38"
            "3434342d353535353535353535353535220764656661756c74281940880e");
  EXPECT_EQ(Hex(Encode(Full())),
            "0a0174120200ff1a0469642d31220171280330013a04626f6f6d401e48e4e2cfaa0652336173796e713a7b717d3a756e697175653a"
            "743a64303764333465666163363332383030376164363763376530613938356530305880e2cfaa06603c68b2e2cfaa06720267317a"
            "060a016b120176");
}

TEST(MessageTest, EveryFieldComesBack) {
  const std::string bytes = Encode(Full());
  const absl::StatusOr<Message> back = DecodeMessage(bytes);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(Encode(*back), bytes);
  EXPECT_EQ(back->headers, Full().headers);
  EXPECT_EQ(back->deadline, Full().deadline);
  EXPECT_EQ(back->payload, Full().payload);
}

TEST(MessageTest, WhatIsNotThereStaysAway) {
  const absl::StatusOr<Message> back = DecodeMessage(Encode(Plain()));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->deadline, std::nullopt);
  EXPECT_EQ(back->last_failed_at, std::nullopt);
  EXPECT_EQ(back->completed_at, std::nullopt);
  EXPECT_EQ(back->retention, absl::ZeroDuration());
}

TEST(MessageTest, DurationsAreFlooredToSeconds) {
  Message message = Plain();
  message.timeout = absl::Milliseconds(1999);
  EXPECT_EQ(DecodeMessage(Encode(message))->timeout, absl::Seconds(1));
}

TEST(MessageTest, AnErrorTextNeverMakesTheTaskUnreadable) {
  Message message = Plain();
  message.error = "disk \xff gone";
  EXPECT_EQ(DecodeMessage(Encode(message))->error, "disk \xef\xbf\xbd gone");
}

TEST(MessageTest, BytesThatAreNoMessageAreDataLoss) {
  const absl::Status status = DecodeMessage("\x0a\xff").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status::Reason(status), "TASK_UNREADABLE");
}

TEST(ServerInfoTest, GoldenVectorAndBack) {
  const ServerInfo info{.host = "h1",
                        .pid = 4242,
                        .server_id = "sid",
                        .concurrency = 10,
                        .queues = {{"default", 3}},
                        .strict_priority = true,
                        .status = "active",
                        .started_at = At(1700000000.5),
                        .active_workers = 1};
  const std::string bytes = Encode(info);
  EXPECT_EQ(
      Hex(bytes),
      "0a0268311092211a03736964200a2a0b0a0764656661756c74100330013a06616374697665420c0880e2cfaa061080cab5ee014801");
  EXPECT_EQ(Encode(*DecodeServerInfo(bytes)), bytes);
}

TEST(WorkerInfoTest, GoldenVectorAndBack) {
  const WorkerInfo info{.host = "h1",
                        .pid = 4242,
                        .server_id = "sid",
                        .task_id = "id-1",
                        .task_type = "t",
                        .task_payload = std::string("\x00\xff", 2),
                        .queue = "q",
                        .started_at = At(1700000000.5),
                        .deadline = At(1700001800)};
  const std::string bytes = Encode(info);
  EXPECT_EQ(Hex(bytes),
            "0a0268311092211a03736964220469642d312a0174320200ff3a0171420c0880e2cfaa061080cab5ee014a060888f0cfaa06");
  EXPECT_EQ(Encode(*DecodeWorkerInfo(bytes)), bytes);
}

TEST(SchedulerEntryTest, GoldenVectorAndBack) {
  const SchedulerEntry entry{.id = "e1",
                             .spec = "@every 1m",
                             .task_type = "t",
                             .task_payload = "p",
                             .options = {R"(Queue("q"))", "MaxRetry(3)"},
                             .next_at = At(1700000060),
                             .previous_at = std::nullopt};
  const std::string bytes = Encode(entry);
  EXPECT_EQ(Hex(bytes),
            "0a026531120940657665727920316d1a01742201702a0a517565756528227122292a0b4d61785265747279283329320608bce2cfaa"
            "063a0b088092b8c398feffffff01");
  EXPECT_EQ(DecodeSchedulerEntry(bytes)->previous_at, std::nullopt);
  EXPECT_EQ(Encode(*DecodeSchedulerEntry(bytes)), bytes);
}

TEST(EnqueueEventTest, GoldenVectorAndBack) {
  const std::string bytes = Encode(EnqueueEvent{.task_id = "id-1", .at = At(1700000000.5)});
  EXPECT_EQ(Hex(bytes), "0a0469642d31120c0880e2cfaa061080cab5ee01");
  EXPECT_EQ(Encode(*DecodeEnqueueEvent(bytes)), bytes);
}

}  // namespace
}  // namespace smallbiznis::task
