// The arithmetic and the vocabulary of Redis Cluster (its specification, "Key distribution model", "Redirection").
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pkg/redis/options.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

inline constexpr int kSlots = 16384;

// CRC-16/XMODEM.
uint16_t Crc16(std::string_view bytes);
// Of the part between the first '{' and the next '}', if there is any, else of the whole key.
int SlotOf(std::string_view key);

// What MOVED and ASK say.
struct Redirect {
  bool ask = false;  // for this command only, after ASKING
  Endpoint to;       // an empty host is that of the server which said so
};
// nullopt for any other error.
std::optional<Redirect> ParseRedirect(std::string_view error_text);

struct SlotRange {
  int first = 0;
  int last = 0;
  Endpoint master;
};
// The reply to CLUSTER SLOTS. `asked` is the host of the server, which it leaves out where it does not know its own.
absl::StatusOr<std::vector<SlotRange>> ParseSlots(const Reply& reply, const std::string& asked);

}  // namespace smallbiznis::redis
