#include "services/ledger/record/encoding.h"

#include "pkg/status/status.h"
#include "pkg/text/big_endian.h"
#include "services/ledger/record/writer.h"

namespace smallbiznis::ledger {
namespace {

// The last byte is the version of the format.
constexpr std::string_view kEntryTag("sbentry\x01", 8);
constexpr std::string_view kChainTag("sbchain\x01", 8);

constexpr size_t kCountBytes = 4;
constexpr size_t kPartBytes = 16;

size_t SizeOf(const std::optional<int64_t>& value) {
  return value ? 9 : 1;
}
size_t SizeOf(const std::optional<absl::Time>& value) {
  return value ? 9 : 1;
}
size_t SizeOf(std::string_view text) {
  return 4 + text.size();
}

size_t SizeOf(std::span<const LotPart> parts) {
  return kCountBytes + kPartBytes * parts.size();
}

size_t SizeOf(const Entry& entry) {
  size_t size =
      kEntryTag.size() + 8 + 8 + 1 + SizeOf(entry.unit) + 8 + SizeOf(entry.source) + SizeOf(entry.destination);
  size += SizeOf(entry.source_balance) + SizeOf(entry.destination_balance);
  size += entry.reference_id ? 1 + SizeOf(*entry.reference_id) : 1;
  size += SizeOf(entry.description) + kCountBytes;
  for (const auto& [key, value] : entry.metadata) size += SizeOf(key) + SizeOf(value);
  size += SizeOf(entry.expires_at) + SizeOf(entry.reverts) + SizeOf(entry.hold);
  return size + SizeOf(std::span(entry.taken)) + SizeOf(std::span(entry.given)) + SizeOf(entry.actor) + 8 +
         sizeof(Hash);
}

void WriteParts(std::span<const LotPart> parts, Writer& writer) {
  writer.Uint32(parts.size());
  for (const LotPart& part : parts) {
    writer.Int64(part.lot);
    writer.Int64(part.amount);
  }
}

void WriteEntry(const Entry& entry, const Hash& previous, Writer& writer) {
  writer.Raw(kEntryTag);
  writer.Int64(entry.tenant.value());
  writer.Int64(entry.entry_id);
  writer.Byte(static_cast<uint8_t>(entry.kind));
  writer.Text(entry.unit);
  writer.Int64(entry.amount);
  writer.Text(entry.source);
  writer.Text(entry.destination);
  writer.Optional(entry.source_balance);
  writer.Optional(entry.destination_balance);
  writer.Byte(entry.reference_id.has_value());
  if (entry.reference_id) writer.Text(*entry.reference_id);
  writer.Text(entry.description);
  writer.Uint32(entry.metadata.size());
  for (const auto& [key, value] : entry.metadata) {
    writer.Text(key);
    writer.Text(value);
  }
  writer.Optional(entry.expires_at);
  writer.Optional(entry.reverts);
  writer.Optional(entry.hold);
  WriteParts(entry.taken, writer);
  WriteParts(entry.given, writer);
  writer.Text(entry.actor);
  writer.Time(entry.posted_at);
  writer.Raw(merkle::Bytes(previous));
}

}  // namespace

std::string EncodeParts(std::span<const LotPart> parts) {
  std::string bytes(SizeOf(parts), '\0');
  Writer writer(bytes.data());
  WriteParts(parts, writer);
  return bytes;
}

absl::StatusOr<std::vector<LotPart>> DecodeParts(std::string_view bytes) {
  // The count must be what the length says: nothing is allocated for one that lies.
  const size_t count = bytes.size() / kPartBytes;
  std::string expected(kCountBytes, '\0');
  Writer(expected.data()).Uint32(count);
  if (bytes.size() != kCountBytes + count * kPartBytes || !bytes.starts_with(expected)) {
    return status::Error(absl::StatusCode::kDataLoss, "LEDGER_PARTS_BROKEN", "the lots of an entry are not as written");
  }
  std::vector<LotPart> parts(count);
  const char* at = bytes.data() + kCountBytes;
  for (LotPart& part : parts) {
    part = {.lot = text::LoadBigEndian<int64_t>(at), .amount = text::LoadBigEndian<int64_t>(at + 8)};
    at += kPartBytes;
  }
  return parts;
}

std::string EncodeEntry(const Entry& entry, const Hash& previous) {
  std::string bytes(SizeOf(entry), '\0');
  Writer writer(bytes.data());
  WriteEntry(entry, previous, writer);
  return bytes;
}

Hash EntryHash(const Entry& entry, const Hash& previous) {
  return merkle::Sha256(EncodeEntry(entry, previous));
}

Hash EntryHash(const Entry& entry, const Hash& previous, std::string& scratch) {
  const size_t size = SizeOf(entry);
  if (scratch.size() < size) scratch.resize(size);
  Writer writer(scratch.data());
  WriteEntry(entry, previous, writer);
  return merkle::Sha256(std::string_view(scratch).substr(0, size));
}

Hash ChainStart(TenantId tenant) {
  std::string bytes(kChainTag.size() + 8, '\0');
  Writer writer(bytes.data());
  writer.Raw(kChainTag);
  writer.Int64(tenant.value());
  return merkle::Sha256(bytes);
}

}  // namespace smallbiznis::ledger
