#include "pkg/jose/key_set.h"

#include <cjose/cjose.h>
#include <jansson.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <utility>

#include "pkg/jose/token.h"
#include "pkg/status/status.h"

namespace smallbiznis::jose {
namespace {

constexpr size_t kLeastRsaBits = 2048;
constexpr size_t kMostRsaBits = 16384;  // beyond, a single check costs too much
constexpr size_t kEs256Bytes = 64;

struct FreeToken {
  void operator()(cjose_jws_t* token) const { cjose_jws_release(token); }
};

absl::Status NoKeySet() {
  return status::Error(absl::StatusCode::kInvalidArgument, "KEY_SET_MALFORMED", "not a set of keys (JWKS)");
}

std::optional<Algorithm> AlgorithmOf(const std::optional<std::string>& name) {
  for (const Algorithm algorithm : {Algorithm::kRs256, Algorithm::kPs256, Algorithm::kEs256}) {
    if (name && *name == Name(algorithm)) return algorithm;
  }
  return std::nullopt;
}

// Whether `key`'s member `name` is absent, or says `wanted`.
bool MaySay(const json_t* key, const char* name, std::string_view wanted) {
  return json_object_get(key, name) == nullptr || TextOf(key, name) == wanted;
}

bool MayVerify(const json_t* key) {
  if (!MaySay(key, "use", "sig")) return false;
  const json_t* operations = json_object_get(key, "key_ops");
  if (operations == nullptr) return true;
  for (size_t i = 0; i < json_array_size(operations); ++i) {
    const json_t* each = json_array_get(operations, i);
    if (json_is_string(each) && std::string_view(json_string_value(each)) == "verify") return true;
  }
  return false;
}

// What the key's type, curve and `alg` let it be used for; nothing for a private or symmetric one.
std::vector<Algorithm> AlgorithmsOf(const json_t* key) {
  const std::optional<std::string> type = TextOf(key, "kty");
  std::vector<Algorithm> algorithms;
  if (json_object_get(key, "d") != nullptr || !MayVerify(key)) return algorithms;
  if (type == "RSA") algorithms = {Algorithm::kRs256, Algorithm::kPs256};
  if (type == "EC" && TextOf(key, "crv") == "P-256") algorithms = {Algorithm::kEs256};
  std::erase_if(algorithms, [&](Algorithm each) { return !MaySay(key, "alg", Name(each)); });
  return algorithms;
}

}  // namespace

struct KeyReader {
  static std::optional<KeySet::Key> Read(const json_t* json) {
    std::vector<Algorithm> algorithms = AlgorithmsOf(json);
    if (algorithms.empty()) return std::nullopt;
    const std::unique_ptr<char, decltype(&std::free)> text(json_dumps(json, JSON_COMPACT), &std::free);
    if (text == nullptr) return std::nullopt;
    cjose_jwk_t* imported = cjose_jwk_import(text.get(), std::string_view(text.get()).size(), nullptr);
    if (imported == nullptr) return std::nullopt;
    KeySet::Key key{.id = TextOf(json, "kid").value_or(""),
                    .algorithms = std::move(algorithms),
                    .key = {imported, [](const cjose_jwk_t* it) { cjose_jwk_release(const_cast<cjose_jwk_t*>(it)); }},
                    .signature_bytes = kEs256Bytes};
    if (key.algorithms.front() == Algorithm::kEs256) return key;
    const size_t bits = cjose_jwk_get_keysize(imported, nullptr);
    if (bits < kLeastRsaBits || bits > kMostRsaBits) return std::nullopt;
    key.signature_bytes = (bits + 7) / 8;
    return key;
  }
};

std::string_view Name(Algorithm algorithm) {
  switch (algorithm) {
    case Algorithm::kRs256:
      return "RS256";
    case Algorithm::kPs256:
      return "PS256";
    case Algorithm::kEs256:
      return "ES256";
  }
  std::abort();
}

absl::StatusOr<KeySet> KeySet::Parse(std::string_view json) {
  const Json document = ParseJson(json);
  const json_t* keys = json_object_get(document.get(), "keys");
  if (!json_is_array(keys) || json_array_size(keys) > kMaxKeys) return NoKeySet();
  KeySet set;
  for (size_t i = 0; i < json_array_size(keys); ++i) {
    if (std::optional<Key> key = KeyReader::Read(json_array_get(keys, i))) set.keys_.push_back(*std::move(key));
  }
  return set;
}

absl::StatusOr<const KeySet::Key*> KeySet::Choose(const std::string* id, Algorithm algorithm) const {
  const Key* chosen = nullptr;
  for (const Key& key : keys_) {
    const bool fits = std::count(key.algorithms.begin(), key.algorithms.end(), algorithm) > 0;
    if (id == nullptr ? !fits : key.id != *id) continue;
    if (chosen != nullptr) return Refuse("KEY_AMBIGUOUS", "more than one key may have signed the token");
    chosen = &key;
  }
  if (chosen == nullptr) return Refuse("KEY_UNKNOWN", "the token is signed by a key that is not among the known ones");
  if (std::count(chosen->algorithms.begin(), chosen->algorithms.end(), algorithm) == 0) {
    return Refuse("KEY_UNSUITABLE", "the token's key is not one for its algorithm");
  }
  return chosen;
}

absl::StatusOr<Verified> KeySet::Verify(std::string_view text, const std::vector<Algorithm>& allowed) const {
  ASSIGN_OR_RETURN(Token token, ReadToken(text));
  const json_t* header = token.header.get();
  const std::optional<Algorithm> algorithm = AlgorithmOf(TextOf(header, "alg"));
  if (!algorithm || std::count(allowed.begin(), allowed.end(), *algorithm) == 0) {
    return Refuse("ALGORITHM_REFUSED", "the token is signed by an algorithm that is not allowed");
  }
  if (json_object_get(header, "crit") != nullptr) {
    return Refuse("HEADER_REFUSED", "the token asks for an extension that is not known here");
  }
  const std::optional<std::string> id = TextOf(header, "kid");
  if (!id && json_object_get(header, "kid") != nullptr) return Refuse("KEY_UNKNOWN", "the token's kid is no text");
  ASSIGN_OR_RETURN(const Key* key, Choose(id ? &*id : nullptr, *algorithm));
  const std::unique_ptr<cjose_jws_t, FreeToken> parsed(cjose_jws_import(text.data(), text.size(), nullptr));
  const bool valid = parsed != nullptr && token.signature_bytes == key->signature_bytes &&
                     cjose_jws_verify(parsed.get(), key->key.get(), nullptr);
  if (!valid) return Refuse("SIGNATURE_INVALID", "the token's signature is not valid");
  return Verified{.payload = std::move(token.payload), .type = TextOf(header, "typ").value_or("")};
}

}  // namespace smallbiznis::jose
