// What of a ledger must be loaded before a batch of commands can be applied to it.
#pragma once

#include <span>
#include <vector>

#include "services/ledger/book/book.h"
#include "services/ledger/post/post_store.h"
#include "services/ledger/post/poster.h"

namespace smallbiznis::ledger {

// References, holds and entries that the commands speak of. References of credits only where told to: that one is taken
// shows when it is written, and what may be refused is looked up first, since a second try is answered like the first.
PostStore::Named NamedBy(std::span<Request* const> requests, bool look_up_credits);

// Whether the request holds a refused credit that may have been made before.
bool RefusedUnseen(const Request& request);

// Accounts that the commands may change. `book` knows the holds and the earlier entries.
AccountSpends AccountsOf(std::span<Request* const> requests, const Book& book);

}  // namespace smallbiznis::ledger
