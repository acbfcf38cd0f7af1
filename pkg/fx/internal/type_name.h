// Types as people write them.
#pragma once

#include <string>
#include <typeindex>

namespace smallbiznis::fx {

// "tenant::Onboarding" for smallbiznis::tenant::Onboarding, "std::string" for what the compiler calls otherwise.
std::string TypeName(std::type_index type);

}  // namespace smallbiznis::fx
