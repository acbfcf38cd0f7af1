#include "pkg/text/big_endian.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace smallbiznis::text {
namespace {

template <class Int>
std::string Stored(Int value) {
  std::string bytes(sizeof value, '\0');
  StoreBigEndian(value, bytes.data());
  return bytes;
}

TEST(BigEndianTest, TheHighestByteStandsFirst) {
  EXPECT_EQ(Stored<int16_t>(0x0102), "\x01\x02");
  EXPECT_EQ(Stored<uint32_t>(0x01020304), "\x01\x02\x03\x04");
  EXPECT_EQ(Stored<int64_t>(0x0102030405060708), "\x01\x02\x03\x04\x05\x06\x07\x08");
  EXPECT_EQ(Stored<int32_t>(-2), "\xff\xff\xff\xfe");
}

TEST(BigEndianTest, WhatIsReadIsWhatWasWritten) {
  for (const int64_t value : {std::numeric_limits<int64_t>::min(), int64_t{-1}, int64_t{0}, int64_t{1} << 40}) {
    EXPECT_EQ(LoadBigEndian<int64_t>(Stored(value).data()), value);
  }
  EXPECT_EQ(LoadBigEndian<int16_t>(Stored<int16_t>(-3).data()), -3);
  EXPECT_EQ(LoadBigEndian<uint32_t>(Stored<uint32_t>(0xfedcba98).data()), 0xfedcba98);
}

}  // namespace
}  // namespace smallbiznis::text
