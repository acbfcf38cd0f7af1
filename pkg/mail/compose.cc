#include "pkg/mail/compose.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <optional>

#include "pkg/mail/address.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "pkg/text/utf8.h"

namespace smallbiznis::mail {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr size_t kLineBytes = 76;
// "Subject: =?UTF-8?B?" and "?=" leave 55 characters of a first line of 76, base64 of 39 bytes.
constexpr size_t kBytesOfAWord = 39;

std::string Base64(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();
  return text;
}

// Letters, digits, blanks and marks that mean nothing in a header, on one line.
bool IsPlain(std::string_view text) {
  return text.size() <= kBytesOfAWord && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == ' ' || c == '-';
         });
}

// As it is, or as encoded words, each of whole characters, each after the first on a line of its own.
std::string HeaderText(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  std::string words;
  while (!text.empty()) {
    const std::string_view word = text::Utf8Prefix(text, kBytesOfAWord);
    words.append(fmt::format("{}=?UTF-8?B?{}?=", words.empty() ? "" : "\r\n ", Base64(word)));
    text.remove_prefix(word.size());
  }
  return words;
}

std::string HeaderMailbox(const Mailbox& mailbox) {
  if (mailbox.name.empty()) return fmt::format("<{}>", mailbox.address);
  return fmt::format("{}\r\n <{}>", HeaderText(mailbox.name), mailbox.address);
}

std::string WithCrLf(std::string_view text) {
  std::string lines;
  for (const char c : text) {
    if (c == '\n') lines.push_back('\r');
    lines.push_back(c);
  }
  return lines;
}

std::string Body(std::string_view text) {
  const std::string encoded = Base64(WithCrLf(text));
  std::string lines;
  for (size_t at = 0; at < encoded.size(); at += kLineBytes) {
    lines.append(encoded, at, kLineBytes).append(kLineEnd);
  }
  return lines;
}

bool IsId(std::string_view id) {
  return !id.empty() && id.size() <= 100 && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

bool IsBody(std::string_view text) {
  return text.size() <= kMaxTextBytes && text::IsUtf8(text) && std::none_of(text.begin(), text.end(), [](char c) {
           return (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
         });
}

void CheckMailbox(std::string_view field, const Mailbox& mailbox, std::vector<status::FieldViolation>& violations) {
  if (!IsNormalised(mailbox.address)) {
    violations.push_back({fmt::format("{}.address", field), "must be a normalised e-mail address"});
  }
  if (const auto problem = text::Problem(mailbox.name, {.max_characters = kMaxNameCharacters})) {
    violations.push_back({fmt::format("{}.name", field), *problem});
  }
}

std::vector<status::FieldViolation> Violations(const Message& message) {
  std::vector<status::FieldViolation> violations;
  if (!IsId(message.id)) violations.push_back({"id", "must be 1 to 100 of a-z, A-Z, 0-9, dot, underscore and hyphen"});
  CheckMailbox("from", message.from, violations);
  CheckMailbox("to", message.to, violations);
  if (const auto problem =
          text::Problem(message.subject, {.min_characters = 1, .max_characters = kMaxSubjectCharacters})) {
    violations.push_back({"subject", *problem});
  }
  if (!IsBody(message.text)) {
    violations.push_back(
        {"text", fmt::format("must be UTF-8 of at most {} bytes whose only control characters are line "
                             "feeds and tabs",
                             kMaxTextBytes)});
  }
  return violations;
}

}  // namespace

absl::StatusOr<std::string> Compose(const Message& message, absl::Time date) {
  std::vector<status::FieldViolation> violations = Violations(message);
  if (!violations.empty()) return status::InvalidFields(std::move(violations));
  const std::string_view from = message.from.address;
  std::string bytes;
  const auto header = [&bytes](std::string_view name, std::string_view value) {
    bytes.append(fmt::format("{}: {}\r\n", name, value));
  };
  header("Date", absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000", date, absl::UTCTimeZone()));
  header("From", HeaderMailbox(message.from));
  header("To", HeaderMailbox(message.to));
  header("Subject", HeaderText(message.subject));
  header("Message-ID", fmt::format("<{}@{}>", message.id, from.substr(from.rfind('@') + 1)));
  header("MIME-Version", "1.0");
  header("Content-Type", "text/plain; charset=utf-8");
  header("Content-Transfer-Encoding", "base64");
  header("Auto-Submitted", "auto-generated");  // RFC 3834: no holiday notes in answer
  bytes.append(kLineEnd).append(Body(message.text));
  return bytes;
}

}  // namespace smallbiznis::mail
