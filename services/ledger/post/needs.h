// What of a ledger must be loaded before a batch of commands can be applied to it.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "services/ledger/book/book.h"
#include "services/ledger/post/post_store.h"
#include "services/ledger/post/poster.h"

namespace smallbiznis::ledger {

// References, holds and entries that the commands speak of.
PostStore::Named NamedBy(std::span<Request* const> requests, bool look_up_references);

// Accounts that the commands may change, with how much may be spent of each. `book` knows the holds and the earlier
// entries.
std::map<AccountKey, int64_t> AccountsOf(std::span<Request* const> requests, const Book& book);

}  // namespace smallbiznis::ledger
