// Models and shortcuts for the tests of this room.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/casbin/enforcer.h"
#include "pkg/status/status.h"

namespace smallbiznis::casbin {

inline constexpr std::string_view kAllowOverride = "some(where (p.eft == allow))";

// A model of its definitions. `roles` may be empty.
inline std::string ModelText(std::string_view request, std::string_view policy, std::string_view roles,
                             std::string_view effect, std::string_view matcher) {
  std::string text = fmt::format("[request_definition]\nr = {}\n[policy_definition]\np = {}\n", request, policy);
  if (!roles.empty()) text += fmt::format("[role_definition]\n{}\n", roles);
  return text + fmt::format("[policy_effect]\ne = {}\n[matchers]\nm = {}\n", effect, matcher);
}

inline std::string AclModel(std::string_view matcher = "r.sub == p.sub && r.obj == p.obj && r.act == p.act") {
  return ModelText("sub, obj, act", "sub, obj, act", "", kAllowOverride, matcher);
}

inline std::string RbacModel() {
  return ModelText("sub, obj, act", "sub, obj, act", "g = _, _", kAllowOverride,
                   "g(r.sub, p.sub) && r.obj == p.obj && r.act == p.act");
}

inline std::string DomainModel() {
  return ModelText("sub, dom, obj, act", "sub, dom, obj, act", "g = _, _, _", kAllowOverride,
                   "g(r.sub, p.sub, r.dom) && r.dom == p.dom && r.obj == p.obj && r.act == p.act");
}

inline absl::Status LoadText(Enforcer& enforcer, std::string_view policy) {
  TextAdapter adapter(policy);
  return enforcer.Load(adapter);
}

inline std::unique_ptr<Enforcer> Make(std::string_view model, std::string_view policy, Options options = {}) {
  auto enforcer = Enforcer::Create(model, std::move(options));
  EXPECT_TRUE(enforcer.ok()) << enforcer.status();
  if (!enforcer.ok()) return nullptr;
  const absl::Status loaded = LoadText(**enforcer, policy);
  EXPECT_TRUE(loaded.ok()) << loaded;
  return *std::move(enforcer);
}

// "allow", "deny", or the error's message.
inline std::string Ask(const Enforcer& enforcer, const std::vector<Value>& request, const Sections& sections = {}) {
  const auto decision = enforcer.Enforce(request, sections);
  if (!decision.ok()) return std::string(decision.status().message());
  return decision->allowed ? "allow" : "deny";
}

// Of what cannot be made: its reason and message.
inline std::string Refusal(const absl::Status& status) {
  return fmt::format("{}: {}", status::Reason(status), std::string(status.message()));
}
inline std::string ModelRefusal(std::string_view model, Options options = {}) {
  return Refusal(Enforcer::Create(model, std::move(options)).status());
}

}  // namespace smallbiznis::casbin
