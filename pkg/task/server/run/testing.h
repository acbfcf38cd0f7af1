// What the unit tests of a server's parts share: attempts that no queue knows.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "pkg/clock/clock.h"
#include "pkg/redis/client.h"
#include "pkg/task/broker/consumer.h"
#include "pkg/task/server/run/attempt.h"

namespace smallbiznis::task {

class Attempts {
 public:
  std::shared_ptr<Attempt> Make(uint64_t sequence, std::string type = "t") {
    Attempt::Start start;
    start.message.id = "id-" + std::to_string(sequence);
    start.message.queue = "q";
    start.message.type = std::move(type);
    start.sequence = sequence;
    start.lease_end = clock_.Now() + absl::Seconds(30);
    return std::make_shared<Attempt>(std::move(start), consumer_);
  }
  const clock::FakeClock& clock() const { return clock_; }

 private:
  static redis::Options Nowhere() {
    redis::Options options;  // there is nothing: a test that asks it fails
    options.endpoints = {{.host = "", .port = 0, .unix_path = "/nonexistent"}};
    options.command_timeout = absl::Milliseconds(1);
    return options;
  }
  const clock::FakeClock clock_{absl::FromUnixSeconds(1767323045)};
  redis::Client redis_{Nowhere()};
  Consumer consumer_{redis_, clock_};
};

}  // namespace smallbiznis::task
