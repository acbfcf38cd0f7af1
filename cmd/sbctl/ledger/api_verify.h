// Verifies a tenant's ledger from what the server lists, believing nothing of it but signed heads.
#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cmd/sbctl/session.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::sbctl {

struct VerifyRequest {
  TenantId tenant;
  std::vector<std::string> heads;  // files of heads with which the ledger must begin
  std::string from_head;           // or the file of a head behind which to begin; "": the first entry
  bool rules = false;              // also what an entry may say; from the first entry only
  std::vector<std::string> keys;   // public keys that may sign heads; none: those that the server lists
  std::string out;                 // where the head of what was verified goes; "": nowhere
};

// Reads to the head that the server signs when it begins; prints the verdict. DATA_LOSS, reason LEDGER_NOT_INTACT,
// naming the first bad entry; before anything is read the errors of a head that is not to be trusted (api_heads.h).
absl::Status VerifyLedger(const VerifyRequest& request, Session& session);

}  // namespace smallbiznis::sbctl
