#include "pkg/mail/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::mail {
namespace {

struct Case {
  std::string typed;
  std::string form;
};

TEST(AddressTest, OneMailboxHasOneForm) {
  for (const Case& c : {
           Case{"ann@shop.example", "ann@shop.example"},
           Case{"Ann.Lee@Shop.EXAMPLE", "ann.lee@shop.example"},
           Case{"ann+till@shop.example", "ann+till@shop.example"},
           Case{"ａｎｎ＠ｓｈｏｐ．ｅｘａｍｐｌｅ", "ann@shop.example"},
           Case{"\u212Aelvin@shop.example", "kelvin@shop.example"},
           Case{"an\u00ADn@shop.example", "ann@shop.example"},  // a soft hyphen is not seen
           Case{"ann@BÜCHER.example", "ann@xn--bcher-kva.example"},
           Case{"ann@bu\u0308cher.example", "ann@xn--bcher-kva.example"},
           Case{"ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"},
           Case{"ann@shop。example", "ann@shop.example"},
           Case{"o'hara!#$%&*+-/=?^_`{|}~@a.b", "o'hara!#$%&*+-/=?^_`{|}~@a.b"},
       }) {
    const auto form = NormaliseAddress("email", c.typed);
    ASSERT_TRUE(form.ok()) << c.typed;
    EXPECT_EQ(*form, c.form);
    EXPECT_EQ(*NormaliseAddress("email", *form), *form) << "stable";
    EXPECT_TRUE(IsNormalised(*form));
    EXPECT_EQ(IsNormalised(c.typed), c.typed == c.form);
  }
}

TEST(AddressTest, RefusesWithTheFieldAndWithoutTheAddress) {
  for (const std::string& typed : {
           std::string(),
           std::string("ann"),
           std::string("@shop.example"),
           std::string("ann@"),
           std::string("ann@shop"),
           std::string("ann@shop.example."),
           std::string("ann@.example"),
           std::string("ann@@shop.example"),
           std::string("ann lee@shop.example"),
           std::string(".ann@shop.example"),
           std::string("ann.@shop.example"),
           std::string("a..n@shop.example"),
           std::string("\"ann\"@shop.example"),
           std::string("ann@[127.0.0.1]"),
           std::string("ann@127.0.0.1"),
           std::string("ann@shop_1.example"),
           std::string("ann@-shop.example"),
           std::string("ann@shop.example\r\nBcc: x@y.z"),
           std::string("ann\n@shop.example"),
           std::string("ann\0@shop.example", 17),
           std::string("ann@shop.example,x@y.z"),
           std::string("<ann@shop.example>"),
           std::string("аnn@shop.example"),  // a Cyrillic letter
           std::string("ann\xff@shop.example"),
           std::string("ann@xn--a.example"),
       }) {
    const absl::Status status = NormaliseAddress("new_email", typed).status();
    ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << typed;
    EXPECT_EQ(status::FieldViolations(status)[0].field, "new_email");
    if (typed.size() < 9 || typed == "@shop.example") continue;  // parts of the example in the text
    EXPECT_THAT(std::string(status.message()), testing::Not(testing::HasSubstr(typed)));
  }
}

TEST(AddressTest, HoldsTheLimits) {
  EXPECT_TRUE(NormaliseAddress("email", std::string(64, 'a') + "@shop.example").ok());
  EXPECT_FALSE(NormaliseAddress("email", std::string(65, 'a') + "@shop.example").ok());
  const auto of_length = [](size_t bytes) {
    std::string address(60, 'a');
    address.push_back('@');
    while (address.size() < bytes - 60) address.append(std::string(49, 'b')).push_back('.');
    return address.append(bytes - address.size(), 'c');
  };
  EXPECT_EQ(of_length(254).size(), 254u);
  EXPECT_TRUE(NormaliseAddress("email", of_length(254)).ok());
  EXPECT_FALSE(NormaliseAddress("email", of_length(255)).ok());
  EXPECT_FALSE(NormaliseAddress("email", std::string(10'000'000, 'a')).ok());
}

}  // namespace
}  // namespace smallbiznis::mail
