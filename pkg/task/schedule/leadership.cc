#include "pkg/task/schedule/leadership.h"
#include "pkg/task/wire/keys.h"

#include <fmt/format.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "pkg/redis/command.h"
#include "pkg/redis/script.h"
#include "pkg/status/status.h"
#include "pkg/task/wire/identity.h"
#include "pkg/task/wire/keys.h"
#include "pkg/text/view.h"

namespace smallbiznis::task {
namespace schedule_lua {

// Of lua/*.lua, compiled in by embed().
std::string_view hold_lease();
std::string_view release_lease();
std::string_view write_marks();

}  // namespace schedule_lua
namespace {

// A month's entry has its mark for the next time when its schedulers are away for less than this.
constexpr absl::Duration kMarksKept = absl::Hours(24 * 7);

struct Scripts {
  redis::Script hold_lease{std::string(schedule_lua::hold_lease())};
  redis::Script release_lease{std::string(schedule_lua::release_lease())};
  redis::Script write_marks{std::string(schedule_lua::write_marks())};

  static const Scripts& Get() {
    static const Scripts kScripts;
    return kScripts;
  }
};

}  // namespace

Leadership::Leadership(redis::Client& redis, std::string_view name, absl::Duration lease)
    : redis_(redis),
      lease_key_(fmt::format("asynq:x:scheduler:{{{}}}", name)),
      marks_key_(lease_key_ + ":marks"),
      token_(NewUuid()),
      ask_every_(std::min(absl::Seconds(1), lease / 5)),
      time_(lease - ask_every_) {}

absl::StatusOr<Leadership::Held> Leadership::Hold() {
  const auto now = std::chrono::steady_clock::now();
  const bool held = now < held_until_;
  if (held && now < renew_at_) return Held::kYes;
  const std::string keys[] = {lease_key_, marks_key_};
  const std::string args[] = {token_, std::to_string(absl::ToInt64Milliseconds(time_)),
                              std::to_string(absl::ToInt64Seconds(kMarksKept))};
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Eval(Scripts::Get().hold_lease, keys, args));
  ASSIGN_OR_RETURN(const std::string_view answer, reply.AsText());
  if (answer == "another's") {
    held_until_ = {};
    return Held::kNo;
  }
  held_until_ = now + absl::ToChronoNanoseconds(time_);  // from before Redis was asked
  renew_at_ = now + absl::ToChronoNanoseconds(time_ / 3);
  return held && answer == "renewed" ? Held::kYes : Held::kNewly;
}

absl::Status Leadership::Release() {
  held_until_ = {};
  const std::string keys[] = {lease_key_};
  const std::string args[] = {token_};
  return redis_.Eval(Scripts::Get().release_lease, keys, args).status();
}

absl::StatusOr<Plan::Marks> Leadership::ReadMarks() {
  ASSIGN_OR_RETURN(const redis::Reply reply, redis_.Do(redis::Command("HGETALL").Key(marks_key_)));
  ASSIGN_OR_RETURN(const std::span<const redis::Reply> elements, reply.AsArray());
  Plan::Marks marks;
  for (size_t i = 0; i + 1 < elements.size(); i += 2) {
    ASSIGN_OR_RETURN(const std::string_view id, elements[i].AsText());
    ASSIGN_OR_RETURN(const std::string_view text, elements[i + 1].AsText());
    int64_t seconds = 0;
    if (absl::SimpleAtoi(text::ToAbsl(text), &seconds)) marks.emplace(id, absl::FromUnixSeconds(seconds));
  }
  return marks;
}

absl::Status Leadership::WriteMarks(const Plan::Marks& marks) {
  const std::string keys[] = {lease_key_, marks_key_};
  std::vector<std::string> args = {token_, std::to_string(absl::ToInt64Seconds(kMarksKept))};
  for (const auto& [id, mark] : marks) {
    args.push_back(id);
    args.push_back(UnixSeconds(mark));
  }
  return redis_.Eval(Scripts::Get().write_marks, keys, args).status();
}

absl::Status Leadership::ForgetMarks(const std::vector<std::string>& ids) {
  if (ids.empty()) return absl::OkStatus();
  return redis_.Do(redis::Command("HDEL").Key(marks_key_).Args(ids)).status();
}

}  // namespace smallbiznis::task
