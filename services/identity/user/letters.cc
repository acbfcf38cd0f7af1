#include "services/identity/user/letters.h"

#include <fmt/format.h>

#include <cstdlib>
#include <nlohmann/json.hpp>

namespace smallbiznis::identity {
namespace {

template <class IdType>
std::optional<IdType> IdIn(const nlohmann::json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || !found->is_string()) return std::nullopt;
  return IdType::Parse(found->get_ref<const std::string&>());
}

}  // namespace

std::string_view NameOf(Notice notice) {
  switch (notice) {
    case Notice::kPasswordChanged:
      return "PASSWORD_CHANGED";
    case Notice::kTotpEnabled:
      return "TOTP_ENABLED";
    case Notice::kTotpDisabled:
      return "TOTP_DISABLED";
    case Notice::kIdentityLinked:
      return "IDENTITY_LINKED";
  }
  std::abort();
}

std::string ToPayload(const Letter& letter) {
  if (letter.token) return nlohmann::json{{"token_id", letter.token.ToString()}}.dump();
  return nlohmann::json{{"user_id", letter.user.ToString()}, {"notice", NameOf(letter.notice)}}.dump();
}

std::optional<Letter> FromPayload(std::string_view payload) {
  const nlohmann::json object = nlohmann::json::parse(payload, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) return std::nullopt;
  if (const auto token = IdIn<MailedTokenId>(object, "token_id")) return Letter::Of(*token);
  const auto user = IdIn<UserId>(object, "user_id");
  const auto name = object.find("notice");
  if (!user || name == object.end() || !name->is_string()) return std::nullopt;
  for (const Notice notice :
       {Notice::kPasswordChanged, Notice::kTotpEnabled, Notice::kTotpDisabled, Notice::kIdentityLinked}) {
    if (name->get_ref<const std::string&>() == NameOf(notice)) return Letter::Of(*user, notice);
  }
  return std::nullopt;
}

void AskFor(const outbox::Outbox& outbox, db::Tx& tx, const Letter& letter, std::string_view traceparent) {
  const std::string key = letter.token ? fmt::format("identity:mailed_token:{}", letter.token.value())
                                       : fmt::format("identity:user:{}", letter.user.value());
  outbox.Add(tx, {{.tenant = TenantId(),
                   .topic = kMailTopic,
                   .key = key,
                   .payload = ToPayload(letter),
                   .traceparent = std::string(traceparent)}});
}

}  // namespace smallbiznis::identity
