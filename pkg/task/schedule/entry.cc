#include "pkg/task/schedule/entry.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "pkg/crypto/crypto.h"
#include "pkg/task/schedule/go_text.h"

namespace smallbiznis::task {
namespace {

// No two lists of texts look the same.
void AppendPart(std::string& all, std::string_view part) {
  all += fmt::format("{}:", part.size());
  all += part;
}

}  // namespace

std::vector<std::string> GoOptions(const Entry& entry) {
  const EnqueueOptions& options = entry.options;
  std::vector<std::string> texts;
  if (options.max_retry) texts.push_back(fmt::format("MaxRetry({})", *options.max_retry));
  if (options.queue) texts.push_back(fmt::format("Queue({})", GoQuote(*options.queue)));
  if (options.id) texts.push_back(fmt::format("TaskID({})", GoQuote(*options.id)));
  if (options.timeout) texts.push_back(fmt::format("Timeout({})", GoDuration(*options.timeout)));
  if (options.deadline) texts.push_back(fmt::format("Deadline({})", GoUnixDate(*options.deadline)));
  if (options.unique_for) texts.push_back(fmt::format("Unique({})", GoDuration(*options.unique_for)));
  if (options.process_at) texts.push_back(fmt::format("ProcessAt({})", GoUnixDate(*options.process_at)));
  if (options.process_in) texts.push_back(fmt::format("ProcessIn({})", GoDuration(*options.process_in)));
  if (options.retention) texts.push_back(fmt::format("Retention({})", GoDuration(*options.retention)));
  if (options.group) texts.push_back(fmt::format("Group({})", GoQuote(*options.group)));
  for (const auto& [name, value] : entry.task.headers) {
    texts.push_back(fmt::format("Header([{},{}])", GoQuote(name), GoQuote(value)));
  }
  return texts;
}

std::string EntryId(const Entry& entry) {
  std::string all;
  AppendPart(all, entry.spec);
  AppendPart(all, entry.task.type);
  if (entry.task.payload) AppendPart(all, *entry.task.payload);
  all += ';';
  std::vector<std::string> options = GoOptions(entry);
  std::sort(options.begin(), options.end());
  for (const std::string& option : options) AppendPart(all, option);
  return crypto::Hex(crypto::Sha256(all));
}

}  // namespace smallbiznis::task
