#include "services/identity/api_key/key_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "services/identity/api_key/kind.h"
#include "services/identity/reason.h"

namespace smallbiznis::identity {
namespace {

constexpr std::string_view kScheme = "bearer ";
constexpr size_t kSecretBytes = 32;
constexpr size_t kSecretCharacters = 43;
constexpr size_t kShownCharacters = 4;

char LowerAscii(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool StartsWithScheme(std::string_view text) {
  return text.size() > kScheme.size() && std::equal(kScheme.begin(), kScheme.end(), text.begin(),
                                                    [](char want, char c) { return want == LowerAscii(c); });
}

}  // namespace

KeyText NewKeyText(KeyKind kind, ApiKeyId id, int64_t rotations, const crypto::Keyring& keyring) {
  if (kind != KeyKind::kWebhook) return {kind, id, crypto::RandomBytes(kSecretBytes)};
  return {kind, id, keyring.Mac(crypto::Purpose::kWebhookSecret, fmt::format("{} {}", id.value(), rotations))};
}

std::string Format(const KeyText& key) {
  return fmt::format("{}{}_{}", TextPrefix(key.kind), key.id.value(), crypto::Base64Url(key.secret));
}

std::string DisplayPrefix(const KeyText& key) {
  std::string text = Format(key);
  text.resize(text.size() - kSecretCharacters + kShownCharacters);
  return text;
}

absl::StatusOr<KeyText> ParseAuthorization(std::string_view authorization) {
  if (!StartsWithScheme(authorization)) return Error(Reason::kCredentialsMalformed);
  std::string_view text = authorization.substr(kScheme.size());
  const auto* const kind = std::find_if(std::begin(kKeyKinds), std::end(kKeyKinds),
                                        [text](KeyKind one) { return text.starts_with(TextPrefix(one)); });
  if (kind == std::end(kKeyKinds)) return Error(Reason::kCredentialsMalformed);
  text.remove_prefix(TextPrefix(*kind).size());
  // The secret's alphabet holds '_' too: the first one ends the id.
  const size_t underscore = text.find('_');
  if (underscore == text.npos || text.size() - underscore - 1 != kSecretCharacters)
    return Error(Reason::kCredentialsMalformed);
  const auto id = ApiKeyId::Parse(text.substr(0, underscore));
  auto secret = crypto::FromBase64Url(text.substr(underscore + 1));
  if (!id || !secret.ok()) return Error(Reason::kCredentialsMalformed);
  return KeyText{*kind, *id, *std::move(secret)};
}

std::string MacOf(const KeyText& key, const crypto::Keyring& keyring) {
  // Both parts have a fixed length, so no two keys share an input.
  std::string input;
  input.reserve(sizeof(int64_t) + key.secret.size());
  for (int shift = 56; shift >= 0; shift -= 8) input.push_back(static_cast<char>(key.id.value() >> shift));
  input.append(key.secret);
  return keyring.Mac(crypto::Purpose::kApiKeyMac, input);
}

}  // namespace smallbiznis::identity
