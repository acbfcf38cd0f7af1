#include "pkg/audit/chain.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>
#include <string>

#include "pkg/crypto/crypto.h"

namespace smallbiznis::audit {
namespace {

Record First() {
  return {.number = 1,
          .occurred_at = absl::FromUnixMicros(1'700'000'000'123'456),
          .event = {.tenant = TenantId(11),
                    .principal = "api_key:1",
                    .method = "/x.Y/Z",
                    .resource = "tenants/11",
                    .before_digest = "",
                    .after_digest = std::string(32, '\xab'),
                    .request_id = "r1"},
          .hash = ""};
}

// The hashes were computed by another program from the description in chain.h.
TEST(ChainTest, HashesAsDescribed) {
  EXPECT_EQ(crypto::Hex(HashOf("", First())), "7bf9cf2b76a1046274087637174cca185a55127d0b2de2f598d43b38cbc9f7d3");
  Record second = First();
  second.number = 2;
  second.event.resource = "Gem\xc3\xbcse";
  second.event.before_digest = std::string(32, '\xcd');
  second.event.after_digest = "";
  second.event.request_id = "";
  EXPECT_EQ(crypto::Hex(HashOf(HashOf("", First()), second)),
            "6f460c98ee87b1e9549dea76aa202cedc3acc8a54c3dc93a34038c4048ff5316");
}

TEST(ChainTest, EveryFieldCounts) {
  const std::function<void(Record&)> changes[] = {
      [](Record&) {},
      [](Record& record) { record.number = 2; },
      [](Record& record) { record.occurred_at += absl::Microseconds(1); },
      [](Record& record) { record.event.tenant = TenantId(12); },
      [](Record& record) { record.event.principal = "api_key:2"; },
      [](Record& record) { record.event.method = "/x.Y/A"; },
      [](Record& record) { record.event.resource = "tenants/12"; },
      [](Record& record) { record.event.before_digest = std::string(32, 'b'); },
      [](Record& record) { record.event.after_digest = ""; },
      [](Record& record) { record.event.request_id = "r2"; },
      // The same bytes, with another border between two fields.
      [](Record& record) {
        record.event.principal = "api_key:1/";
        record.event.method = "x.Y/Z";
      },
  };
  std::set<std::string> hashes = {HashOf(std::string(32, 'p'), First())};
  for (const auto& change : changes) {
    Record record = First();
    change(record);
    EXPECT_TRUE(hashes.insert(HashOf("", record)).second) << hashes.size();
  }
}

}  // namespace
}  // namespace smallbiznis::audit
