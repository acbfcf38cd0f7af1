#include "services/rule/module.h"

#include <fmt/format.h>

#include "pkg/fx/lifecycle.h"
#include "pkg/rpc/router.h"
#include "services/rule/api.h"
#include "services/rule/api_evaluate.h"
#include "services/rule/live/budget.h"
#include "services/rule/live/evaluator.h"
#include "services/rule/live/snapshots.h"

namespace smallbiznis::rule {
namespace {

constexpr std::string_view kService = "smallbiznis.rule.v1.RuleService";

void RegisterChanging(rpc::Router& router, RuleApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("{}.{}", kService, method), &api, handler);
  };
  add("CreateRule", &RuleApi::CreateRule);
  add("GetRule", &RuleApi::GetRule);
  add("ListRules", &RuleApi::ListRules);
  add("ListRuleVersions", &RuleApi::ListRuleVersions);
  add("UpdateRule", &RuleApi::UpdateRule);
  add("ActivateRule", &RuleApi::ActivateRule);
  add("DeactivateRule", &RuleApi::DeactivateRule);
  add("DeleteRule", &RuleApi::DeleteRule);
  add("CreateTrigger", &RuleApi::CreateTrigger);
  add("ListTriggers", &RuleApi::ListTriggers);
  add("UpdateTrigger", &RuleApi::UpdateTrigger);
  add("DeleteTrigger", &RuleApi::DeleteTrigger);
}

void RegisterEvaluating(rpc::Router& router, RuleEvaluateApi& api) {
  const auto add = [&](std::string_view method, auto handler) {
    router.Add(fmt::format("{}.{}", kService, method), &api, handler);
  };
  add("EvaluateRule", &RuleEvaluateApi::EvaluateRule);
  add("BatchEvaluate", &RuleEvaluateApi::BatchEvaluate);
  add("ExplainRule", &RuleEvaluateApi::ExplainRule);
  add("AnalyzeRules", &RuleEvaluateApi::AnalyzeRules);
  add("SimulateRules", &RuleEvaluateApi::SimulateRules);
}

std::unique_ptr<Snapshots> MakeSnapshots(db::Pool& pool, const db::PoolOptions& database, const clock::Clock& clock,
                                         const log::Logger& logger, telemetry::Metrics& metrics,
                                         fx::Lifecycle& lifecycle) {
  auto snapshots =
      std::make_unique<Snapshots>(Snapshots::Parts{.pool = pool, .clock = clock, .logger = logger, .metrics = metrics});
  lifecycle.Append({.name = "rule snapshots",
                    .on_start =
                        [&database, &made = *snapshots] {
                          made.Start(database);
                          return absl::OkStatus();
                        },
                    .on_stop =
                        [&made = *snapshots] {
                          made.Stop();
                          return absl::OkStatus();
                        }});
  return snapshots;
}

std::unique_ptr<RuleEvaluateApi> MakeEvaluateApi(const Rules& rules, Evaluator& evaluator,
                                                 const tenant::Directory& tenants, db::Pool& pool,
                                                 const clock::Clock& clock) {
  return std::make_unique<RuleEvaluateApi>(
      RuleEvaluateApi::Parts{.rules = rules, .evaluator = evaluator, .tenants = tenants, .pool = pool, .clock = clock});
}

}  // namespace

fx::Module Module() {
  return {"rule",
          {
              fx::ProvideAs<Rules, Client>([](snowflake::Generator& ids, const clock::Clock& clock) {
                return std::make_unique<Rules>(ids, clock);
              }),
              fx::Provide(MakeSnapshots),
              fx::Provide([](const clock::Clock& clock) { return std::make_unique<Budget>(clock); }),
              fx::Provide([](Snapshots& snapshots, Budget& budget, telemetry::Metrics& metrics) {
                return std::make_unique<Evaluator>(snapshots, budget, metrics);
              }),
              fx::Provide([](const Rules& rules, const tenant::Directory& tenants, const crypto::Keyring& keyring) {
                return std::make_unique<RuleApi>(rules, tenants, keyring);
              }),
              fx::Provide(MakeEvaluateApi),
              fx::Invoke(RegisterChanging),
              fx::Invoke(RegisterEvaluating),
          }};
}

}  // namespace smallbiznis::rule
