// The triggers of the platform.
#include "services/rule/engine/schema.h"

namespace smallbiznis::rule {
namespace {

Attribute MinorUnits(const char* name, const char* what, bool required) {
  return {name, "int", what, required};
}
Attribute User() {
  return {"user_id", "string", "The member.", true};
}
Attribute Tier() {
  return {"user_tier", "string", "The member's tier: \"gold\".", false};
}
Attribute Order() {
  return {"order_id", "string", "The order.", true};
}
Attribute Currency() {
  return {"currency", "string", "ISO 4217: \"IDR\".", false};
}
Attribute Channel() {
  return {"channel", "string", "ONLINE, POS, API or PARTNER.", false};
}
Attribute Items() {
  return {"items", "list(map(string, dyn))", "Each with sku, qty, price and what the shop adds.", false};
}
Attribute More() {
  return {"attributes", "map(string, dyn)", "Whatever else the shop knows.", false};
}

Trigger BuiltIn(std::string name, std::string description, std::vector<Attribute> attributes) {
  return {.name = std::move(name),
          .description = std::move(description),
          .attributes = std::move(attributes),
          .built_in = true};
}

Trigger Purchase() {
  return BuiltIn("PURCHASE", "An order was paid.",
                 {Order(),
                  User(),
                  Tier(),
                  MinorUnits("sub_total", "Minor units, before discounts.", true),
                  MinorUnits("discount", "Minor units.", false),
                  MinorUnits("total", "Minor units, paid.", false),
                  Currency(),
                  Channel(),
                  {"payment_method", "string", "CASH, CARD, QRIS, TRANSFER or WALLET.", false},
                  Items(),
                  {"first_purchase", "bool", "The member has not bought before.", false},
                  More()});
}

Trigger OrderCreated() {
  return BuiltIn("ORDER_CREATED", "An order was made and is not paid yet.",
                 {Order(), User(), Tier(), MinorUnits("sub_total", "Minor units, before discounts.", true),
                  MinorUnits("total", "Minor units, to be paid.", false), Currency(), Channel(), Items(), More()});
}

Trigger Refund() {
  return BuiltIn("REFUND", "A purchase was given back, all of it or a part.",
                 {Order(),
                  User(),
                  Tier(),
                  MinorUnits("amount", "Minor units, given back.", true),
                  {"full", "bool", "All of the purchase.", false},
                  Currency(),
                  {"reason", "string", "As the shop wrote it.", false},
                  Items(),
                  More()});
}

Trigger UserSignup() {
  return BuiltIn("USER_SIGNUP", "A member has registered.",
                 {User(),
                  Channel(),
                  {"referrer_id", "string", "The member who brought them.", false},
                  {"country_code", "string", "ISO 3166-1 alpha-2: \"ID\".", false},
                  {"birth_date", "timestamp", "Of the member.", false},
                  More()});
}

Trigger Campaign() {
  return BuiltIn("CAMPAIGN", "A campaign asks whether a member takes part.",
                 {{"campaign_id", "string", "The campaign.", true}, User(), Tier(), More()});
}

}  // namespace

const std::vector<Trigger>& BuiltInTriggers() {
  static const auto& triggers =
      *new std::vector<Trigger>{Campaign(), OrderCreated(), Purchase(), Refund(), UserSignup()};
  return triggers;
}

const Trigger* FindBuiltIn(std::string_view name) {
  for (const Trigger& trigger : BuiltInTriggers()) {
    if (trigger.name == name) return &trigger;
  }
  return nullptr;
}

}  // namespace smallbiznis::rule
