// A tenant's ledger at one moment, signed: what the holder of a head can hold the server to for ever.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pkg/crypto/signing.h"
#include "services/ledger/record/encoding.h"

namespace smallbiznis::ledger {

struct TreeHead {
  TenantId tenant;
  int64_t size = 0;  // entries
  Hash root{};       // of the Merkle tree over their hashes
  Hash chain{};      // the hash of the last one; ChainStart when there is none
  absl::Time at;     // whole microseconds

  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};

struct SignedHead {
  TreeHead head;
  std::string key_id;  // of the public key
  crypto::PublicKey public_key{};
  crypto::Signature signature{};

  friend bool operator==(const SignedHead&, const SignedHead&) = default;
};

// What is signed: a version tag, then the fields in their order; 96 bytes. No entry's encoding is such a text.
std::string EncodeHead(const TreeHead& head);

SignedHead SignHead(const TreeHead& head, const crypto::SigningKey& key);

// OK when the holder of `head.public_key` signed it. Whether that is a key to trust is for the caller to know. Else
// INVALID_ARGUMENT: reason LEDGER_KEY_WRONG when key_id is another key's, LEDGER_SIGNATURE_WRONG.
absl::Status VerifyHead(const SignedHead& head);

}  // namespace smallbiznis::ledger
