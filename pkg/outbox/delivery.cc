#include "pkg/outbox/delivery.h"

#include <fmt/format.h>

#include <charconv>

#include "pkg/status/status.h"
#include "pkg/task/server/retry.h"
#include "pkg/text/view.h"

namespace smallbiznis::outbox {
namespace {

constexpr std::string_view kHeader = "smallbiznis-outbox";  // "<tenant>/<id>"

bool ParseNumber(std::string_view text, int64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

db::Scope ScopeOf(TenantId tenant) {
  return tenant ? db::Scope::Tenant(tenant) : db::Scope::Platform();
}

}  // namespace

std::map<std::string, std::string> Reference::ToHeaders() const {
  return {{std::string(kHeader), fmt::format("{}/{}", tenant.value(), id)}};
}

std::optional<Reference> Reference::From(const std::map<std::string, std::string>& headers) {
  const auto found = headers.find(std::string(kHeader));
  if (found == headers.end()) return std::nullopt;
  const std::string_view text = found->second;
  const size_t slash = text.find('/');
  int64_t tenant = 0, id = 0;
  if (slash == std::string_view::npos || !ParseNumber(text.substr(0, slash), tenant) ||
      !ParseNumber(text.substr(slash + 1), id)) {
    return std::nullopt;
  }
  return Reference{.tenant = TenantId(tenant), .id = id};
}

task::Handler Delivery::Once(Effect effect) const {
  return [this, effect = std::move(effect)](task::Attempt& attempt) -> absl::Status {
    const std::optional<Reference> message = Reference::From(attempt.headers());
    if (!message) {
      return task::SkipRetry(absl::InvalidArgumentError("the task does not come from the outbox: it has no message"));
    }
    const absl::Status status = Deliver(*message, effect, attempt);
    if (!status.ok() && IsFinal(attempt, status)) RETURN_IF_ERROR(Park(*message, status));
    return status;
  };
}

absl::Status Delivery::Deliver(const Reference& message, const Effect& effect, const task::Attempt& attempt) const {
  const db::TxOptions options{.scope = ScopeOf(message.tenant), .deadline = attempt.deadline()};
  return db::Transact(pool_, options, [&](db::Tx& tx) -> absl::Status {
    ASSIGN_OR_RETURN(const bool open, store_.LockOpen(tx, message.tenant, message.id));
    if (!open) return absl::OkStatus();
    RETURN_IF_ERROR(effect(tx, message.tenant, attempt));
    store_.MarkDone(tx, message.tenant, message.id, clock_.Now());
    return absl::OkStatus();
  });
}

absl::Status Delivery::Park(const Reference& message, const absl::Status& error) const {
  return db::Transact(pool_, {.scope = ScopeOf(message.tenant)}, [&](db::Tx& tx) {
    store_.Park(tx, message.tenant, message.id, text::ToStd(error.message()), clock_.Now());
    return absl::OkStatus();
  });
}

bool IsFinal(const task::Attempt& attempt, const absl::Status& error) {
  return attempt.retried() >= attempt.max_retry() || task::IsSkipRetry(error);
}

}  // namespace smallbiznis::outbox
