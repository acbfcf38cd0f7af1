#include "services/ledger/record/head.h"

#include "pkg/status/status.h"
#include "services/ledger/record/writer.h"

namespace smallbiznis::ledger {
namespace {

constexpr std::string_view kHeadTag("sbhead\0\x01", 8);
constexpr size_t kHeadBytes = 96;

}  // namespace

std::string EncodeHead(const TreeHead& head) {
  std::string bytes(kHeadBytes, '\0');
  Writer writer(bytes.data());
  writer.Raw(kHeadTag);
  writer.Int64(head.tenant.value());
  writer.Int64(head.size);
  writer.Raw(merkle::Bytes(head.root));
  writer.Raw(merkle::Bytes(head.chain));
  writer.Time(head.at);
  return bytes;
}

SignedHead SignHead(const TreeHead& head, const crypto::SigningKey& key) {
  return {.head = head,
          .key_id = crypto::KeyId(key.public_key()),
          .public_key = key.public_key(),
          .signature = key.Sign(EncodeHead(head))};
}

absl::Status VerifyHead(const SignedHead& head) {
  if (head.key_id != crypto::KeyId(head.public_key)) {
    return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_KEY_WRONG",
                         "signature: the key id of the head is not that of its public key");
  }
  if (!crypto::VerifySignature(head.public_key, EncodeHead(head.head), head.signature)) {
    return status::Error(absl::StatusCode::kInvalidArgument, "LEDGER_SIGNATURE_WRONG",
                         "signature: the head was not signed like this with its public key");
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
