#include "services/identity/session/cookie.h"

#include <gtest/gtest.h>

namespace smallbiznis::identity {
namespace {

TEST(CookieTest, FindsOnesOwnAmongOthers) {
  for (const char* header : {"_SID=abc", "a=b; _SID=abc", "_SID=abc; a=b", "a=b;_SID=abc;c=d", " _SID = abc ",
                             ";;_SID=abc;", "x_SID=1; _SID=abc; _SID_=2; _sid=3", "_SID; _SID=abc"}) {
    EXPECT_EQ(FindCookie(header, "_SID"), "abc") << header;
  }
  for (const char* header : {"", "a=b", "x_SID=abc", "_SIDx=abc", "_sid=abc", "_SID", "a=_SID=abc", "\"_SID\"=abc"}) {
    EXPECT_EQ(FindCookie(header, "_SID"), std::nullopt) << header;
  }
  EXPECT_EQ(FindCookie("_SID=", "_SID"), "");
  EXPECT_EQ(FindCookie("_SID=a=b", "_SID"), "a=b");
}

TEST(CookieTest, OfTwoOneWasPlanted) {
  EXPECT_EQ(FindCookie("_SID=abc; _SID=def", "_SID"), std::nullopt);
  EXPECT_EQ(FindCookie("_SID=abc; a=b; _SID=abc", "_SID"), std::nullopt);
  EXPECT_EQ(FindCookie("_SID=abc; _SID=", "_SID"), std::nullopt);
}

TEST(CookieTest, SetsEveryProtectionThereIs) {
  EXPECT_EQ(MakeCookie("_SID", "abc", absl::Minutes(2)),
            "_SID=abc; Max-Age=120; Path=/; HttpOnly; Secure; SameSite=Lax");
  EXPECT_EQ(MakeCookie("_SID", "abc", -absl::Minutes(2)), ClearCookie("_SID").insert(5, "abc"));
  EXPECT_EQ(ClearCookie("_SID"), "_SID=; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=Lax");
}

}  // namespace
}  // namespace smallbiznis::identity
