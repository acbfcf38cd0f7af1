#include "pkg/password/policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::password {
namespace {

using status::FieldViolation;

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all.append(text);
  return all;
}

TEST(PolicyTest, KeepsWhatIsTypedByteForByte) {
  for (const char* typed :
       {"correct horse battery", "  blanks stay  ", "CaSe StAyS", "пароль из слов", "密码密码密码密码甲乙"}) {
    const auto form = Prepare("password", typed);
    ASSERT_TRUE(form.ok()) << typed << form.status();
    EXPECT_EQ(*form, typed);
  }
}

TEST(PolicyTest, OnePasswordIsOneTextOnEveryKeyboard) {
  EXPECT_EQ(*Prepare("password", "caf\u0065\u0301 au lait"), *Prepare("password", "caf\u00e9 au lait"));
  EXPECT_EQ(*Prepare("password", "a\u00a0b\u3000c\u2003defghij"), "a b c defghij");
  EXPECT_NE(*Prepare("password", "\uff41bcdefghijk"), *Prepare("password", "abcdefghijk")) << "not folded by NFKC";
}

TEST(PolicyTest, CountsCharactersAtBothEnds) {
  EXPECT_FALSE(Prepare("password", "abcdefghi").ok());
  EXPECT_TRUE(Prepare("password", "abcdefghij").ok());
  EXPECT_TRUE(Prepare("password", Repeat("ab", 128)).ok());
  EXPECT_FALSE(Prepare("password", Repeat("ab", 128) + "c").ok());
  EXPECT_TRUE(Prepare("password", Repeat("\U0001F600\U0001F601", 128)).ok());
  EXPECT_FALSE(Prepare("password", Repeat("\U0001F600", 256) + "ab").ok());
  EXPECT_FALSE(Prepare("password", std::string(10'000'000, 'a')).ok());
}

TEST(PolicyTest, RefusesWithTheFieldAndWithoutThePassword) {
  for (const std::string& typed :
       {std::string("short"), std::string("secret\xff secret"), std::string("secret\nsecret"),
        std::string("secret\0secret", 13), std::string("secret\u0085secret"), std::string("ssssssssssss")}) {
    const absl::Status status = Prepare("new_password", typed).status();
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << typed;
    const std::vector<FieldViolation> violations = status::FieldViolations(status);
    ASSERT_EQ(violations.size(), 1u);
    EXPECT_EQ(violations[0].field, "new_password");
    EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr(typed)));
  }
}

}  // namespace
}  // namespace smallbiznis::password
