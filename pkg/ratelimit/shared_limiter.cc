#include "pkg/ratelimit/shared_limiter.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "pkg/ratelimit/bucket.h"
#include "pkg/redis/script.h"
#include "pkg/text/view.h"

namespace smallbiznis::ratelimit {
namespace {

constexpr size_t kMaxSubjects = 50'000;
constexpr absl::Duration kForgetAfter = absl::Minutes(2);  // a bucket is full after one
constexpr absl::Duration kAskAgainAfter = absl::Seconds(1);

// bucket.h in Lua, in microseconds by Redis' own clock, which all processes share. ARGV: calls a minute, calls wanted.
// Answers: granted, remaining, until full, until next.
const redis::Script& TakeScript() {
  static const auto& script = *new redis::Script(R"(
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local period, want = 60000000, tonumber(ARGV[2])
local each = period / tonumber(ARGV[1])
local from = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now)
local room = math.max(math.floor((now + period - from) / each + 0.000001), 0)
local granted = math.min(room, want)
if granted > 0 then
  local full = from + granted * each
  redis.call('SET', KEYS[1], string.format('%.0f', full), 'PX', math.ceil((full - now) / 1000) + 1)
  return {granted, room - granted, math.floor(full - now), 0}
end
return {0, room, math.floor(from - now), math.ceil(from + each - period - now)}
)");
  return script;
}

int64_t Portion(int64_t per_minute) {
  return std::max<int64_t>(per_minute / 600, 1);
}

}  // namespace

Allowance SharedLimiter::Take(std::string_view name, int64_t per_minute) {
  const absl::Time now = clock_.Now();
  const std::shared_ptr<Subject> subject = SubjectOf(name, now);
  const std::lock_guard lock(subject->mutex);
  if (subject->taken == 0 && subject->refused_until <= now) Refill(*subject, name, per_minute, now);
  return Grant(*subject, per_minute, now);
}

std::optional<Allowance> SharedLimiter::TakeAtOnce(std::string_view name, int64_t per_minute) {
  const absl::Time now = clock_.Now();
  const std::shared_ptr<Subject> subject = SubjectOf(name, now);
  const std::unique_lock lock(subject->mutex, std::try_to_lock);  // somebody may ask Redis under it
  if (!lock.owns_lock()) return std::nullopt;
  if (subject->taken == 0 && subject->refused_until <= now) return std::nullopt;
  return Grant(*subject, per_minute, now);
}

Allowance SharedLimiter::Grant(Subject& subject, int64_t per_minute, absl::Time now) {
  subject.used_at = now;
  Allowance allowance{.granted = subject.taken > 0, .limit = per_minute};
  if (allowance.granted) {
    --subject.taken;
    allowance.remaining = std::min(subject.taken + subject.shared, per_minute);
  } else {
    allowance.until_next = subject.refused_until - now;
  }
  allowance.until_full = std::max(subject.full_at - now, absl::ZeroDuration());
  return allowance;
}

std::shared_ptr<SharedLimiter::Subject> SharedLimiter::SubjectOf(std::string_view name, absl::Time now) {
  const std::lock_guard lock(mutex_);
  const auto found = subjects_.find(text::ToAbsl(name));
  if (found != subjects_.end()) return found->second;
  if (subjects_.size() >= kMaxSubjects) {
    absl::erase_if(subjects_, [now](const auto& each) {
      // Nobody else gets at it while we have the lock, and nobody has it now.
      if (each.second.use_count() > 1) return false;
      const std::lock_guard subject_lock(each.second->mutex);
      return each.second->used_at < now - kForgetAfter;
    });
  }
  auto subject = std::make_shared<Subject>();
  subjects_.emplace(std::string(name), subject);
  return subject;
}

void SharedLimiter::Refill(Subject& subject, std::string_view name, int64_t per_minute, absl::Time now) {
  if (RefillByRedis(subject, name, per_minute, now)) return;
  const ratelimit::Grant grant = TakeFrom(subject.full_at, per_minute, 1, now);
  subject.taken = grant.granted;
  subject.shared = grant.remaining;
  if (grant.granted == 0) subject.refused_until = now + grant.until_next;
}

bool SharedLimiter::RefillByRedis(Subject& subject, std::string_view name, int64_t per_minute, absl::Time now) {
  {
    const std::lock_guard lock(mutex_);
    if (now < redis_away_until_) return false;
  }
  const auto reply = redis_.Eval(TakeScript(), {fmt::format("ratelimit:{{{}}}", name)},
                                 {fmt::format("{}", per_minute), fmt::format("{}", Portion(per_minute))}, kAnswerLimit);
  int64_t numbers[4] = {};
  const absl::StatusOr<std::span<const redis::Reply>> fields = reply.ok() ? reply->AsArray() : reply.status();
  bool understood = fields.ok() && fields->size() == std::size(numbers);
  for (size_t i = 0; understood && i < std::size(numbers); ++i) {
    const absl::StatusOr<int64_t> number = (*fields)[i].AsInteger();
    understood = number.ok();
    if (understood) numbers[i] = *number;
  }
  if (!understood) {
    const std::lock_guard lock(mutex_);
    redis_away_until_ = now + kAskAgainAfter;
    return false;
  }
  subject.taken = numbers[0];
  subject.shared = numbers[1];
  subject.full_at = now + absl::Microseconds(numbers[2]);
  if (numbers[0] == 0) subject.refused_until = now + absl::Microseconds(std::max<int64_t>(numbers[3], 1));
  return true;
}

}  // namespace smallbiznis::ratelimit
