#include "pkg/mail/compose.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "pkg/status/status.h"

namespace smallbiznis::mail {
namespace {

using testing::HasSubstr;

const absl::Time kDate = absl::FromUnixSeconds(1'700'000'000);

Message Plain() {
  return {.id = "72",
          .from = {.name = "Small Biznis", .address = "no-reply@platform.test"},
          .to = {.name = "", .address = "ann@shop.example"},
          .subject = "Your address",
          .text = "Hello,\nhere is a link.\n"};
}

TEST(ComposeTest, IsTheseBytes) {
  EXPECT_EQ(*Compose(Plain(), kDate),
            "Date: Tue, 14 Nov 2023 22:13:20 +0000\r\n"
            "From: Small Biznis\r\n <no-reply@platform.test>\r\n"
            "To: <ann@shop.example>\r\n"
            "Subject: Your address\r\n"
            "Message-ID: <72@platform.test>\r\n"
            "MIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n"
            "Auto-Submitted: auto-generated\r\n"
            "\r\n"
            "SGVsbG8sDQpoZXJlIGlzIGEgbGluay4NCg==\r\n");
}

// The words of RFC 2047 hold whole characters; "Grüße" is computed by hand here.
TEST(ComposeTest, EncodesWhatIsBeyondAscii) {
  Message message = Plain();
  message.subject = "Grüße";
  EXPECT_THAT(*Compose(message, kDate), HasSubstr("\r\nSubject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"));
  message.subject = "=?UTF-8?B?ZXZpbA==?=";
  EXPECT_THAT(*Compose(message, kDate), HasSubstr("\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP1pYWnBiQT09Pz0=?=\r\n"));
  message.from.name = "\"Ann\" <evil@example.com>";
  EXPECT_THAT(*Compose(message, kDate), testing::Not(HasSubstr("evil@example.com")));
}

TEST(ComposeTest, NoLineIsTooLong) {
  Message message = Plain();
  for (const char* unit : {"ü", "a", "密", "\U0001F600", "a b "}) {
    message.subject = message.from.name = message.text = "";
    for (int i = 0; i < 200 && message.subject.size() + std::string_view(unit).size() <= 200; ++i) {
      message.subject.append(unit);
      message.from.name.append(unit);
    }
    for (int i = 0; i < 1000; ++i) message.text.append(unit);
    const auto bytes = Compose(message, kDate);
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    std::istringstream lines(*bytes);
    for (std::string line; std::getline(lines, line);) {
      EXPECT_EQ(line.back(), '\r');
      EXPECT_LE(line.size(), 77u) << line;
    }
  }
}

TEST(ComposeTest, RefusesWhatWouldBecomeAnotherHeaderOrCommand) {
  const std::string breaks[] = {"\r\nBcc: evil@example.com",
                                "\nBcc: evil@example.com",
                                "\rBcc: evil@example.com",
                                std::string("\0", 1),
                                "\x7f",
                                "\u0085",
                                "\t"};
  for (const std::string& evil : breaks) {
    const auto refused = [&](std::string_view field, auto change) {
      Message message = Plain();
      change(message);
      const absl::Status status = Compose(message, kDate).status();
      ASSERT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
      EXPECT_EQ(status::FieldViolations(status)[0].field, field);
      EXPECT_THAT(std::string(status.message()), testing::Not(HasSubstr("evil")));
    };
    refused("subject", [&](Message& m) { m.subject += evil; });
    refused("from.name", [&](Message& m) { m.from.name += evil; });
    refused("to.name", [&](Message& m) { m.to.name = evil; });
    refused("from.address", [&](Message& m) { m.from.address += evil; });
    refused("to.address", [&](Message& m) { m.to.address += evil; });
    refused("to.address", [&](Message& m) { m.to.address = evil + m.to.address; });
    refused("id", [&](Message& m) { m.id += evil; });
  }
}

TEST(ComposeTest, HoldsTheLimits) {
  Message message = Plain();
  message.subject = std::string(200, 's');
  message.from.name = std::string(200, 'n');
  message.text = std::string(kMaxTextBytes, 't');
  EXPECT_TRUE(Compose(message, kDate).ok());
  message.subject += 's';
  message.from.name += 'n';
  message.text += 't';
  const std::vector<status::FieldViolation> violations = status::FieldViolations(Compose(message, kDate).status());
  ASSERT_EQ(violations.size(), 3u);
  message = Plain();
  message.subject = "";
  EXPECT_FALSE(Compose(message, kDate).ok());
  message = Plain();
  message.to.address = "Ann@shop.example";
  EXPECT_FALSE(Compose(message, kDate).ok()) << "not in its one form";
  message = Plain();
  message.text = "a\rb";
  EXPECT_FALSE(Compose(message, kDate).ok());
  message.text = "a\xff";
  EXPECT_FALSE(Compose(message, kDate).ok());
}

}  // namespace
}  // namespace smallbiznis::mail
