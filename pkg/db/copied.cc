#include "pkg/db/copied.h"

#include <fmt/format.h>

#include <limits>

#include "pkg/db/fatal.h"
#include "pkg/text/big_endian.h"

namespace smallbiznis::db {
namespace {

// Microseconds since this moment; the extremes are infinity.
const absl::Time kEpoch = absl::FromUnixSeconds(946'684'800);

// Takes an integer of the network's byte order off the front.
template <class Int>
Int TakeInteger(std::string_view& bytes) {
  if (bytes.size() < sizeof(Int)) Fatal("rows of a copy end in the middle");
  const Int value = text::LoadBigEndian<Int>(bytes.data());
  bytes.remove_prefix(sizeof(Int));
  return value;
}

std::string_view Take(std::string_view& bytes, int32_t length) {
  if (length < 0 || bytes.size() < static_cast<size_t>(length)) Fatal("a value of a copy is longer than its row");
  const std::string_view value = bytes.substr(0, static_cast<size_t>(length));
  bytes.remove_prefix(value.size());
  return value;
}

}  // namespace

bool Copied::Next() {
  if (left_.empty()) return false;
  values_.resize(static_cast<size_t>(TakeInteger<int16_t>(left_)));
  for (std::string_view& value : values_) {
    const auto length = TakeInteger<int32_t>(left_);
    value = length == -1 ? std::string_view() : Take(left_, length);
  }
  return true;
}

std::string_view Copied::Value(int column) const {
  if (IsNull(column)) Fatal(fmt::format("column {} of a copy: NULL read as a value", column));
  return values_[static_cast<size_t>(column)];
}

int32_t Copied::Int32(int column) const {
  std::string_view value = Value(column);
  return value.size() == sizeof(int16_t) ? TakeInteger<int16_t>(value) : TakeInteger<int32_t>(value);
}

int64_t Copied::Int64(int column) const {
  std::string_view value = Value(column);
  return TakeInteger<int64_t>(value);
}

absl::Time Copied::Time(int column) const {
  const int64_t micros = Int64(column);
  if (micros == std::numeric_limits<int64_t>::max()) return absl::InfiniteFuture();
  if (micros == std::numeric_limits<int64_t>::min()) return absl::InfinitePast();
  return kEpoch + absl::Microseconds(micros);
}

std::optional<absl::Time> Copied::OptionalTime(int column) const {
  return IsNull(column) ? std::nullopt : std::optional(Time(column));
}

std::optional<int64_t> Copied::OptionalInt64(int column) const {
  return IsNull(column) ? std::nullopt : std::optional(Int64(column));
}

std::vector<int64_t> Copied::Int64Array(int column) const {
  std::string_view value = Value(column);
  const auto dimensions = TakeInteger<int32_t>(value);
  Take(value, 8);  // whether it has NULLs, and the elements' type
  int64_t count = dimensions == 0 ? 0 : 1;
  for (int i = 0; i < dimensions; ++i) {
    count *= TakeInteger<int32_t>(value);
    Take(value, 4);  // the index of its first
  }
  std::vector<int64_t> elements(static_cast<size_t>(count));
  for (int64_t& element : elements) {
    if (TakeInteger<int32_t>(value) != -1) element = TakeInteger<int64_t>(value);
  }
  return elements;
}

}  // namespace smallbiznis::db
