#include "pkg/jose/token.h"

#include <jansson.h>

#include <array>

#include "pkg/crypto/crypto.h"
#include "pkg/jose/key_set.h"
#include "pkg/status/status.h"

namespace smallbiznis::jose {
namespace {

constexpr size_t kParts = 3;

absl::Status Malformed() {
  return Refuse("TOKEN_MALFORMED", "the token is not a compact JWS");
}

}  // namespace

void FreeJson::operator()(json_t* json) const {
  json_decref(json);
}

Json ParseJson(std::string_view text) {
  return Json(json_loadb(text.data(), text.size(), JSON_REJECT_DUPLICATES, nullptr));
}

std::optional<std::string> TextOf(const json_t* object, const char* name) {
  const json_t* value = json_object_get(object, name);
  if (!json_is_string(value)) return std::nullopt;
  return std::string(json_string_value(value), json_string_length(value));
}

absl::StatusOr<Token> ReadToken(std::string_view text) {
  if (text.size() > kMaxTokenBytes) return Refuse("TOKEN_TOO_LONG", "the token is too long");
  std::array<std::string, kParts> parts;
  for (size_t i = 0; i < kParts; ++i) {
    const size_t dot = text.find('.');
    if ((dot == std::string_view::npos) != (i == kParts - 1)) return Malformed();
    absl::StatusOr<std::string> part = crypto::FromBase64Url(text.substr(0, dot));
    if (!part.ok()) return Malformed();
    parts[i] = *std::move(part);
    text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  }
  Token token{.header = ParseJson(parts[0]), .payload = std::move(parts[1]), .signature_bytes = parts[2].size()};
  if (!json_is_object(token.header.get())) return Malformed();
  return token;
}

absl::Status Refuse(std::string_view reason, std::string_view message) {
  return status::Error(absl::StatusCode::kUnauthenticated, reason, message);
}

}  // namespace smallbiznis::jose
