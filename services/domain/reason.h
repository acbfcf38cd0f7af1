// Why a call to this room failed, for programs. The names go over the wire: never change one.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace smallbiznis::domain {

enum class Reason {
  kDomainNotFound,   // NOT_FOUND
  kDomainHostTaken,  // ALREADY_EXISTS: by whom is not said
};

std::string_view Name(Reason reason);  // "DOMAIN_NOT_FOUND"
absl::Status Error(Reason reason);

}  // namespace smallbiznis::domain
