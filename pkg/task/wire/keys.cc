#include "pkg/task/wire/keys.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "pkg/text/utf8.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace {

constexpr size_t kMaxQueueName = 200;

std::string Key(std::string_view queue, std::string_view suffix) {
  return fmt::format("asynq:{{{}}}:{}", queue, suffix);
}

std::string_view Name(Counter counter) {
  return counter == Counter::kProcessed ? "processed" : "failed";
}

// The wire format asks for MD5; nothing secret hangs on it.
std::string Md5Hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr);
  return absl::BytesToHexString({reinterpret_cast<const char*>(digest), size});
}

}  // namespace

std::string QueuePrefix(std::string_view queue) {
  return Key(queue, "");
}
std::string StateKey(std::string_view queue, State state) {
  return Key(queue, Name(state));
}
std::string LeaseKey(std::string_view queue) {
  return Key(queue, "lease");
}
std::string TaskKey(std::string_view queue, std::string_view id) {
  return fmt::format("asynq:{{{}}}:t:{}", queue, id);
}
std::string PausedKey(std::string_view queue) {
  return Key(queue, "paused");
}
std::string GroupsKey(std::string_view queue) {
  return Key(queue, "groups");
}
std::string GroupKey(std::string_view queue, std::string_view group) {
  return fmt::format("asynq:{{{}}}:g:{}", queue, group);
}
std::string AggregationSetsKey(std::string_view queue) {
  return Key(queue, "aggregation_sets");
}

std::string TotalKey(std::string_view queue, Counter counter) {
  return Key(queue, Name(counter));
}
std::string DailyKey(std::string_view queue, Counter counter, absl::Time day) {
  return fmt::format("asynq:{{{}}}:{}:{}", queue, Name(counter),
                     absl::FormatTime("%Y-%m-%d", day, absl::UTCTimeZone()));
}

std::string UniqueKey(std::string_view queue, std::string_view type, const std::optional<std::string>& payload) {
  return fmt::format("asynq:{{{}}}:unique:{}:{}", queue, type, payload ? Md5Hex(*payload) : "");
}

std::string ServerKey(std::string_view id) {
  return fmt::format("asynq:servers:{{{}}}", id);
}
std::string ServerWorkersKey(std::string_view id) {
  return fmt::format("asynq:workers:{{{}}}", id);
}
std::string SchedulerKey(std::string_view id) {
  return fmt::format("asynq:schedulers:{{{}}}", id);
}
std::string SchedulerHistoryKey(std::string_view entry_id) {
  return fmt::format("asynq:scheduler_history:{}", entry_id);
}

std::optional<std::string> QueueNameProblem(std::string_view name) {
  if (absl::StripAsciiWhitespace(text::ToAbsl(name)).empty()) return "must contain one or more characters";
  if (name.size() > kMaxQueueName) return fmt::format("must be at most {} bytes long", kMaxQueueName);
  if (name.find_first_of("{}") != std::string_view::npos) return "must not contain { or }";
  if (!text::IsUtf8(name)) return "must be valid UTF-8";
  return std::nullopt;
}

}  // namespace smallbiznis::task
