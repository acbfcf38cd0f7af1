// The downstream services that are set up for a tenant.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/outbox/outbox.h"
#include "services/tenant/tenant.h"

namespace smallbiznis::tenant {

inline constexpr std::string_view kProvisionedServices[] = {"ledger", "loyalty", "voucher", "rule"};

enum class StepState { kPending, kRunning, kDone, kFailed };

std::string_view Name(StepState state);  // "PENDING"
std::optional<StepState> ParseStepState(std::string_view name);

struct Step {
  std::string service;
  StepState state = StepState::kPending;
  int32_t attempts = 0;
  std::string last_error;
  absl::Time updated_at;
};

std::string ProvisioningTopic(std::string_view service);  // "tenant:provisioning:ledger"

// One task for each service. They do not wait for each other, so each has its own key. `traceparent` is that of the
// call which asks for them.
std::vector<outbox::Message> ProvisioningTasks(TenantId tenant, std::span<const std::string_view> services,
                                               std::string_view traceparent);

}  // namespace smallbiznis::tenant
