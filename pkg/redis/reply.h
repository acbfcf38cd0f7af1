// One reply of Redis (RESP2).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace smallbiznis::redis {

// A value. The accessors answer INTERNAL, REDIS_UNEXPECTED_REPLY, naming what was expected and what came, or, asked of
// an error reply, its own status (see error.h). An error reply inside an array is an element like any other.
class Reply {
 public:
  enum class Kind { kNil, kStatus, kError, kInteger, kBulk, kArray };

  Reply() = default;  // nil
  static Reply Status(std::string text) { return Reply(Kind::kStatus, std::move(text)); }
  static Reply Error(std::string text) { return Reply(Kind::kError, std::move(text)); }
  static Reply Integer(int64_t value) { return Reply(Kind::kInteger, value); }
  static Reply Bulk(std::string text) { return Reply(Kind::kBulk, std::move(text)); }
  static Reply Array(std::vector<Reply> elements) { return Reply(Kind::kArray, std::move(elements)); }

  Kind kind() const { return kind_; }
  bool IsNil() const { return kind_ == Kind::kNil; }
  bool IsError() const { return kind_ == Kind::kError; }

  absl::StatusOr<int64_t> AsInteger() const;

  // Of a bulk string or a status ("OK"). The view points into this reply; a temporary hands its text over.
  absl::StatusOr<std::string_view> AsText() const&;
  absl::StatusOr<std::string> AsText() &&;
  // nil: nullopt.
  absl::StatusOr<std::optional<std::string_view>> AsOptionalText() const&;
  absl::StatusOr<std::optional<std::string>> AsOptionalText() &&;

  // nil (of a timed-out BLPOP, an aborted EXEC) is no array. The elements belong to this reply.
  absl::StatusOr<std::span<const Reply>> AsArray() const&;
  absl::StatusOr<std::vector<Reply>> AsArray() &&;

  // OK unless this is an error reply.
  absl::Status ToStatus() const;
  // Empty unless this is an error reply.
  std::string_view error_text() const;

  friend bool operator==(const Reply&, const Reply&) = default;

 private:
  friend class ReplyParser;
  using Value = std::variant<int64_t, std::string, std::vector<Reply>>;
  Reply(Kind kind, Value value) : kind_(kind), value_(std::move(value)) {}
  absl::Status Unexpected(std::string_view wanted) const;

  Kind kind_ = Kind::kNil;
  Value value_;
};

std::string_view KindName(Reply::Kind kind);

}  // namespace smallbiznis::redis
