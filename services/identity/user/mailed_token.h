// The proof in a link that is mailed: whoever has it reads the mail of the address.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/crypto/crypto.h"
#include "pkg/snowflake/id.h"

namespace smallbiznis::identity {

using MailedTokenId = snowflake::Id<struct MailedTokenTag>;

// What a token is good for.
enum class Errand { kVerify, kReset, kInvite };

std::string_view NameOf(Errand errand);  // "VERIFY", as it is stored

// The token's text: base64url of the id and a MAC over id and errand. It can be made again at any time from the id and
// the master secret, so it is stored nowhere: not in the database, not in the task that mails it.
std::string MailedToken(const crypto::Keyring& keyring, MailedTokenId id, Errand errand);

// The id of a token that was made for `errand`; nothing for any other text.
std::optional<MailedTokenId> OpenMailedToken(const crypto::Keyring& keyring, std::string_view text, Errand errand);

}  // namespace smallbiznis::identity
