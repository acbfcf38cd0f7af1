#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "google/protobuf/descriptor.pb.h"
#include "services/access/api_catalogue.h"
#include "services/access/api_permissions_page.h"
#include "services/access/policy.h"
#include "services/access/shipped.h"

namespace smallbiznis::api {
std::string_view DescriptorSet();
}

namespace smallbiznis::access {
namespace {

Catalogue FromContracts() {
  google::protobuf::FileDescriptorSet set;
  const std::string_view bytes = api::DescriptorSet();
  EXPECT_TRUE(set.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
  std::vector<Catalogue::Method> methods;
  for (const auto& file : set.file()) {
    for (const auto& service : file.service()) {
      for (const auto& method : service.method()) {
        methods.push_back({method.name(), method.options().GetExtension(rpc::v1::policy)});
      }
    }
  }
  return Catalogue(methods);
}

TEST(PermissionsPageTest, IsUpToDate) {
  std::ifstream file("docs/permissions.md");
  std::ostringstream committed;
  committed << file.rdbuf();
  const auto page = PermissionsPage(api::DescriptorSet());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(committed.str(), *page) << "`make permissions` writes docs/permissions.md anew";
}

TEST(PermissionsPageTest, TheShippedPolicySpeaksOfPermissionsThatRpcsAskFor) {
  const Catalogue catalogue = FromContracts();
  casbin::TextAdapter rules(ShippedPolicy());
  const auto policy = Policy::Make(ShippedModel(), rules);
  ASSERT_TRUE(policy.ok()) << policy.status();
  std::set<std::string> known;
  for (const auto& [permission, entry] : catalogue.entries()) {
    known.insert(permission);
    known.insert(permission.substr(0, permission.find(':')) + ":*");
  }
  known.insert("*:*");
  size_t rules_seen = 0;
  for (const casbin::Rule& rule : (*policy)->rules()) {
    if (rule.section != "p") continue;
    ++rules_seen;
    EXPECT_TRUE(known.contains(rule.values[2] + ":" + rule.values[3])) << "line " << rule.line;
  }
  EXPECT_GE(rules_seen, 5u);
}

}  // namespace
}  // namespace smallbiznis::access
