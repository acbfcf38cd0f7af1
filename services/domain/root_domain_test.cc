#include "services/domain/root_domain.h"

#include <gtest/gtest.h>

namespace smallbiznis::domain {
namespace {

TEST(RootDomainTest, TakesDomainNamesInAnyLetterCase) {
  const std::pair<const char*, const char*> cases[] = {
      {"localhost", "kopi.localhost"},     {"Shops.Example.COM", "kopi.shops.example.com"},
      {"a-b.c1.id", "kopi.a-b.c1.id"},     {"xn--80ak6aa92e.com", "kopi.xn--80ak6aa92e.com"},
      {"1st.example", "kopi.1st.example"},
  };
  for (const auto& [text, host] : cases) {
    const auto root = RootDomain::Parse(text);
    ASSERT_TRUE(root.ok()) << text << ": " << root.status();
    EXPECT_EQ(root->Below("kopi"), host);
  }
}

TEST(RootDomainTest, RefusesWhatIsNoDomainName) {
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a."), std::string(".a"), std::string("a..b"), std::string("-a.b"),
        std::string("a-.b"), std::string("a b"), std::string("a_b.c"), std::string("https://a.b"),
        std::string("a.b:80"), std::string("a/b"), std::string("*.a"), std::string("127.0.0.1"), std::string("tök.id"),
        std::string(64, 'a') + ".id"}) {
    EXPECT_EQ(RootDomain::Parse(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(RootDomainTest, LeavesRoomForTheLongestSlug) {
  std::string longest;
  while (longest.size() < 212) longest += "a.";
  longest.resize(211);
  longest += "a";
  ASSERT_EQ(longest.size(), 212u);
  const auto root = RootDomain::Parse(longest);
  ASSERT_TRUE(root.ok()) << root.status();
  EXPECT_EQ(root->Below(std::string(40, 's')).size(), 253u);
  EXPECT_FALSE(RootDomain::Parse("a" + longest).ok());
}

}  // namespace
}  // namespace smallbiznis::domain
