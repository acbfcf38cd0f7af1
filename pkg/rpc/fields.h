// Between the fields of a request or response and the values of the domain. For api.cc files.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc {

// Reads an id field. INVALID_ARGUMENT naming `field` when it is no id; whether there is such a thing is another
// question.
template <class IdType>
absl::StatusOr<IdType> ParseId(std::string_view field, std::string_view text) {
  const std::optional<IdType> id = IdType::Parse(text);
  if (!id) return status::InvalidField(field, "must be an id: a positive decimal number below 2^63");
  return *id;
}

inline void SetTime(absl::Time time, google::protobuf::Timestamp* out) {
  const int64_t seconds = absl::ToUnixSeconds(time);  // rounds down, so nanos are never negative
  out->set_seconds(seconds);
  out->set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds))));
}

// Rounded down to the microseconds that the database keeps. INVALID_ARGUMENT naming `field` when it lies outside the
// years 1 to 9999 or its nanos outside of a second.
inline absl::StatusOr<absl::Time> ParseTime(std::string_view field, const google::protobuf::Timestamp& time) {
  if (time.seconds() < -62'135'596'800 || time.seconds() > 253'402'300'799 || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return status::InvalidField(field, "must be a time in the years 1 to 9999");
  }
  return absl::FromUnixSeconds(time.seconds()) + absl::Microseconds(time.nanos() / 1000);
}

// The same bytes for the same content: for digests.
inline std::string StableBytes(const google::protobuf::Message& message) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    message.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace smallbiznis::rpc
