// Puts the fields of the room's canonical encodings behind each other.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "pkg/text/big_endian.h"

namespace smallbiznis::ledger {

// Writes into memory of a known size, which must outlive it. The caller has counted: nothing is checked here.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}

  char* at() const { return at_; }

  void Byte(uint8_t value) { *at_++ = static_cast<char>(value); }
  void Uint32(size_t value) { Integer(static_cast<uint32_t>(value)); }
  void Int64(int64_t value) { Integer(static_cast<uint64_t>(value)); }
  void Raw(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  void Text(std::string_view text) {
    Uint32(text.size());
    Raw(text);
  }
  void Time(absl::Time time) { Int64(absl::ToUnixMicros(time)); }

  // A byte that says whether a value follows.
  void Optional(std::optional<int64_t> value) {
    Byte(value.has_value());
    if (value) Int64(*value);
  }
  void Optional(std::optional<absl::Time> value) {
    Byte(value.has_value());
    if (value) Time(*value);
  }

 private:
  template <class Unsigned>
  void Integer(Unsigned value) {
    text::StoreBigEndian(value, at_);
    at_ += sizeof value;
  }

  char* at_;
};

}  // namespace smallbiznis::ledger
