#include "pkg/crypto/page_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::crypto {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;

Keyring TestRing(char digit = '1') {
  return *Keyring::FromText(std::string(64, digit));
}

TEST(PageSizeTest, IsBoundedAndHasADefault) {
  EXPECT_EQ(PageSize(0).value(), 50);
  EXPECT_EQ(PageSize(1).value(), 1);
  EXPECT_EQ(PageSize(1000).value(), 1000);
  for (const int32_t asked : {-1, 1001, INT32_MIN, INT32_MAX}) {
    EXPECT_THAT(status::FieldViolations(PageSize(asked).status()),
                ElementsAre(Field(&status::FieldViolation::field, "page_size")))
        << asked;
  }
}

TEST(PageTokensTest, GivesTheCursorBack) {
  const Keyring ring = TestRing();
  const PageTokens tokens(ring);
  for (const std::string& cursor :
       {std::string(), std::string("72"), std::string("72\0\xff", 4), std::string(800, 'n')}) {
    const std::string token = tokens.Make({"Tenants", "filter"}, cursor);
    EXPECT_EQ(token.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), token.npos);
    EXPECT_EQ(tokens.Open({"Tenants", "filter"}, token).value(), cursor);
  }
}

TEST(PageTokensTest, RefusesForeignAndChangedTokensNamingTheField) {
  const Keyring ring = TestRing();
  const Keyring other_ring = TestRing('2');
  const PageTokens tokens(ring);
  const std::string token = tokens.Make({"Tenants", "a"}, "72");
  std::string changed = token;
  changed[10] = changed[10] == 'A' ? 'B' : 'A';

  const struct {
    const char* why;
    PageContext context;
    std::string token;
  } cases[] = {
      {"another list", {"Domains", "a"}, token},
      {"another filter", {"Tenants", "b"}, token},
      {"no filter", {"Tenants", ""}, token},
      {"list and filter run together", {"Tenantsa", ""}, token},
      {"another master secret", {"Tenants", "a"}, PageTokens(other_ring).Make({"Tenants", "a"}, "72")},
      {"sealed for another purpose", {"Tenants", "a"}, Base64Url(ring.Seal(Purpose::kIdempotentAnswer, "72", ""))},
      {"a changed character", {"Tenants", "a"}, changed},
      {"cut off", {"Tenants", "a"}, token.substr(0, token.size() - 1)},
      {"the bare cursor", {"Tenants", "a"}, "72"},
      {"padding", {"Tenants", "a"}, token + "="},
      {"empty", {"Tenants", "a"}, ""},
  };
  for (const auto& c : cases) {
    const auto opened = tokens.Open(c.context, c.token);
    EXPECT_EQ(opened.status().code(), absl::StatusCode::kInvalidArgument) << c.why;
    EXPECT_THAT(status::FieldViolations(opened.status()),
                ElementsAre(Field(&status::FieldViolation::field, "page_token")))
        << c.why;
  }
}

}  // namespace
}  // namespace smallbiznis::crypto
