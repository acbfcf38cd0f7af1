#include "services/tenant/listing.h"

#include <gtest/gtest.h>

namespace smallbiznis::tenant {
namespace {

TEST(CursorTest, ReadsWhatItFormats) {
  Tenant last{.id = TenantId(72), .name = "Kopi 12 ☕ ", .created_at = absl::FromUnixMicros(1'700'000'000'123'456)};
  for (const Order order : {Order::kNameAsc, Order::kNameDesc}) {
    const auto cursor = ParseCursor(order, CursorText(order, last));
    ASSERT_TRUE(cursor.has_value());
    EXPECT_EQ(cursor->id, last.id);
    EXPECT_EQ(cursor->name, last.name);
  }
  for (const Order order : {Order::kCreateTimeAsc, Order::kCreateTimeDesc}) {
    const auto cursor = ParseCursor(order, CursorText(order, last));
    ASSERT_TRUE(cursor.has_value());
    EXPECT_EQ(cursor->id, last.id);
    EXPECT_EQ(cursor->created_at, last.created_at);
  }
}

TEST(CursorTest, RefusesWhatIsNone) {
  for (const char* text : {"", "72", "x 5", "0 5", "72 x", "72 ", " 5"}) {
    EXPECT_EQ(ParseCursor(Order::kCreateTimeAsc, text).has_value(), false) << text;
  }
}

TEST(PatternTest, LeavesNoWildcardToTheCaller) {
  EXPECT_EQ(ContainsPattern("kopi"), "%kopi%");
  EXPECT_EQ(ContainsPattern(R"(50%_off\)"), R"(%50\%\_off\\%)");
}

}  // namespace
}  // namespace smallbiznis::tenant
