// Signed heads: read from files, asked of the server, and which of them are trusted.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cmd/sbctl/session.h"
#include "services/ledger/record/head.h"

namespace smallbiznis::sbctl {

// Public keys that may sign heads.
class TrustedKeys {
 public:
  // Those that are given, each 64 hexadecimal digits (INVALID_ARGUMENT else); when there is none, those that the server
  // lists.
  static absl::StatusOr<TrustedKeys> Of(const std::vector<std::string>& given, Session& session);

  // OK when the head is signed by one of them. The reasons of ledger::VerifyHead, or LEDGER_KEY_NOT_TRUSTED; the
  // message begins with `whose`: "head.json".
  absl::Status Check(const ledger::SignedHead& head, const std::string& whose) const;

 private:
  std::set<crypto::PublicKey> keys_;
};

absl::StatusOr<crypto::PublicKey> ParseKey(const std::string& hex);

// The head in a file, checked: it is signed by one of `keys`, of this tenant's ledger.
absl::StatusOr<ledger::SignedHead> ReadHead(const std::string& path, TenantId tenant, const TrustedKeys& keys);

// What the server signs now, checked in the same way.
absl::StatusOr<ledger::SignedHead> FetchHead(TenantId tenant, const TrustedKeys& keys, Session& session);

}  // namespace smallbiznis::sbctl
