#include "pkg/snowflake/id.h"

#include <gtest/gtest.h>

#include <type_traits>

namespace smallbiznis::snowflake {
namespace {

using OrderId = Id<struct OrderTag>;

TEST(IdTest, ParsesOnlyPositiveDecimalText) {
  const struct {
    std::string_view text;
    int64_t want;  // 0: refused
  } cases[] = {
      {"1", 1},
      {"42", 42},
      {"9223372036854775807", INT64_MAX},
      {"9223372036854775808", 0},
      {"99999999999999999999", 0},
      {"", 0},
      {"0", 0},
      {"01", 0},
      {"-1", 0},
      {"+1", 0},
      {" 1", 0},
      {"1 ", 0},
      {"1x", 0},
      {"0x10", 0},
      {"1.0", 0},
      {std::string_view("1\0", 2), 0},
  };
  for (const auto& [text, want] : cases) {
    const std::optional<OrderId> id = OrderId::Parse(text);
    EXPECT_EQ(id ? id->value() : 0, want) << "'" << text << "'";
  }
}

TEST(IdTest, TextIsTheDecimalValue) {
  EXPECT_EQ(OrderId(42).ToString(), "42");
}

TEST(IdTest, ZeroIsNoId) {
  EXPECT_FALSE(OrderId());
  EXPECT_TRUE(OrderId(1));
}

TEST(IdTest, IdsOfDifferentThingsDoNotMix) {
  EXPECT_FALSE((std::is_convertible_v<OrderId, TenantId>));
  EXPECT_FALSE((std::is_convertible_v<int64_t, OrderId>));
  EXPECT_FALSE((std::is_constructible_v<OrderId, TenantId>));
}

TEST(IdTest, OrdersByValue) {
  EXPECT_LT(OrderId(1), OrderId(2));
  EXPECT_EQ(OrderId(2), OrderId(2));
}

}  // namespace
}  // namespace smallbiznis::snowflake
