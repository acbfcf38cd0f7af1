// The downstream services that are set up for a tenant.
#pragma once

#include <cstdint>
#include <optional>
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

// One task for each service: `tenant:provisioning:<service>`. They do not wait for each other, so each has its own key.
std::vector<outbox::Message> ProvisioningTasks(TenantId tenant);

}  // namespace smallbiznis::tenant
