#include "pkg/redis/reply.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/redis/error.h"
#include "pkg/status/status.h"

namespace smallbiznis::redis {

std::string_view KindName(Reply::Kind kind) {
  switch (kind) {
    case Reply::Kind::kNil:
      return "nil";
    case Reply::Kind::kStatus:
      return "a status";
    case Reply::Kind::kError:
      return "an error";
    case Reply::Kind::kInteger:
      return "an integer";
    case Reply::Kind::kBulk:
      return "a bulk string";
    case Reply::Kind::kArray:
      return "an array";
  }
  return "nothing known";
}

absl::Status Reply::Unexpected(std::string_view wanted) const {
  if (IsError()) return ToStatus();
  return status::Error(absl::StatusCode::kInternal, kUnexpectedReply,
                       fmt::format("expected {} of Redis and got {}", wanted, KindName(kind_)));
}

absl::StatusOr<int64_t> Reply::AsInteger() const {
  if (kind_ != Kind::kInteger) return Unexpected("an integer");
  return std::get<int64_t>(value_);
}

absl::StatusOr<std::string_view> Reply::AsText() const& {
  if (kind_ != Kind::kBulk && kind_ != Kind::kStatus) return Unexpected("a text");
  return std::get<std::string>(value_);
}

absl::StatusOr<std::string> Reply::AsText() && {
  if (kind_ != Kind::kBulk && kind_ != Kind::kStatus) return Unexpected("a text");
  return std::get<std::string>(std::move(value_));
}

absl::StatusOr<std::optional<std::string_view>> Reply::AsOptionalText() const& {
  if (IsNil()) return std::optional<std::string_view>();
  if (kind_ != Kind::kBulk && kind_ != Kind::kStatus) return Unexpected("a text or nil");
  return std::optional<std::string_view>(std::get<std::string>(value_));
}

absl::StatusOr<std::optional<std::string>> Reply::AsOptionalText() && {
  if (IsNil()) return std::optional<std::string>();
  if (kind_ != Kind::kBulk && kind_ != Kind::kStatus) return Unexpected("a text or nil");
  return std::optional<std::string>(std::get<std::string>(std::move(value_)));
}

absl::StatusOr<std::span<const Reply>> Reply::AsArray() const& {
  if (kind_ != Kind::kArray) return Unexpected("an array");
  return std::span<const Reply>(std::get<std::vector<Reply>>(value_));
}

absl::StatusOr<std::vector<Reply>> Reply::AsArray() && {
  if (kind_ != Kind::kArray) return Unexpected("an array");
  return std::get<std::vector<Reply>>(std::move(value_));
}

absl::Status Reply::ToStatus() const {
  return IsError() ? ErrorReply(error_text()) : absl::OkStatus();
}

std::string_view Reply::error_text() const {
  return IsError() ? std::string_view(std::get<std::string>(value_)) : std::string_view();
}

}  // namespace smallbiznis::redis
