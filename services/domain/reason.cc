#include "services/domain/reason.h"

#include <cstdlib>

#include "pkg/status/status.h"

namespace smallbiznis::domain {

std::string_view Name(Reason reason) {
  switch (reason) {
    case Reason::kDomainNotFound:
      return "DOMAIN_NOT_FOUND";
    case Reason::kDomainHostTaken:
      return "DOMAIN_HOST_TAKEN";
  }
  std::abort();
}

absl::Status Error(Reason reason) {
  switch (reason) {
    case Reason::kDomainNotFound:
      return status::Error(absl::StatusCode::kNotFound, Name(reason), "there is no such domain");
    case Reason::kDomainHostTaken:
      return status::Error(absl::StatusCode::kAlreadyExists, Name(reason), "the host name is taken");
  }
  std::abort();
}

}  // namespace smallbiznis::domain
