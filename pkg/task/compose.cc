#include "pkg/task/compose.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "pkg/status/status.h"
#include "pkg/task/wire/identity.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/utf8.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr std::string_view kDefaultQueue = "default";
constexpr int kDefaultMaxRetry = 25;
constexpr absl::Duration kDefaultTimeout = absl::Minutes(30);
constexpr size_t kMaxId = 200;

using Violations = std::vector<status::FieldViolation>;

bool IsBlank(std::string_view text) {
  return absl::StripAsciiWhitespace(text::ToAbsl(text)).empty();
}

void CheckText(std::string_view field, std::string_view text, Violations& found) {
  if (IsBlank(text)) {
    found.push_back({std::string(field), "must contain one or more characters"});
  } else if (!text::IsUtf8(text)) {
    found.push_back({std::string(field), "must be valid UTF-8"});
  }
}

Violations Check(const Task& task, const EnqueueOptions& options, size_t max_payload_bytes) {
  Violations found;
  CheckText("type", task.type, found);
  if (task.payload && task.payload->size() > max_payload_bytes) {
    found.push_back(
        {"payload", fmt::format("must be at most {} bytes long and has {}", max_payload_bytes, task.payload->size())});
  }
  for (const auto& [name, value] : task.headers) {
    if (!text::IsUtf8(name) || !text::IsUtf8(value)) found.push_back({"headers", "must be valid UTF-8"});
  }
  if (options.queue) {
    if (const auto problem = QueueNameProblem(*options.queue)) found.push_back({"queue", *problem});
  }
  if (options.id) {
    CheckText("id", *options.id, found);
    if (options.id->size() > kMaxId) found.push_back({"id", fmt::format("must be at most {} bytes long", kMaxId)});
  }
  if (options.group) CheckText("group", *options.group, found);
  if (options.unique_for && *options.unique_for < absl::Seconds(1)) {
    found.push_back({"unique_for", "must be at least 1s"});
  }
  if (options.timeout && *options.timeout < absl::ZeroDuration()) found.push_back({"timeout", "must not be negative"});
  if (options.process_at && options.process_in) found.push_back({"process_in", "excludes process_at"});
  return found;
}

}  // namespace

absl::StatusOr<Addition> Compose(const Task& task, const EnqueueOptions& options, size_t max_payload_bytes,
                                 absl::Time now) {
  Violations found = Check(task, options, max_payload_bytes);
  if (!found.empty()) return status::InvalidFields(std::move(found));
  Addition addition;
  Message& message = addition.message;
  message.type = task.type;
  message.payload = task.payload.value_or("");
  message.headers = task.headers;
  message.queue = options.queue.value_or(std::string(kDefaultQueue));
  message.id = options.id ? *options.id : NewUuid();
  message.max_retry = std::max(0, options.max_retry.value_or(kDefaultMaxRetry));
  message.deadline = options.deadline;
  const bool limited = message.deadline || (options.timeout && *options.timeout >= absl::Seconds(1));
  message.timeout = limited ? options.timeout.value_or(absl::ZeroDuration()) : kDefaultTimeout;
  message.retention = options.retention.value_or(absl::ZeroDuration());
  message.group = options.group.value_or("");

  std::optional<absl::Time> at = options.process_at;
  if (options.process_in) at = now + *options.process_in;
  if (at && *at > now) addition.due = at;
  if (options.unique_for) {
    message.unique_key = UniqueKey(message.queue, task.type, task.payload);
    addition.lock_for = *options.unique_for + (addition.due ? *addition.due - now : absl::ZeroDuration());
  }
  return addition;
}

}  // namespace smallbiznis::task
