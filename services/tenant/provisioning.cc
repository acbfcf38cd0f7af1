#include "services/tenant/provisioning.h"

#include <fmt/format.h>

#include <cstdlib>

namespace smallbiznis::tenant {

std::string_view Name(StepState state) {
  switch (state) {
    case StepState::kPending:
      return "PENDING";
    case StepState::kRunning:
      return "RUNNING";
    case StepState::kDone:
      return "DONE";
    case StepState::kFailed:
      return "FAILED";
  }
  std::abort();
}

std::optional<StepState> ParseStepState(std::string_view name) {
  using enum StepState;
  for (const StepState state : {kPending, kRunning, kDone, kFailed}) {
    if (Name(state) == name) return state;
  }
  return std::nullopt;
}

std::string ProvisioningTopic(std::string_view service) {
  return fmt::format("tenant:provisioning:{}", service);
}

std::vector<outbox::Message> ProvisioningTasks(TenantId tenant, std::span<const std::string_view> services,
                                               std::string_view traceparent) {
  std::vector<outbox::Message> tasks;
  for (const std::string_view service : services) {
    tasks.push_back({
        .tenant = tenant,
        .topic = ProvisioningTopic(service),
        .key = fmt::format("tenants/{}/provisioning/{}", tenant.value(), service),
        .payload = fmt::format(R"({{"tenant_id":"{}"}})", tenant.value()),
        .traceparent = std::string(traceparent),
    });
  }
  return tasks;
}

}  // namespace smallbiznis::tenant
