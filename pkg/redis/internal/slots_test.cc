#include "pkg/redis/internal/slots.h"

#include <gtest/gtest.h>

namespace smallbiznis::redis {
namespace {

TEST(SlotsTest, ChecksumIsXmodem) {
  EXPECT_EQ(Crc16("123456789"), 0x31c3);  // Redis Cluster specification, appendix A
  EXPECT_EQ(Crc16(""), 0);
}

TEST(SlotsTest, OnlyTheHashTagCounts) {
  // CLUSTER KEYSLOT of a real server.
  const struct {
    std::string_view key;
    int slot;
  } kRows[] = {
      {"", 0}, {"foo", 12182}, {"somekey", 11058}, {"foo{hash_tag}", 2515}, {"bar{hash_tag}", 2515}, {"hash_tag", 2515},
  };
  for (const auto& row : kRows) EXPECT_EQ(SlotOf(row.key), row.slot) << row.key;
  EXPECT_EQ(SlotOf("{user1000}.following"), SlotOf("user1000"));
  EXPECT_EQ(SlotOf("foo{}{bar}"), Crc16("foo{}{bar}") % kSlots);  // an empty tag is none
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
  EXPECT_EQ(SlotOf("foo{bar}{zap}"), SlotOf("bar"));
  EXPECT_EQ(SlotOf("foo{bar"), Crc16("foo{bar") % kSlots);
}

TEST(SlotsTest, ReadsRedirects) {
  const auto moved = ParseRedirect("MOVED 3999 127.0.0.1:6381");
  ASSERT_TRUE(moved);
  EXPECT_FALSE(moved->ask);
  EXPECT_EQ(moved->to, (Endpoint{.host = "127.0.0.1", .port = 6381}));
  EXPECT_TRUE(ParseRedirect("ASK 3999 h:1")->ask);
  EXPECT_EQ(ParseRedirect("MOVED 3999 ::1:6381")->to.ToString(), "[::1]:6381");
  EXPECT_EQ(ParseRedirect("MOVED 3999 :6381")->to.host, "");
  for (const std::string_view text : {"", "MOVED", "MOVED 1", "MOVED 1 h:x", "ERR MOVED 1 h:1", "ASKING 1 h:1"}) {
    EXPECT_FALSE(ParseRedirect(text)) << text;
  }
}

Reply Range(int first, int last, Reply host, int port) {
  return Reply::Array({Reply::Integer(first), Reply::Integer(last),
                       Reply::Array({std::move(host), Reply::Integer(port), Reply::Bulk("id"), Reply::Array({})}),
                       Reply::Array({Reply::Bulk("replica"), Reply::Integer(1), Reply::Bulk("id2")})});
}

TEST(SlotsTest, ReadsTheMap) {
  const auto ranges = ParseSlots(Reply::Array({Range(0, 100, Reply::Bulk("a"), 1), Range(101, 16383, Reply(), 2),
                                               Range(5, 5, Reply::Bulk(""), 3)}),
                                 "asked");
  ASSERT_TRUE(ranges.ok()) << ranges.status();
  ASSERT_EQ(ranges->size(), 3u);
  EXPECT_EQ((*ranges)[0].last, 100);
  EXPECT_EQ((*ranges)[0].master.ToString(), "a:1");
  EXPECT_EQ((*ranges)[1].master.ToString(), "asked:2");
  EXPECT_EQ((*ranges)[2].master.ToString(), "asked:3");
}

TEST(SlotsTest, RefusesWhatIsNoMap) {
  for (const Reply& reply :
       {Reply(), Reply::Error("ERR This instance has cluster support disabled"), Reply::Array({Reply::Integer(1)}),
        Reply::Array({Range(5, 4, Reply::Bulk("a"), 1)}), Reply::Array({Range(0, 16384, Reply::Bulk("a"), 1)}),
        Reply::Array({Range(-1, 3, Reply::Bulk("a"), 1)}), Reply::Array({Range(0, 3, Reply::Bulk("a"), 0)}),
        Reply::Array({Reply::Array({Reply::Integer(1), Reply::Integer(2)})})}) {
    EXPECT_FALSE(ParseSlots(reply, "asked").ok());
  }
}

}  // namespace
}  // namespace smallbiznis::redis
