#include "pkg/redis/error.h"

#include <fmt/format.h>

#include "absl/strings/cord.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr char kTextUrl[] = "smallbiznis/redis-error";

struct Meaning {
  std::string_view word;  // the first word of the reply
  absl::StatusCode code;
  std::string_view reason;
};
constexpr Meaning kMeanings[] = {
    {"LOADING", absl::StatusCode::kUnavailable, kUnavailable},
    {"READONLY", absl::StatusCode::kUnavailable, kUnavailable},
    {"MASTERDOWN", absl::StatusCode::kUnavailable, kUnavailable},
    {"CLUSTERDOWN", absl::StatusCode::kUnavailable, kUnavailable},
    {"TRYAGAIN", absl::StatusCode::kUnavailable, kUnavailable},
    {"BUSY", absl::StatusCode::kUnavailable, kUnavailable},
    {"NOREPLICAS", absl::StatusCode::kUnavailable, kUnavailable},
    {"OOM", absl::StatusCode::kResourceExhausted, kOutOfMemory},
    {"NOAUTH", absl::StatusCode::kUnauthenticated, kAuthentication},
    {"WRONGPASS", absl::StatusCode::kUnauthenticated, kAuthentication},
    {"NOPERM", absl::StatusCode::kPermissionDenied, kPermission},
};

}  // namespace

absl::Status ErrorReply(std::string_view text) {
  const std::string_view word = text.substr(0, text.find(' '));
  Meaning meaning{word, absl::StatusCode::kFailedPrecondition, kErrorReply};
  for (const Meaning& known : kMeanings) {
    if (known.word == word) meaning = known;
  }
  absl::Status error = status::Error(meaning.code, meaning.reason, fmt::format("Redis: {}", text));
  error.SetPayload(kTextUrl, absl::Cord(text::ToAbsl(text)));
  return error;
}

std::string ErrorText(const absl::Status& error) {
  const auto payload = error.GetPayload(kTextUrl);
  return payload ? std::string(*payload) : std::string();
}

bool OutcomeUnknown(const absl::Status& error) {
  const std::string reason = status::Reason(error);
  return reason == kReplyLost || reason == kTimeout || reason == kInterrupted;
}

}  // namespace smallbiznis::redis
