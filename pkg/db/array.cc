#include "pkg/db/array.h"

#include <cstdint>

#include "absl/time/civil_time.h"
#include "pkg/text/big_endian.h"

namespace smallbiznis::db {
namespace {

// Reads one element, quoted or not, and moves `at` behind it.
bool DecodeElement(std::string_view text, size_t& at, std::optional<std::string>& element) {
  std::string value;
  const bool quoted = at < text.size() && text[at] == '"';
  if (quoted) ++at;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (quoted ? c == '"' : c == ',' || c == '}') break;
    if (!quoted && (c == '{' || c == '"')) return false;
    if (c == '\\' && ++at == text.size()) return false;
    value.push_back(text[at]);
  }
  if (at == text.size() || (!quoted && value.empty())) return false;
  if (quoted) ++at;
  if (quoted || value != "NULL") element = std::move(value);
  return true;
}

// The types' numbers: https://www.postgresql.org/docs/15/catalog-pg-type.html
constexpr uint32_t kBytea = 17;
constexpr uint32_t kInt8 = 20;
constexpr uint32_t kText = 25;
constexpr uint32_t kTimestamptz = 1184;

template <class UInt>
void Append(std::string& out, UInt value) {
  char bytes[sizeof value];
  text::StoreBigEndian(value, bytes);
  out.append(bytes, sizeof bytes);
}

void AppendElement(std::string& out, int64_t value) {
  Append<uint32_t>(out, sizeof value);
  Append(out, static_cast<uint64_t>(value));
}

void AppendElement(std::string& out, std::string_view value) {
  Append(out, static_cast<uint32_t>(value.size()));
  out += value;
}

// Microseconds since 2000; its own infinities are the ends of the range.
int64_t Micros(absl::Time time) {
  static const absl::Time kEpoch = absl::FromCivil(absl::CivilSecond(2000, 1, 1), absl::UTCTimeZone());
  if (time == absl::InfiniteFuture()) return INT64_MAX;
  if (time == absl::InfinitePast()) return INT64_MIN;
  return absl::ToUnixMicros(time) - absl::ToUnixMicros(kEpoch);
}

// Dimensions, whether there are NULLs, the elements' type; then the dimension's length and lower bound. `size` is that
// of the elements' bytes.
std::string Head(uint32_t type, size_t length, size_t size) {
  std::string head;
  head.reserve(5 * sizeof(uint32_t) + sizeof(uint32_t) * length + size);
  Append<uint32_t>(head, length == 0 ? 0 : 1);
  Append<uint32_t>(head, 0);
  Append(head, type);
  if (length == 0) return head;
  Append(head, static_cast<uint32_t>(length));
  Append<uint32_t>(head, 1);
  return head;
}

}  // namespace

std::string EncodeArray(const std::vector<int64_t>& values) {
  std::string out = Head(kInt8, values.size(), values.size() * sizeof(int64_t));
  for (const int64_t value : values) AppendElement(out, value);
  return out;
}

std::string EncodeArray(const std::vector<std::string>& values) {
  size_t size = 0;
  for (const std::string& value : values) size += value.size();
  std::string out = Head(kText, values.size(), size);
  for (const std::string& value : values) AppendElement(out, value);
  return out;
}

std::string EncodeArray(const std::vector<absl::Time>& values) {
  std::string out = Head(kTimestamptz, values.size(), values.size() * sizeof(int64_t));
  for (const absl::Time value : values) AppendElement(out, Micros(value));
  return out;
}

std::string EncodeArray(const std::vector<Bytes>& values) {
  size_t size = 0;
  for (const Bytes& value : values) size += value.data.size();
  std::string out = Head(kBytea, values.size(), size);
  for (const Bytes& value : values) AppendElement(out, value.data);
  return out;
}

std::optional<std::vector<std::optional<std::string>>> DecodeArray(std::string_view text) {
  std::vector<std::optional<std::string>> elements;
  if (text == "{}") return elements;
  if (text.empty() || text.front() != '{') return std::nullopt;
  size_t at = 1;
  while (true) {
    if (!DecodeElement(text, at, elements.emplace_back()) || at == text.size()) return std::nullopt;
    const char c = text[at++];
    if (c == '}') break;
    if (c != ',') return std::nullopt;
  }
  if (at != text.size()) return std::nullopt;
  return elements;
}

}  // namespace smallbiznis::db
