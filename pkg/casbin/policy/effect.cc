#include "pkg/casbin/policy/effect.h"

#include <array>
#include <utility>

namespace smallbiznis::casbin {
namespace {

constexpr std::array<std::pair<std::string_view, Effect>, 5> kEffects = {{
    {"some(where (p_eft == allow))", Effect::kAllowOverride},
    {"!some(where (p_eft == deny))", Effect::kDenyOverride},
    {"some(where (p_eft == allow)) && !some(where (p_eft == deny))", Effect::kAllowAndDeny},
    {"priority(p_eft) || deny", Effect::kPriority},
    {"subjectPriority(p_eft) || deny", Effect::kSubjectPriority},
}};

}  // namespace

std::optional<Effect> ParseEffect(std::string_view text) {
  for (const auto& [known, effect] : kEffects) {
    if (known == text) return effect;
  }
  return std::nullopt;
}

bool Verdict::Decide(uint32_t row, bool allowed) {
  allowed_ = allowed;
  row_ = row;
  return true;
}

bool Verdict::Add(uint32_t row, RuleEffect effect) {
  switch (effect_) {
    case Effect::kAllowOverride:
      return effect == RuleEffect::kAllow && Decide(row, true);
    case Effect::kDenyOverride:
      return effect == RuleEffect::kDeny && Decide(row, false);
    case Effect::kAllowAndDeny:
      if (effect == RuleEffect::kAllow && !first_allow_) first_allow_ = row;
      return effect == RuleEffect::kDeny && Decide(row, false);
    case Effect::kPriority:
    case Effect::kSubjectPriority:
      return effect != RuleEffect::kOther && Decide(row, effect == RuleEffect::kAllow);
  }
  return false;
}

void Verdict::Finish() {
  if (row_) return;
  if (effect_ == Effect::kDenyOverride) allowed_ = true;
  if (effect_ == Effect::kAllowAndDeny && first_allow_) Decide(*first_allow_, true);
}

}  // namespace smallbiznis::casbin
