// The well-known types that JSON and URLs write as one string.
#pragma once

#include <string>
#include <string_view>

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/timestamp.pb.h"

namespace smallbiznis::rpc::json {

// What was expected, for errors.
inline constexpr std::string_view kTimestampText = "a timestamp such as \"2024-05-17T09:30:00Z\"";
inline constexpr std::string_view kDurationText = "a duration such as \"1.5s\"";
inline constexpr std::string_view kFieldMaskText = "a field mask such as \"name,countryCode\"";

// RFC 3339 with "T", any offset ("Z" or "+07:00"), at most 9 digits of a second, years 1 to 9999. False otherwise.
bool ParseTimestamp(std::string_view text, google::protobuf::Timestamp* out);
// "1.5s", at most 9 digits, within 10,000 years.
bool ParseDuration(std::string_view text, google::protobuf::Duration* out);
// "name,filter.countryCode": camelCase becomes snake_case, what is snake_case already stays.
bool ParseFieldMask(std::string_view text, google::protobuf::FieldMask* out);

// Append the canonical form without quotes: 0, 3, 6 or 9 digits of a second, UTC. False when the value is out of range,
// or, for a mask, when a path does not survive the way to camelCase and back.
bool AppendTimestamp(const google::protobuf::Timestamp& value, std::string* out);
bool AppendDuration(const google::protobuf::Duration& value, std::string* out);
bool AppendFieldMask(const google::protobuf::FieldMask& value, std::string* out);

}  // namespace smallbiznis::rpc::json
