// The model and the policy that the program ships with (shipped/).
#pragma once

#include <string_view>

namespace smallbiznis::access {

std::string_view ShippedModel();
std::string_view ShippedPolicy();

}  // namespace smallbiznis::access
