#include "pkg/rpc/http/wire/gzip.h"

#include <gtest/gtest.h>

namespace smallbiznis::rpc::http {
namespace {

TEST(GzipTest, ReadsAcceptEncoding) {
  struct Case {
    const char* accept;
    bool allowed;
  };
  const Case kCases[] = {
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"deflate, gzip", true},
      {" gzip ; q=0.001", true},
      {"gzip;q=1.0", true},
      {"*", true},
      {"br, *;q=0.1", true},
      {"gzip, *;q=0", true},
      {"", false},
      {"identity", false},
      {"gzipped", false},
      {"gzip;q=0", false},
      {"gzip;Q=0.000", false},
      {"gzip;q=0, *", false},
      {"*;q=0", false},
      {";,;", false},
  };
  for (const Case& c : kCases) EXPECT_EQ(AllowsGzip(c.accept), c.allowed) << c.accept;
}

TEST(GzipTest, RoundTrips) {
  std::string mixed;
  for (unsigned i = 0; i < 300'000; ++i) mixed.push_back(static_cast<char>(i * i >> 7));
  for (const std::string& plain : {std::string(), std::string("a"), std::string(1 << 20, 'x'), mixed}) {
    EXPECT_TRUE(*Gunzip(Gzip(plain), plain.size()) == plain) << plain.size();
  }
}

TEST(GzipTest, StopsOneByteAfterTheLimit) {
  const std::string packed = Gzip(std::string(1000, 'x'));
  EXPECT_EQ(Gunzip(packed, 1000)->size(), 1000u);
  EXPECT_EQ(Gunzip(packed, 999).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(Gunzip(packed, 0).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST(GzipTest, ReadsSeveralMembers) {
  EXPECT_EQ(*Gunzip(Gzip("one ") + Gzip("two"), 7), "one two");
}

TEST(GzipTest, RefusesBrokenStreams) {
  const std::string packed = Gzip("hello hello hello");
  for (size_t cut = 0; cut < packed.size(); ++cut) {
    EXPECT_EQ(Gunzip(packed.substr(0, cut), 100).status().code(), absl::StatusCode::kInvalidArgument) << cut;
  }
  EXPECT_FALSE(Gunzip(packed + "junk", 100).ok());
  std::string wrong_checksum = packed;
  wrong_checksum[packed.size() - 8] ^= 1;
  EXPECT_FALSE(Gunzip(wrong_checksum, 100).ok());
}

}  // namespace
}  // namespace smallbiznis::rpc::http
