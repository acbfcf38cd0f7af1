#include "pkg/redis/internal/slots.h"

#include <array>

#include "absl/strings/numbers.h"
#include "pkg/redis/error.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr std::array<uint16_t, 256> MakeCrcTable() {
  std::array<uint16_t, 256> table{};
  for (unsigned byte = 0; byte < table.size(); ++byte) {
    unsigned crc = byte << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
    table[byte] = static_cast<uint16_t>(crc);
  }
  return table;
}
constexpr std::array<uint16_t, 256> kCrcTable = MakeCrcTable();

absl::Status Unexpected() {
  return status::Error(absl::StatusCode::kInternal, kUnexpectedReply, "CLUSTER SLOTS: the reply is no map of slots");
}

// The first two elements of the description of a node.
absl::StatusOr<Endpoint> ParseNode(const Reply& node, const std::string& asked) {
  ASSIGN_OR_RETURN(const auto fields, node.AsArray());
  if (fields.size() < 2) return Unexpected();
  ASSIGN_OR_RETURN(const auto host, fields[0].AsOptionalText());
  ASSIGN_OR_RETURN(const int64_t port, fields[1].AsInteger());
  if (port < 1 || port > 65535) return Unexpected();
  return Endpoint{.host = host.value_or("").empty() ? asked : std::string(*host), .port = static_cast<int>(port)};
}

}  // namespace

uint16_t Crc16(std::string_view bytes) {
  unsigned crc = 0;
  for (const char byte : bytes) {
    crc = ((crc << 8) ^ kCrcTable[((crc >> 8) ^ static_cast<unsigned char>(byte)) & 0xff]) & 0xffff;
  }
  return static_cast<uint16_t>(crc);
}

int SlotOf(std::string_view key) {
  const size_t open = key.find('{');
  if (open != std::string_view::npos) {
    const size_t close = key.find('}', open + 1);
    if (close != std::string_view::npos && close > open + 1) key = key.substr(open + 1, close - open - 1);
  }
  return Crc16(key) % kSlots;
}

std::optional<Redirect> ParseRedirect(std::string_view error_text) {
  Redirect redirect{.ask = error_text.starts_with("ASK ")};
  if (!redirect.ask && !error_text.starts_with("MOVED ")) return std::nullopt;
  const std::string_view address = error_text.substr(error_text.rfind(' ') + 1);
  const size_t colon = address.rfind(':');  // IPv6 addresses come without brackets
  if (colon == std::string_view::npos) return std::nullopt;
  redirect.to.host = address.substr(0, colon);
  if (!absl::SimpleAtoi(text::ToAbsl(address.substr(colon + 1)), &redirect.to.port)) return std::nullopt;
  return redirect;
}

absl::StatusOr<std::vector<SlotRange>> ParseSlots(const Reply& reply, const std::string& asked) {
  std::vector<SlotRange> ranges;
  ASSIGN_OR_RETURN(const auto entries, reply.AsArray());
  for (const Reply& entry : entries) {
    ASSIGN_OR_RETURN(const auto fields, entry.AsArray());
    if (fields.size() < 3) return Unexpected();
    ASSIGN_OR_RETURN(const int64_t first, fields[0].AsInteger());
    ASSIGN_OR_RETURN(const int64_t last, fields[1].AsInteger());
    if (first < 0 || last < first || last >= kSlots) return Unexpected();
    ASSIGN_OR_RETURN(Endpoint master, ParseNode(fields[2], asked));
    ranges.push_back({static_cast<int>(first), static_cast<int>(last), std::move(master)});
  }
  return ranges;
}

}  // namespace smallbiznis::redis
