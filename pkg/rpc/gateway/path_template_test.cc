#include "pkg/rpc/gateway/path_template.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/rpc/gateway/percent.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {
namespace {

using ::testing::ElementsAre;

// "v1/*/<shelves>/** {name=1..3} :verb", or the error.
std::string Parsed(std::string_view text) {
  const absl::StatusOr<PathTemplate> parsed = ParsePathTemplate(text);
  if (!parsed.ok()) return std::string(parsed.status().message());
  std::vector<std::string> parts;
  for (const PathTemplate::Segment& segment : parsed->segments) {
    parts.push_back(segment.kind == PathTemplate::Segment::Kind::kLiteral ? segment.literal
                    : segment.kind == PathTemplate::Segment::Kind::kOne   ? "*"
                                                                          : "**");
  }
  std::string out = fmt::format("{}", fmt::join(parts, "/"));
  for (const PathTemplate::Variable& variable : parsed->variables) {
    out += fmt::format(" {}={}..{}", fmt::join(variable.field_path, "."), variable.first, variable.end);
  }
  return parsed->verb.empty() ? out : out + " :" + parsed->verb;
}

TEST(PathTemplate, ReadsEveryForm) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"/v1/tenants", "v1/tenants"},
      {"/v1/tenants/{tenant_id}", "v1/tenants/* tenant_id=2..3"},
      {"/v1/tenants/{tenant.tenant_id}", "v1/tenants/* tenant.tenant_id=2..3"},
      {"/v1/{a}/x/{b.c.d}", "v1/*/x/* a=1..2 b.c.d=3..4"},
      {"/v1/{name=shelves/*/books/**}", "v1/shelves/*/books/** name=1..5"},
      {"/v1/{name=shelves/*}/parts/{p}:verb", "v1/shelves/*/parts/* name=1..3 p=4..5 :verb"},
      {"/v1/{name=**}:cancel", "v1/** name=1..2 :cancel"},
      {"/v1/*/x/**", "v1/*/x/**"},
      {"/v1/things:batchGet", "v1/things :batchGet"},
      {"/v1/caf%C3%A9", "v1/caf\xC3\xA9"},
      {"/v1/{name=fixed}", "v1/fixed name=1..2"},
      {"/v1/a:b/c", "v1/a:b/c"},
  };
  for (const auto& [text, parsed] : cases) EXPECT_EQ(Parsed(text), parsed) << text;
}

TEST(PathTemplate, SaysWhatIsWrong) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "the path \"\" must begin with \"/\""},
      {"v1", "the path \"v1\" must begin with \"/\""},
      {"/", "the path \"/\" has the segment \"\""},
      {"/v1/", "the path \"/v1/\" has the segment \"\""},
      {"/v1//x", "the path \"/v1//x\" has the segment \"\""},
      {"/v1/**/x", "the path \"/v1/**/x\" has \"**\" before its end"},
      {"/v1/{a=**}/{b}", "the path \"/v1/{a=**}/{b}\" has \"**\" before its end"},
      {"/v1/{a}/{a}", "the path \"/v1/{a}/{a}\" names a twice"},
      {"/v1/{a", "the path \"/v1/{a\" has a \"{\" without \"}\""},
      {"/v1/{}", "the path \"/v1/{}\" has the field path \"\""},
      {"/v1/{a..b}", "the path \"/v1/{a..b}\" has the field path \"a..b\""},
      {"/v1/{1a}", "the path \"/v1/{1a}\" has the field path \"1a\""},
      {"/v1/{a={b}}", "the path \"/v1/{a={b}}\" has the segment \"{b\""},
      {"/v1/x{a}", "the path \"/v1/x{a}\" has the segment \"x{a}\""},
      {"/v1/{a}x", "the path \"/v1/{a}x\" has \"x\" where \"/\" or the end should be"},
      {"/v1/x:", "the path \"/v1/x:\" has the verb \"\""},
      {"/v1/x:a*", "the path \"/v1/x:a*\" has the verb \"a*\""},
      {"/v1/a%2", "the path \"/v1/a%2\" has the segment \"a%2\""},
      {"/v1/***", "the path \"/v1/***\" has the segment \"***\""},
      {"/v1/a b", "the path \"/v1/a b\" has the segment \"a b\""},
  };
  for (const auto& [text, problem] : cases) EXPECT_EQ(Parsed(text), problem) << text;
}

TEST(SplitPath, KeepsEmptySegments) {
  EXPECT_THAT(SplitPath("/"), ElementsAre(""));
  EXPECT_THAT(SplitPath("/v1/a"), ElementsAre("v1", "a"));
  EXPECT_THAT(SplitPath("/v1//a/"), ElementsAre("v1", "", "a", ""));
}

// What the only variable of the template takes of the path.
std::string Captured(std::string_view path_template, std::string_view path) {
  const PathTemplate parsed = *ParsePathTemplate(path_template);
  const absl::StatusOr<std::string> value = Capture(parsed, parsed.variables[0], SplitPath(path));
  return value.ok() ? *value : std::string(value.status().message());
}

TEST(Capture, DecodesOneSegmentWhollyAndSeveralButForSlashes) {
  EXPECT_EQ(Captured("/v1/{a}", "/v1/x%20y%2Fz%C3%A9+"), "x y/z\xC3\xA9+");
  EXPECT_EQ(Captured("/v1/{a=*}", "/v1/x%2fy"), "x/y");
  EXPECT_EQ(Captured("/v1/{a=s/*}", "/v1/s/x%2Fy%20z"), "s/x%2Fy z");
  EXPECT_EQ(Captured("/v1/{a=**}", "/v1/x%2fy"), "x%2fy");
  EXPECT_EQ(Captured("/v1/{a=s/**}", "/v1/s/x/y/z"), "s/x/y/z");
  EXPECT_EQ(Captured("/v1/{a=s/**}", "/v1/s"), "s");
  EXPECT_EQ(Captured("/v1/{a=**}", "/v1"), "");
  EXPECT_EQ(Captured("/v1/{a=**}", "/v1/x//y/"), "x//y/");
  EXPECT_EQ(Captured("/v1/{a.b}", "/v1/x%2"), "a.b: malformed percent-encoding in the path");
  EXPECT_EQ(Captured("/v1/{a}", "/v1/%zz"), "a: malformed percent-encoding in the path");
}

TEST(PercentDecode, TurnsPlusIntoASpaceOnlyInAQuery) {
  std::string out;
  ASSERT_TRUE(PercentDecode("a+b%2B", PercentRule::kQuery, &out));
  EXPECT_EQ(out, "a b+");
  ASSERT_TRUE(PercentDecode("a+b%2B", PercentRule::kPath, &out));
  EXPECT_EQ(out, "a+b+");
  for (const char* wrong : {"%", "%4", "%4g", "%g4", "a%"})
    EXPECT_FALSE(PercentDecode(wrong, PercentRule::kPath, &out));
}

}  // namespace
}  // namespace smallbiznis::rpc::gateway
