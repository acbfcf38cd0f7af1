#include "pkg/rpc/principal.h"

#include <gtest/gtest.h>

namespace smallbiznis::rpc {
namespace {

TEST(HoldsTest, ByItselfByObjectOrByEverything) {
  struct Case {
    std::vector<std::string> scopes;
    std::string permission;
    bool holds;
  };
  const std::vector<Case> cases = {
      {{"tenant:read"}, "tenant:read", true},
      {{"tenant:*"}, "tenant:read", true},
      {{"*"}, "tenant:read", true},
      {{"ledger:read", "tenant:read"}, "tenant:read", true},
      {{}, "tenant:read", false},
      {{"tenant:write"}, "tenant:read", false},
      {{"tenant:rea"}, "tenant:read", false},
      {{"tenant:reads"}, "tenant:read", false},
      {{"ten:*"}, "tenant:read", false},
      {{"tenants:*"}, "tenant:read", false},
      {{"tenant"}, "tenant:read", false},
      {{"tenant:"}, "tenant:read", false},
      {{"*:read"}, "tenant:read", false},
      {{"tenant:**"}, "tenant:read", false},
      {{""}, "tenant:read", false},
      {{"tenant:*"}, "tenant", false},
      {{"*"}, "", false},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(Holds(c.scopes, c.permission), c.holds) << (c.scopes.empty() ? "" : c.scopes[0]) << " " << c.permission;
  }
}

}  // namespace
}  // namespace smallbiznis::rpc
