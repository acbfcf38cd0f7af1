#include "pkg/task/broker/addition.h"

#include <algorithm>
#include <string_view>

#include "pkg/status/status.h"
#include "pkg/task/wire/keys.h"

namespace smallbiznis::task {
namespace {

std::string_view Kind(const Addition& addition) {
  if (addition.due) return "scheduled";
  return addition.message.group.empty() ? "pending" : "group";
}

}  // namespace

void Append(const Addition& addition, std::vector<std::string>& args) {
  const bool locks = !addition.message.unique_key.empty();
  args.push_back(addition.message.id);
  args.push_back(Encode(addition.message));
  args.emplace_back(Kind(addition));
  args.push_back(addition.due ? UnixSeconds(*addition.due) : "");
  args.push_back(addition.message.group);
  args.push_back(addition.message.unique_key);
  args.push_back(locks ? std::to_string(std::max<int64_t>(1, absl::ToInt64Seconds(addition.lock_for))) : "");
  args.push_back(addition.tick);
  args.push_back(addition.tick.empty() ? "" : std::to_string(absl::ToInt64Seconds(addition.tick_for)));
}

absl::StatusOr<Added> ParseAdded(const redis::Reply& reply) {
  ASSIGN_OR_RETURN(const std::string_view text, reply.AsText());
  if (text == "added") return Added::kAdded;
  if (text == "conflict") return Added::kConflict;
  if (text == "duplicate") return Added::kDuplicate;
  if (text == "ticked") return Added::kTicked;
  return absl::InternalError("the enqueue script gave an answer that it has not");
}

}  // namespace smallbiznis::task
