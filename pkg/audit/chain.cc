#include "pkg/audit/chain.h"

#include "pkg/crypto/crypto.h"

namespace smallbiznis::audit {
namespace {

const absl::Time kPostgresEpoch = absl::FromUnixSeconds(946'684'800);

// The low `count` bytes, most significant first.
void AppendNumber(uint64_t value, int count, std::string& out) {
  for (int shift = 8 * (count - 1); shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift));
}

void AppendField(std::string_view bytes, std::string& out) {
  AppendNumber(bytes.size(), 4, out);
  out += bytes;
}

void AppendNumberField(int64_t value, std::string& out) {
  AppendNumber(8, 4, out);
  AppendNumber(static_cast<uint64_t>(value), 8, out);
}

void AppendDigest(std::string_view digest, std::string& out) {
  if (digest.empty()) {
    AppendNumber(UINT32_MAX, 4, out);
  } else {
    AppendField(digest, out);
  }
}

}  // namespace

std::string HashOf(std::string_view previous, const Record& record) {
  const Event& event = record.event;
  std::string bytes;
  AppendField(previous, bytes);
  AppendNumberField(event.tenant.value(), bytes);
  AppendNumberField(record.number, bytes);
  AppendNumberField(absl::ToInt64Microseconds(record.occurred_at - kPostgresEpoch), bytes);
  AppendField(event.principal, bytes);
  AppendField(event.method, bytes);
  AppendField(event.resource, bytes);
  AppendDigest(event.before_digest, bytes);
  AppendDigest(event.after_digest, bytes);
  AppendField(event.request_id, bytes);
  return crypto::Sha256(bytes);
}

}  // namespace smallbiznis::audit
