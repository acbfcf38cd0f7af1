// Bounds guesses and mails: how often an account, an address or a mailbox is tried. Kept in PostgreSQL, so neither a
// restart nor a second process forgets it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pkg/clock/clock.h"
#include "pkg/crypto/crypto.h"
#include "pkg/db/pool.h"
#include "services/identity/user/store.h"

namespace smallbiznis::identity {

// What is tried, with a limit of its own.
enum class Tried {
  kAccount,       // a password of an e-mail address
  kAddress,       // the same, by who calls
  kSecondFactor,  // a second factor of an e-mail address: who knows the password does not start over with it
  kMailbox,       // a mail to an e-mail address
  kMailAddress,   // the same, by who calls
};

struct Subject {
  Tried tried;
  std::string name;  // the e-mail address, or the caller's peer
};

// Thread-safe.
class Attempts {
 public:
  // The arguments must outlive this.
  Attempts(db::Pool& pool, const crypto::Keyring& keyring, const clock::Clock& clock)
      : pool_(pool), keyring_(keyring), clock_(clock) {}

  // Counts an attempt at each of `subjects`, in a transaction of its own, before it is made: so many at once are as
  // many as one after the other. RESOURCE_EXHAUSTED, reason TOO_MANY_ATTEMPTS, with the delay after which the next one
  // is taken, when one of them is blocked; whether there is such an account plays no part in it.
  absl::Status Take(const std::vector<Subject>& subjects, absl::Time deadline) const;

  // It was no guess, as it turned out: what is counted for an account starts over, a caller has this one back, but no
  // pause that others earned. In the caller's transaction, deferred.
  void Forgive(db::Tx& tx, const std::vector<Subject>& subjects) const;

 private:
  std::string KeyOf(const Subject& subject) const;

  db::Pool& pool_;
  const crypto::Keyring& keyring_;
  const clock::Clock& clock_;
  UserStore store_;
};

}  // namespace smallbiznis::identity
