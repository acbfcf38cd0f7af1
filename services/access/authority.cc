#include "services/access/authority.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::access {
namespace {

constexpr absl::Duration kReadTimeout = absl::Seconds(5);
constexpr absl::Duration kMaxAge = absl::Seconds(60);
constexpr absl::Duration kLookAgain = absl::Milliseconds(250);
constexpr absl::Duration kTryAgain = absl::Seconds(2);
constexpr size_t kMaxTenants = 10'000;

constexpr std::string_view kEverything = "*";

// The scope that gives `permission`; empty when none does.
std::string ScopeFor(const std::vector<std::string>& scopes, std::string_view permission) {
  const auto found = std::find_if(scopes.begin(), scopes.end(), [&](const std::string& scope) {
    return scope == kEverything || scope == permission || rpc::Holds({scope}, permission);
  });
  return found == scopes.end() ? std::string() : *found;
}

Question QuestionOf(const rpc::Principal& principal, const std::string& role, std::string_view permission) {
  Question question{.role = role,
                    .tenant = std::string(principal.platform ? kPlatformTenant : principal.tenant.ToString()),
                    .object = std::string(kEverything),
                    .action = std::string(kEverything)};
  if (permission == kEverything) return question;
  const size_t colon = std::min(permission.find(':'), permission.size());
  question.object = permission.substr(0, colon);
  question.action = permission.substr(std::min(colon + 1, permission.size()));
  return question;
}

}  // namespace

std::string Decision::ToText() const {
  if (!scope.empty()) return fmt::format("allowed by the scope {}", scope);
  if (!allowed || !rule) return allowed ? "allowed" : "denied: no scope and no role gives it";
  std::string text = fmt::format("allowed by the rule {}, {}", rule->section, fmt::join(rule->values, ", "));
  if (rule->line != 0) text += fmt::format(" (line {})", rule->line);
  if (!role_path.empty()) text += fmt::format(": {}", fmt::join(role_path, " > "));
  return text;
}

absl::StatusOr<std::unique_ptr<Authority>> Authority::Create(Parts parts, std::unique_ptr<PolicySource> source) {
  std::unique_ptr<Authority> authority(new Authority(parts, std::move(source)));
  authority->stamp_ = authority->source_->Stamp();
  ASSIGN_OR_RETURN(std::shared_ptr<const Policy> policy, authority->source_->Read());
  const std::lock_guard lock(authority->mutex_);
  authority->policy_ = std::move(policy);
  return authority;
}

absl::Status Authority::Authorize(const rpc::Principal& principal, std::string_view permission) {
  ASSIGN_OR_RETURN(const Decision decision, Decide(principal, permission));
  return decision.allowed ? absl::OkStatus() : rpc::PermissionMissing(permission);
}

absl::StatusOr<Decision> Authority::Decide(const rpc::Principal& principal, std::string_view permission) {
  if (std::string scope = ScopeFor(principal.scopes, permission); !scope.empty()) {
    return Decision{.allowed = true, .scope = std::move(scope), .rule = std::nullopt, .role_path = {}};
  }
  const std::shared_ptr<const Policy> base = policy();
  std::shared_ptr<const Policy> with_custom;
  for (const std::string& role : principal.roles) {
    // A role of the policy means the same to every tenant: nothing of the tenant is read for it.
    if (!base->HasRole(role) && with_custom == nullptr && !principal.platform) {
      ASSIGN_OR_RETURN(with_custom, PolicyOf(principal.tenant));
    }
    const Policy& asked = base->HasRole(role) || with_custom == nullptr ? *base : *with_custom;
    ASSIGN_OR_RETURN(casbin::Explanation explanation, asked.Ask(QuestionOf(principal, role, permission)));
    if (!explanation.allowed) continue;
    Decision decision{.allowed = true, .scope = "", .rule = std::move(explanation.rule), .role_path = {}};
    if (!explanation.roles.empty()) decision.role_path = std::move(explanation.roles[0].names);
    return decision;
  }
  return Decision{};
}

std::shared_ptr<const Policy> Authority::policy() const {
  const std::lock_guard lock(mutex_);
  return policy_;
}

absl::StatusOr<std::shared_ptr<const Policy>> Authority::PolicyOf(TenantId tenant) {
  std::shared_ptr<const Policy> base;
  uint64_t read_at = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = slots_.find(tenant);
    if (trusted_ && found != slots_.end() && found->second.until > parts_.clock.Now()) return found->second.policy;
    base = policy_;
    read_at = news_;
  }
  ASSIGN_OR_RETURN(
      const std::unique_ptr<db::Tx> tx,
      parts_.pool.Begin(
          {.scope = db::Scope::Tenant(tenant), .read_only = true, .deadline = parts_.clock.Now() + kReadTimeout}));
  ASSIGN_OR_RETURN(const std::vector<CustomRole> roles, Store().List(*tx, tenant));
  RETURN_IF_ERROR(tx->Commit());
  ASSIGN_OR_RETURN(std::shared_ptr<const Policy> policy, base->With(roles));
  Keep(tenant, policy, read_at);
  return policy;
}

// Not when anything was heard since it was read: it may have been about this.
void Authority::Keep(TenantId tenant, std::shared_ptr<const Policy> policy, uint64_t read_at) {
  Slot slot{std::move(policy), parts_.clock.Now() + kMaxAge};
  const std::lock_guard lock(mutex_);
  if (!trusted_ || news_ != read_at) return;
  if (slots_.size() >= kMaxTenants && !slots_.contains(tenant)) slots_.erase(slots_.begin());
  slots_.insert_or_assign(tenant, std::move(slot));
}

void Authority::Start(const db::PoolOptions& database) {
  reloader_ = std::make_unique<periodic::Periodic>([this] { return Look(); });
  listener_ =
      db::Listener::Start(database, {kChannel},
                          {.on_notify = [this](std::string_view, std::string_view payload) { OnNotify(payload); },
                           .on_listening = [this] { OnListening(); },
                           .on_lost = [this] { OnLost(); }});
}

void Authority::Stop() {
  listener_.reset();
  OnLost();
  reloader_.reset();
}

void Authority::OnListening() {
  {
    const std::lock_guard lock(mutex_);
    ++news_;
    slots_.clear();
    trusted_ = true;
    reload_asked_ = true;
  }
  if (reloader_ != nullptr) reloader_->Wake();
}

void Authority::OnLost() {
  const std::lock_guard lock(mutex_);
  ++news_;
  slots_.clear();
  trusted_ = false;
}

void Authority::OnNotify(std::string_view payload) {
  const std::optional<TenantId> tenant = ParseNotification(payload);
  {
    const std::lock_guard lock(mutex_);
    ++news_;
    if (tenant) {
      slots_.erase(*tenant);
    } else {
      reload_asked_ = true;
    }
  }
  if (!tenant && reloader_ != nullptr) reloader_->Wake();
}

absl::Duration Authority::Look() {
  bool asked = false;
  {
    const std::lock_guard lock(mutex_);
    asked = std::exchange(reload_asked_, false);
  }
  std::string stamp = source_->Stamp();
  if (!asked && stamp == stamp_) return kLookAgain;
  stamp_ = std::move(stamp);  // one that makes no sense is logged once, not four times a second
  if (!absl::IsUnavailable(Reload())) return kLookAgain;
  const std::lock_guard lock(mutex_);
  reload_asked_ = true;  // the database is away: it says nothing about the policy
  return kTryAgain;
}

absl::Status Authority::Reload() {
  absl::StatusOr<std::shared_ptr<const Policy>> policy = source_->Read();
  if (!policy.ok()) {
    parts_.logger.Error("the access policy is not reloaded; the one before stays in force",
                        {{"error", policy.status().message()}});
    return policy.status();
  }
  const size_t rules = (*policy)->rules().size();
  {
    const std::lock_guard lock(mutex_);
    if ((*policy)->SameAs(*policy_)) return absl::OkStatus();
    ++news_;
    slots_.clear();  // they are made of the old one
    policy_ = *std::move(policy);
  }
  parts_.logger.Info("access policy loaded", {{"rules", static_cast<int64_t>(rules)}});
  return absl::OkStatus();
}

}  // namespace smallbiznis::access
