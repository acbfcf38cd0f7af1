#include "services/ledger/record/receipt.h"

#include <fmt/format.h>

#include "pkg/crypto/crypto.h"
#include "pkg/merkle/proof.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/ledger/record/json.h"

namespace smallbiznis::ledger {
namespace {

constexpr char kReceiptFormat[] = "smallbiznis-ledger-receipt";
constexpr char kHeadFormat[] = "smallbiznis-ledger-head";
constexpr int kVersion = 1;

Json ToJson(const std::optional<int64_t>& value) {
  return value ? Json(std::to_string(*value)) : Json();
}

Json ToJson(const std::vector<LotPart>& parts) {
  Json json = Json::array();
  for (const LotPart& part : parts) {
    json.push_back({{"lot", std::to_string(part.lot)}, {"amount", std::to_string(part.amount)}});
  }
  return json;
}

absl::StatusOr<Json> ToJson(absl::Time time) {
  const std::optional<std::string> text = TimeText(time);
  if (!text) return Malformed("a time is not in the years 1 to 9999");
  return Json(*text);
}

absl::StatusOr<Json> ToJson(const Entry& entry) {
  ASSIGN_OR_RETURN(const Json posted_at, ToJson(entry.posted_at));
  Json expires_at;
  if (entry.expires_at) {
    ASSIGN_OR_RETURN(expires_at, ToJson(*entry.expires_at));
  }
  return Json{{"tenant_id", entry.tenant.ToString()},
              {"entry_id", std::to_string(entry.entry_id)},
              {"kind", std::string(Name(entry.kind))},
              {"unit", entry.unit},
              {"amount", std::to_string(entry.amount)},
              {"source", entry.source},
              {"destination", entry.destination},
              {"source_balance", ToJson(entry.source_balance)},
              {"destination_balance", ToJson(entry.destination_balance)},
              {"reference_id", entry.reference_id ? Json(*entry.reference_id) : Json()},
              {"description", entry.description},
              {"metadata", Json(entry.metadata)},
              {"expires_at", expires_at},
              {"reverts", ToJson(entry.reverts)},
              {"hold", ToJson(entry.hold)},
              {"taken", ToJson(entry.taken)},
              {"given", ToJson(entry.given)},
              {"actor", entry.actor},
              {"posted_at", posted_at}};
}

absl::StatusOr<Json> ToJson(const SignedHead& head) {
  ASSIGN_OR_RETURN(const Json at, ToJson(head.head.at));
  const std::string_view signature(reinterpret_cast<const char*>(head.signature.data()), head.signature.size());
  return Json{{"tenant_id", head.head.tenant.ToString()},
              {"size", std::to_string(head.head.size)},
              {"root", merkle::Hex(head.head.root)},
              {"chain", merkle::Hex(head.head.chain)},
              {"at", at},
              {"key_id", head.key_id},
              {"public_key", merkle::Hex(head.public_key)},
              {"signature", crypto::Hex(signature)}};
}

std::vector<LotPart> ReadParts(Fields& fields, const char* name) {
  std::vector<LotPart> parts;
  const Json& list = fields.Member(name);
  if (!list.is_array()) fields.Fail(name, "must be a list");
  for (const Json& item : list) {
    Fields part(item, name);
    parts.push_back({.lot = part.Int64("lot"), .amount = part.Int64("amount")});
    if (const absl::Status status = part.Finish(); !status.ok())
      fields.Fail(name, "must hold objects of lot and amount");
  }
  return parts;
}

std::map<std::string, std::string> ReadMetadata(Fields& fields) {
  std::map<std::string, std::string> metadata;
  const Json& object = fields.Member("metadata");
  if (!object.is_object()) fields.Fail("metadata", "must be an object");
  for (const auto& member : object.items()) {
    if (member.value().is_string()) {
      metadata.emplace(member.key(), member.value().get<std::string>());
    } else {
      fields.Fail("metadata", "must hold strings");
    }
  }
  return metadata;
}

absl::StatusOr<Entry> ReadEntry(const Json& json) {
  Fields fields(json, "entry");
  const std::optional<EntryKind> kind = ParseEntryKind(fields.Text("kind"));
  if (!kind) fields.Fail("kind", "must be the name of a kind");
  Entry entry{.tenant = TenantId(fields.Int64("tenant_id")),
              .entry_id = fields.Int64("entry_id"),
              .kind = kind.value_or(EntryKind::kCredit),
              .unit = fields.Text("unit"),
              .amount = fields.Int64("amount"),
              .source = fields.Text("source"),
              .destination = fields.Text("destination"),
              .source_balance = fields.OptionalInt64("source_balance"),
              .destination_balance = fields.OptionalInt64("destination_balance"),
              .reference_id = fields.OptionalText("reference_id"),
              .description = fields.Text("description"),
              .metadata = ReadMetadata(fields),
              .expires_at = fields.OptionalTime("expires_at"),
              .reverts = fields.OptionalInt64("reverts"),
              .hold = fields.OptionalInt64("hold"),
              .taken = ReadParts(fields, "taken"),
              .given = ReadParts(fields, "given"),
              .actor = fields.Text("actor"),
              .posted_at = fields.Time("posted_at")};
  RETURN_IF_ERROR(fields.Finish());
  return entry;
}

absl::StatusOr<SignedHead> ReadHead(const Json& json) {
  Fields fields(json, "head");
  SignedHead head{.head = {.tenant = TenantId(fields.Int64("tenant_id")),
                           .size = fields.Int64("size"),
                           .root = fields.Bytes<Hash>("root"),
                           .chain = fields.Bytes<Hash>("chain"),
                           .at = fields.Time("at")},
                  .key_id = fields.Text("key_id"),
                  .public_key = fields.Bytes<crypto::PublicKey>("public_key"),
                  .signature = fields.Bytes<crypto::Signature>("signature")};
  RETURN_IF_ERROR(fields.Finish());
  return head;
}

void CheckFormat(Fields& fields, std::string_view format) {
  if (fields.Text("format") != format) fields.Fail("format", fmt::format("must be {}", format));
  const Json& version = fields.Member("version");
  if (!version.is_number_integer() || version != Json(kVersion))
    fields.Fail("version", fmt::format("must be {}", kVersion));
}

absl::Status Refused(std::string_view reason, std::string_view what) {
  return status::Error(absl::StatusCode::kInvalidArgument, reason, what);
}

absl::Status CheckChain(const Receipt& receipt) {
  const Entry& entry = receipt.entry;
  const TreeHead& head = receipt.head.head;
  if (entry.tenant != head.tenant) {
    return Refused("LEDGER_CHAIN_BROKEN", "chain: the entry and the head are of two tenants");
  }
  if (entry.entry_id == 1 && receipt.previous_hash != ChainStart(entry.tenant)) {
    return Refused("LEDGER_CHAIN_BROKEN", "chain: the first entry does not follow the start of the tenant's chain");
  }
  if (entry.entry_id == head.size && receipt.entry_hash != head.chain) {
    return Refused("LEDGER_CHAIN_BROKEN", "chain: the entry is the last one, but the head has another hash for it");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> WriteReceipt(const Receipt& receipt) {
  ASSIGN_OR_RETURN(Json entry, ToJson(receipt.entry));
  ASSIGN_OR_RETURN(Json head, ToJson(receipt.head));
  Json path = Json::array();
  for (const Hash& hash : receipt.path) path.push_back(merkle::Hex(hash));
  return Dump(Json{{"format", kReceiptFormat},
                   {"version", kVersion},
                   {"entry", std::move(entry)},
                   {"previous_hash", merkle::Hex(receipt.previous_hash)},
                   {"entry_hash", merkle::Hex(receipt.entry_hash)},
                   {"path", std::move(path)},
                   {"head", std::move(head)}});
}

absl::StatusOr<std::string> WriteHead(const SignedHead& head) {
  ASSIGN_OR_RETURN(Json json, ToJson(head));
  return Dump(Json{{"format", kHeadFormat}, {"version", kVersion}, {"head", std::move(json)}});
}

absl::StatusOr<Receipt> ParseReceipt(std::string_view json) {
  ASSIGN_OR_RETURN(const Json object, ParseStrict(json));
  Fields fields(object, "receipt");
  CheckFormat(fields, kReceiptFormat);
  Receipt receipt{.previous_hash = fields.Bytes<Hash>("previous_hash"), .entry_hash = fields.Bytes<Hash>("entry_hash")};
  const Json& path = fields.Member("path");
  if (!path.is_array()) fields.Fail("path", "must be a list");
  for (const Json& item : path) {
    const std::optional<Hash> hash = item.is_string() ? merkle::FromHex(item.get<std::string>()) : std::nullopt;
    if (!hash) fields.Fail("path", "must hold hashes of 64 lower-case hexadecimal digits");
    receipt.path.push_back(hash.value_or(Hash{}));
  }
  const Json& entry = fields.Member("entry");
  const Json& head = fields.Member("head");
  RETURN_IF_ERROR(fields.Finish());
  ASSIGN_OR_RETURN(receipt.entry, ReadEntry(entry));
  ASSIGN_OR_RETURN(receipt.head, ReadHead(head));
  return receipt;
}

absl::StatusOr<SignedHead> ParseHead(std::string_view json) {
  ASSIGN_OR_RETURN(const Json object, ParseStrict(json));
  Fields fields(object, "file");
  CheckFormat(fields, kHeadFormat);
  const Json& head = fields.Member("head");
  RETURN_IF_ERROR(fields.Finish());
  return ReadHead(head);
}

absl::Status VerifyReceipt(const Receipt& receipt, const std::optional<crypto::PublicKey>& trusted) {
  if (EntryHash(receipt.entry, receipt.previous_hash) != receipt.entry_hash) {
    return Refused("LEDGER_ENTRY_CHANGED", "entry: its fields and the hash before it do not give its hash");
  }
  RETURN_IF_ERROR(CheckChain(receipt));
  const merkle::Place place{.index = receipt.entry.entry_id - 1, .size = receipt.head.head.size};
  const Hash leaf = merkle::LeafHash(merkle::Bytes(receipt.entry_hash));
  if (const absl::Status status = merkle::VerifyInclusion(leaf, place, receipt.path, receipt.head.head.root);
      !status.ok()) {
    return Refused("LEDGER_NOT_INCLUDED", fmt::format("inclusion: {}", text::ToStd(status.message())));
  }
  RETURN_IF_ERROR(VerifyHead(receipt.head));
  if (trusted && receipt.head.public_key != *trusted) {
    return Refused("LEDGER_KEY_NOT_TRUSTED", "key: the head is signed, but with another key than the trusted one");
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
