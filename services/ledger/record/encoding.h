// The bytes of an entry: one entry has one encoding, and no two entries share one. Every field stands in a fixed order;
// integers are big-endian, texts have their length in front, a byte 0 or 1 says whether an optional field follows. So a
// reader always knows where a field ends, whatever is in it. docs/ledger-format.md has the layout and test vectors.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/merkle/hash.h"
#include "services/ledger/record/record.h"

namespace smallbiznis::ledger {

using merkle::Hash;

// 4 bytes and 16 for each part. Fewer than 2^32 of them.
std::string EncodeParts(std::span<const LotPart> parts);

// The inverse. DATA_LOSS, reason LEDGER_PARTS_BROKEN, for any other bytes; allocates no more than `bytes` can hold.
absl::StatusOr<std::vector<LotPart>> DecodeParts(std::string_view bytes);

// `previous` is the hash of the entry before it, or ChainStart, and comes last. Every text is shorter than 4 GiB. Times
// are whole microseconds; finer ones are rounded down.
std::string EncodeEntry(const Entry& entry, const Hash& previous);

// SHA-256 of the encoding: the entry's hash in the chain, and the data of its leaf in the Merkle tree. The second form
// encodes into `scratch`, for those who hash many.
Hash EntryHash(const Entry& entry, const Hash& previous);
Hash EntryHash(const Entry& entry, const Hash& previous, std::string& scratch);

// What stands for the hash before entry 1. It has the tenant in it, so two tenants never share a hash.
Hash ChainStart(TenantId tenant);

}  // namespace smallbiznis::ledger
