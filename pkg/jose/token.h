// A compact token in its parts, before anything of it is believed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

struct json_t;

namespace smallbiznis::jose {

struct FreeJson {
  void operator()(json_t* json) const;
};
using Json = std::unique_ptr<json_t, FreeJson>;

// Null for what is no JSON, and for an object with two members of one name.
Json ParseJson(std::string_view text);
// The text of `object`'s member `name`; nothing when it is not there or no text.
std::optional<std::string> TextOf(const json_t* object, const char* name);

struct Token {
  Json header;  // an object
  std::string payload;
  size_t signature_bytes = 0;
};

// Errors are the first two of KeySet::Verify.
absl::StatusOr<Token> ReadToken(std::string_view text);

absl::Status Refuse(std::string_view reason, std::string_view message);  // UNAUTHENTICATED

}  // namespace smallbiznis::jose
