// The fields of receipts and heads as JSON values. One value has one text: 64-bit numbers are decimal strings, times
// RFC 3339 in UTC with microseconds, bytes lower-case hex, what is absent is null.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

using Json = nlohmann::json;

absl::Status Malformed(std::string_view what);  // INVALID_ARGUMENT, reason LEDGER_RECEIPT_MALFORMED

// Nothing outside of the years 1 to 9999.
std::optional<std::string> TimeText(absl::Time time);

// Strict JSON in UTF-8 with no name twice in an object.
absl::StatusOr<Json> ParseStrict(std::string_view text);
absl::StatusOr<std::string> Dump(const Json& json);

// Reads the members of an object, each once. After the first that is not as it should be, all others read as empty and
// Finish names it.
class Fields {
 public:
  // `path` names the object in messages: "entry". The object must outlive this.
  Fields(const Json& object, std::string path);

  std::string Text(const char* name);
  std::optional<std::string> OptionalText(const char* name);
  int64_t Int64(const char* name);
  std::optional<int64_t> OptionalInt64(const char* name);
  absl::Time Time(const char* name);
  std::optional<absl::Time> OptionalTime(const char* name);
  template <class Array>  // of bytes
  Array Bytes(const char* name) {
    Array bytes{};
    FromHex(name, Text(name), bytes.data(), bytes.size());
    return bytes;
  }
  // Null when it is not there. A member that is read this way is checked by the caller.
  const Json& Member(const char* name);

  void Fail(const char* name, std::string_view what);
  // Fails also when there was a member that nobody read.
  absl::Status Finish();

 private:
  const Json* Find(const char* name, bool may_be_null);
  std::optional<int64_t> ToInt64(const char* name, const std::string& text);
  std::optional<absl::Time> ToTime(const char* name, const std::string& text);
  void FromHex(const char* name, const std::string& hex, uint8_t* bytes, size_t count);

  const Json& object_;
  const std::string path_;
  std::set<std::string> seen_;
  std::string problem_;
};

}  // namespace smallbiznis::ledger
