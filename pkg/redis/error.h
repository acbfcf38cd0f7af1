// Redis errors as absl::Status. The reasons tell a caller what it may do; ErrorText gives Redis' own words.
//
//   never sent, or refused for now (-LOADING -READONLY -MASTERDOWN -CLUSTERDOWN -TRYAGAIN -BUSY -NOREPLICAS)
//                                    -> UNAVAILABLE, REDIS_UNAVAILABLE         nothing was done: safe to repeat
//   sent, then the connection broke  -> UNAVAILABLE, REDIS_REPLY_LOST          done or not, nobody knows
//   sent, no reply in time           -> DEADLINE_EXCEEDED, REDIS_TIMEOUT       done or not, nobody knows
//   interrupted by its owner         -> CANCELLED, REDIS_INTERRUPTED           done or not, nobody knows
//   -OOM                             -> RESOURCE_EXHAUSTED, REDIS_OUT_OF_MEMORY
//   -NOAUTH -WRONGPASS               -> UNAUTHENTICATED, REDIS_AUTHENTICATION
//   -NOPERM                          -> PERMISSION_DENIED, REDIS_PERMISSION
//   any other error reply            -> FAILED_PRECONDITION, REDIS_ERROR
//   a reply of another type or shape than expected, or not RESP at all -> INTERNAL, REDIS_UNEXPECTED_REPLY
//
// No message holds a password.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::redis {

inline constexpr std::string_view kUnavailable = "REDIS_UNAVAILABLE";
inline constexpr std::string_view kReplyLost = "REDIS_REPLY_LOST";
inline constexpr std::string_view kTimeout = "REDIS_TIMEOUT";
inline constexpr std::string_view kInterrupted = "REDIS_INTERRUPTED";
inline constexpr std::string_view kOutOfMemory = "REDIS_OUT_OF_MEMORY";
inline constexpr std::string_view kAuthentication = "REDIS_AUTHENTICATION";
inline constexpr std::string_view kPermission = "REDIS_PERMISSION";
inline constexpr std::string_view kErrorReply = "REDIS_ERROR";
inline constexpr std::string_view kUnexpectedReply = "REDIS_UNEXPECTED_REPLY";

// The status of an error reply; `text` is the reply without the leading '-'.
absl::Status ErrorReply(std::string_view text);

// What Redis said, byte for byte ("ERR no such key", "TASK_ID_CONFLICT"); empty when `error` is no error reply.
std::string ErrorText(const absl::Status& error);

// The command was sent and may have been executed: REDIS_REPLY_LOST, REDIS_TIMEOUT or REDIS_INTERRUPTED.
bool OutcomeUnknown(const absl::Status& error);

}  // namespace smallbiznis::redis
