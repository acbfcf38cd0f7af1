#include "pkg/config/value.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "pkg/text/view.h"

namespace smallbiznis::config {
namespace {

constexpr size_t kShownBytes = 64;

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t";
  const size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::vector<std::string> SplitByCommas(std::string_view text) {
  std::vector<std::string> parts;
  while (!Trimmed(text).empty()) {
    const size_t comma = text.find(',');
    parts.emplace_back(Trimmed(text.substr(0, comma)));
    text.remove_prefix(comma == text.npos ? text.size() : comma + 1);
  }
  return parts;
}

std::string DurationText(int64_t milliseconds) {
  return absl::FormatDuration(absl::Milliseconds(milliseconds));
}

std::string RangeText(const Key& key) {
  return key.type == Type::kDuration ? fmt::format("({} to {})", DurationText(key.min), DurationText(key.max))
                                     : fmt::format("({} to {})", key.min, key.max);
}

std::string Expectation(const Key& key) {
  switch (key.type) {
    case Type::kText:
      return std::string(key.expects.empty() ? "text" : key.expects);
    case Type::kInt:
      return fmt::format("a whole number {}", RangeText(key));
    case Type::kBool:
      return "true or false";
    case Type::kDuration:
      return fmt::format("a duration such as 30s, 1m30s or 500ms {}", RangeText(key));
    case Type::kChoice:
      return fmt::format("one of {}", key.choices);
    case Type::kTexts:
      return key.expects.empty() ? "a list of texts" : fmt::format("a list, each {}", key.expects);
  }
  return {};
}

std::string Shown(const Key& key, const RawValue& raw) {
  switch (raw.kind) {
    case RawValue::Kind::kText:
      return key.secret ? "the value" : Quoted(raw.text);
    case RawValue::Kind::kList:
      return "a list";
    case RawValue::Kind::kNestedList:
      return "a list of lists or sections";
    case RawValue::Kind::kSection:
      return "a section";
    case RawValue::Kind::kNothing:
      return "nothing";
  }
  return {};
}

absl::Status Refusal(const std::string& shown, std::string_view expectation) {
  return absl::InvalidArgumentError(fmt::format("{} is not {}", shown, expectation));
}

absl::StatusOr<Value> Mismatch(const Key& key, const RawValue& raw) {
  return Refusal(Shown(key, raw), Expectation(key));
}

absl::StatusOr<Value> OutOfRange(const Key& key, const RawValue& raw) {
  return absl::InvalidArgumentError(fmt::format("{} is out of range {}", Shown(key, raw), RangeText(key)));
}

absl::StatusOr<Value> ParseText(const Key& key, const RawValue& raw) {
  if (key.accepts != nullptr && !key.accepts(raw.text)) return Mismatch(key, raw);
  return raw.text;
}

absl::StatusOr<Value> ParseInt(const Key& key, const RawValue& raw) {
  const char* end = raw.text.data() + raw.text.size();
  int64_t value = 0;
  const auto [stopped, error] = std::from_chars(raw.text.data(), end, value);
  if (error == std::errc::invalid_argument || stopped != end) return Mismatch(key, raw);
  if (error != std::errc() || value < key.min || value > key.max) return OutOfRange(key, raw);
  return value;
}

absl::StatusOr<Value> ParseBool(const Key& key, const RawValue& raw) {
  for (const std::string_view word : {"true", "True", "TRUE"}) {
    if (raw.text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE"}) {
    if (raw.text == word) return false;
  }
  return Mismatch(key, raw);
}

absl::StatusOr<Value> ParseDuration(const Key& key, const RawValue& raw) {
  absl::Duration value;
  if (!absl::ParseDuration(raw.text, &value)) return Mismatch(key, raw);
  if (value < absl::Milliseconds(key.min) || value > absl::Milliseconds(key.max)) return OutOfRange(key, raw);
  return value;
}

absl::StatusOr<Value> ParseChoice(const Key& key, const RawValue& raw) {
  for (const std::string& choice : SplitByCommas(key.choices)) {
    if (raw.text == choice) return raw.text;
  }
  return Mismatch(key, raw);
}

absl::StatusOr<Value> ParseTexts(const Key& key, std::vector<std::string> texts) {
  if (key.accepts != nullptr) {
    const auto wrong = std::find_if_not(texts.begin(), texts.end(), key.accepts);
    if (wrong != texts.end()) return Refusal(key.secret ? "an entry" : Quoted(*wrong), key.expects);
  }
  return texts;
}

}  // namespace

absl::StatusOr<Value> ParseValue(const Key& key, const RawValue& raw) {
  if (key.type == Type::kTexts) {
    const bool is_flat = raw.kind != RawValue::Kind::kSection && raw.kind != RawValue::Kind::kNestedList;
    if (!is_flat) return Mismatch(key, raw);
    return ParseTexts(key, raw.kind == RawValue::Kind::kList ? raw.list : SplitByCommas(raw.text));
  }
  // `PASSWORD:` with nothing behind it is an empty text.
  const bool empty_text = key.type == Type::kText && raw.kind == RawValue::Kind::kNothing;
  if (raw.kind != RawValue::Kind::kText && !empty_text) return Mismatch(key, raw);
  switch (key.type) {
    case Type::kText:
      return ParseText(key, raw);
    case Type::kInt:
      return ParseInt(key, raw);
    case Type::kBool:
      return ParseBool(key, raw);
    case Type::kDuration:
      return ParseDuration(key, raw);
    case Type::kChoice:
      return ParseChoice(key, raw);
    case Type::kTexts:
      break;  // above
  }
  return Mismatch(key, raw);
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kShownBytes)) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  if (text.size() > kShownBytes) out += "...";
  return out + '"';
}

}  // namespace smallbiznis::config
