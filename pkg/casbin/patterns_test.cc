// The functions of the matchers, one by one.
#include "pkg/casbin/matcher/patterns.h"

#include "pkg/casbin/matcher/dates.h"
#include "pkg/casbin/policy/model.h"
#include "pkg/casbin/testing.h"

namespace smallbiznis::casbin {
namespace {

struct Row {
  std::string_view text;
  std::string_view pattern;
  bool matches;
};

TEST(PatternsTest, KeyMatch) {
  EXPECT_TRUE(KeyMatch("/foo/bar", "/foo/*"));
  EXPECT_TRUE(KeyMatch("/foo", "/foo*"));
  EXPECT_FALSE(KeyMatch("/foo", "/foo/*"));
  EXPECT_FALSE(KeyMatch("/fox/bar", "/foo/*"));
  EXPECT_EQ(KeyGet("/foo/bar/baz", "/foo/*"), "bar/baz");
  EXPECT_EQ(KeyGet("/foo", "/foo/*"), "");
}

TEST(PatternsTest, KeyMatch2To5) {
  const Row second[] = {{"/book/1", "/book/:id", true}, {"/book/1/2", "/book/:id", false}, {"/a/b/c", "/a/*", true}};
  for (const auto& [text, pattern, matches] : second) EXPECT_EQ(*KeyMatch2(text, pattern), matches) << text;
  const Row third[] = {
      {"/book/1", "/book/{id}", true}, {"/book/", "/book/{id}", false}, {"/x1y/z", "/x{a}y/{b}", true}};
  for (const auto& [text, pattern, matches] : third) EXPECT_EQ(*KeyMatch3(text, pattern), matches) << text;
  EXPECT_TRUE(*KeyMatch4("/parent/1/child/1", "/parent/{id}/child/{id}"));
  EXPECT_FALSE(*KeyMatch4("/parent/1/child/2", "/parent/{id}/child/{id}"));
  EXPECT_FALSE(KeyMatch4("/parent/1", "/(parent)/{id}").ok());
  EXPECT_TRUE(*KeyMatch5("/parent/1?a=b", "/parent/{id}"));
  EXPECT_FALSE(*KeyMatch3("/parent/1?a=b/c", "/parent/{id}"));
}

TEST(PatternsTest, KeyGet2And3) {
  EXPECT_EQ(*KeyGet2("/foo/bar/baz", "/foo/:a/:b", "b"), "baz");
  EXPECT_EQ(*KeyGet2("/foo/bar", "/foo/:a", "b"), "");
  EXPECT_EQ(*KeyGet3("project/proj_x_admin/", "project/proj_{project}_admin/", "project"), "x");
  EXPECT_EQ(*KeyGet3("/a1b2", "/a{x}b{y}", "y"), "2");
}

TEST(PatternsTest, IpMatch) {
  const Row rows[] = {
      {"192.168.2.123", "192.168.2.0/24", true},
      {"192.168.3.1", "192.168.2.0/24", false},
      {"10.0.0.1", "10.0.0.1", true},
      {"2001:db8::1", "2001:db8::/32", true},
      {"10.0.0.1", "::/0", false},
      {"::ffff:10.0.0.1", "10.0.0.0/8", true},
      {"10.0.0.1", "0.0.0.0/0", true},
  };
  for (const auto& [text, pattern, matches] : rows) EXPECT_EQ(*IpMatch(text, pattern), matches) << text << pattern;
  EXPECT_FALSE(IpMatch("10.0.0", "10.0.0.0/8").ok());
  EXPECT_FALSE(IpMatch("10.0.0.1", "10.0.0.0/33").ok());
}

TEST(PatternsTest, GlobMatch) {
  const Row rows[] = {
      {"/foo/bar", "/foo/*", true},
      {"/foo/bar/baz", "/foo/*", false},
      {"/foo/bar/baz", "/foo/**", true},
      {"/a/b/c/d", "/a/**/d", true},
      {"/a/d", "/a/**/d", true},
      {"ab", "a[!c]", true},
      {"ab", "a[a-c]", true},
      {"ab", "a?", true},
      {"a/", "a?", false},
      {"/book/x", "/{pen,book}/?", true},
      {"", "{a,}", true},
      {"a*b", "a\\*b", true},
      {"\u00e4", "?", true},
      {"abc", "{a,b{c,d}}*", true},
      {"/foo", "/foo/**", true},
  };
  for (const auto& [text, pattern, matches] : rows) EXPECT_EQ(*GlobMatch(text, pattern), matches) << text << pattern;
  for (const std::string_view malformed : {"a[", "a{b", "a[]", "x\\"}) EXPECT_FALSE(GlobMatch("ab", malformed).ok());
}

TEST(PatternsTest, Dates) {
  EXPECT_EQ(ParseDate("2026-01-31T10:00:00Z"), 1769853600);
  EXPECT_EQ(ParseDate("2026-01-31T10:00:00.25+02:00"), 1769846400);
  EXPECT_TRUE(ParseDate("2026-01-31 10:00").has_value());
  EXPECT_TRUE(ParseDate("Mon Jan 12 15:04:05 2026").has_value());
  for (const std::string_view none : {"2026-13-31", "data1", "10:00", "2026-1-2", ""}) EXPECT_FALSE(ParseDate(none));
}

TEST(PatternsTest, FieldsAreEscapedWhereTheyBegin) {
  EXPECT_EQ(EscapeFields("r.sub==p.sub&&r2.obj in (p2.obj)"), "r_sub==p_sub&&r2_obj in (p2_obj)");
  EXPECT_EQ(EscapeFields("r.sub == \"a.p.p.l.e\" || user.name == r.sub.p.x"),
            "r_sub == \"a.p.p.l.e\" || user.name == r_sub.p.x");
}

// What binds to what.
TEST(PatternsTest, Operators) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"100 - 1 - 2 == 97", "allow"},
      {"2 ** 3 ** 2 == 64", "allow"},
      {"-2 ** 2 == 4", "allow"},
      {"8 >> 1 << 2 == 16", "allow"},
      {"2 + 3 in (5, 6)", "allow"},
      {"true ? false ? true : false : true", "deny"},
      {"'a' + 1000000 == 'a1e+06'", "allow"},
      {"'2020-01-02' > '2020-01-01'", "allow"},
      {"0x10 == 16", "allow"},
      {"!true == false", "allow"},
      {"7 & 3 | 8 == 11", "allow"},
      {"1 > 2", "deny"},
      {"'a' in ('a')", "allow"},
      {"'b' IN ('a', 'c')", "deny"},
      {"10 % 4 * 3 - 2 == 4", "allow"},
  };
  for (const auto& [matcher, decision] : cases)
    EXPECT_EQ(Ask(*Make(AclModel(matcher), ""), {"", "", ""}), decision) << matcher;
}

}  // namespace
}  // namespace smallbiznis::casbin
