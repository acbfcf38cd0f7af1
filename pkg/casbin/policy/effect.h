// How the rules that match add up to a decision.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace smallbiznis::casbin {

enum class Effect {
  kAllowOverride,    // some(where (p.eft == allow))
  kDenyOverride,     // !some(where (p.eft == deny))
  kAllowAndDeny,     // some(where (p.eft == allow)) && !some(where (p.eft == deny))
  kPriority,         // priority(p.eft) || deny
  kSubjectPriority,  // subjectPriority(p.eft) || deny
};

// Of the text of an effect in which p.eft is written p_eft. Nothing for any other text.
std::optional<Effect> ParseEffect(std::string_view text);

enum class RuleEffect : uint8_t { kAllow, kDeny, kOther };

// Takes the rules that match in their order, until it is decided.
class Verdict {
 public:
  explicit Verdict(Effect effect) : effect_(effect) {}

  // True when the decision is made, and no later rule can change it.
  bool Add(uint32_t row, RuleEffect effect);
  // To be called after the last rule, if there was any rule, matching or not.
  void Finish();

  bool allowed() const { return allowed_; }
  // The rule that decided, if one did.
  std::optional<uint32_t> row() const { return row_; }

 private:
  bool Decide(uint32_t row, bool allowed);

  Effect effect_;
  bool allowed_ = false;
  std::optional<uint32_t> row_;
  std::optional<uint32_t> first_allow_;
};

}  // namespace smallbiznis::casbin
