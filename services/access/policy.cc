#include "services/access/policy.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <sstream>

#include "pkg/status/status.h"
#include "services/access/reason.h"
#include "services/access/shipped.h"

namespace smallbiznis::access {
namespace {

constexpr absl::Duration kSourceTimeout = absl::Seconds(5);

absl::StatusOr<std::string> ReadModel(const std::string& path) {
  if (path.empty()) return std::string(ShippedModel());
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return absl::NotFoundError(fmt::format("model file {} cannot be read", path));
  return text.str();
}

std::string StampOf(const std::string& path) {
  struct stat file;
  if (path.empty() || stat(path.c_str(), &file) != 0) return "";
  return fmt::format("{}.{:09} {} {}", file.st_mtim.tv_sec, file.st_mtim.tv_nsec, file.st_size, file.st_ino);
}

class Files final : public PolicySource {
 public:
  explicit Files(PolicyFiles files) : files_(std::move(files)) {}

  absl::StatusOr<std::shared_ptr<const Policy>> Read() const override {
    ASSIGN_OR_RETURN(const std::string model, ReadModel(files_.model));
    if (files_.policy.empty()) {
      casbin::TextAdapter shipped(ShippedPolicy());
      return Policy::Make(model, shipped);
    }
    casbin::FileAdapter file(files_.policy);
    return Policy::Make(model, file);
  }

  std::string Stamp() const override { return StampOf(files_.model) + "|" + StampOf(files_.policy); }

  absl::StatusOr<std::shared_ptr<const Policy>> Replacement(std::string_view) const override {
    return Error(Reason::kPolicyNotInDatabase);
  }

 private:
  const PolicyFiles files_;
};

class Database final : public PolicySource {
 public:
  Database(db::Pool& pool, const clock::Clock& clock, std::string model_path)
      : pool_(pool), clock_(clock), model_path_(std::move(model_path)) {}

  absl::StatusOr<std::shared_ptr<const Policy>> Read() const override {
    ASSIGN_OR_RETURN(
        const std::unique_ptr<db::Tx> tx,
        pool_.Begin({.scope = db::Scope::Platform(), .read_only = true, .deadline = clock_.Now() + kSourceTimeout}));
    ASSIGN_OR_RETURN(const std::vector<casbin::Rule> rules, Store().ReadPolicy(*tx));
    RETURN_IF_ERROR(tx->Commit());
    if (rules.empty()) return Replacement("");
    ASSIGN_OR_RETURN(const std::string model, ReadModel(model_path_));
    casbin::RulesAdapter adapter(rules);
    return Policy::Make(model, adapter);
  }

  absl::StatusOr<std::shared_ptr<const Policy>> Replacement(std::string_view csv) const override {
    ASSIGN_OR_RETURN(const std::string model, ReadModel(model_path_));
    casbin::TextAdapter adapter(csv.empty() ? ShippedPolicy() : csv);
    return Policy::Make(model, adapter);
  }

 private:
  db::Pool& pool_;
  const clock::Clock& clock_;
  const std::string model_path_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<const Policy>> Policy::Make(std::string_view model, casbin::Adapter& rules) {
  std::shared_ptr<Policy> policy(new Policy);
  policy->model_ = model;
  ASSIGN_OR_RETURN(policy->enforcer_, casbin::Enforcer::Create(model));
  RETURN_IF_ERROR(policy->enforcer_->Load(rules));
  // A request that nothing allows, or does: only whether it can be asked.
  RETURN_IF_ERROR(policy->Ask({"nobody", "0", "nothing", "none"}).status());
  policy->rules_ = policy->enforcer_->rules();
  for (const casbin::Rule& rule : policy->rules_) {
    if (!rule.values.empty()) policy->roles_.insert(rule.values[0]);
  }
  return policy;
}

absl::StatusOr<std::shared_ptr<const Policy>> Policy::With(std::span<const CustomRole> roles) const {
  std::vector<casbin::Rule> all = rules_;
  for (const CustomRole& role : roles) {
    for (const std::string& permission : role.permissions) {
      const size_t colon = permission.find(':');
      all.push_back({.section = "p",
                     .values = {role.name, role.tenant.ToString(), permission.substr(0, colon),
                                colon == permission.npos ? "" : permission.substr(colon + 1)},
                     .line = 0});
    }
  }
  casbin::RulesAdapter adapter(all);
  return Make(model_, adapter);
}

absl::StatusOr<casbin::Explanation> Policy::Ask(const Question& question) const {
  const casbin::Value request[] = {question.role, question.tenant, question.object, question.action};
  return enforcer_->Explain(request);
}

std::unique_ptr<PolicySource> FileSource(PolicyFiles files) {
  return std::make_unique<Files>(std::move(files));
}

std::unique_ptr<PolicySource> DatabaseSource(db::Pool& pool, const clock::Clock& clock, std::string model_path) {
  return std::make_unique<Database>(pool, clock, std::move(model_path));
}

}  // namespace smallbiznis::access
