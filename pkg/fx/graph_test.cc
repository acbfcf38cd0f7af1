#include "pkg/fx/internal/graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pkg/fx/app.h"
#include "pkg/fx/internal/type_name.h"

namespace not_smallbiznis {
struct Thing {};
}  // namespace not_smallbiznis

namespace smallbiznis {
namespace db {
struct Pool {};
}  // namespace db
namespace domain {
struct Domains {};
}  // namespace domain
namespace tenant {
struct Onboarding {};
struct Api {};
template <class T>
struct Box {};
}  // namespace tenant

namespace fx {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Complaint(std::vector<Module> modules) {
  Graph graph;
  for (Module& module : modules) graph.Add(std::move(module));
  const absl::Status status = graph.Validate();
  EXPECT_EQ(status.code(), status.message().empty() ? absl::StatusCode::kOk : absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

Option MakesApi() {
  return Provide([](tenant::Onboarding&) { return tenant::Api(); });
}
Option MakesOnboarding() {
  return Provide([](db::Pool&, const domain::Domains&) { return tenant::Onboarding(); });
}
Option MakesDomains() {
  return Provide([](db::Pool&) { return domain::Domains(); });
}
Option MakesPool() {
  return Provide([] { return db::Pool(); });
}
Option UsesApi() {
  return Invoke([](tenant::Api&) {});
}

TEST(GraphTest, AWholeGraphIsFine) {
  EXPECT_EQ(Complaint({}), "");
  EXPECT_EQ(Complaint({{"tenant", {UsesApi(), MakesApi(), MakesOnboarding()}},
                       {"domain", {MakesDomains()}},
                       {"db", {MakesPool()}}}),
            "");
}

TEST(GraphTest, AMissingTypeIsNamedWithTheWholeChain) {
  EXPECT_EQ(
      Complaint(
          {{"rpc", {Invoke([] {}), UsesApi()}}, {"tenant", {MakesApi(), MakesOnboarding()}}, {"db", {MakesPool()}}}),
      "tenant::Onboarding (module tenant) needs domain::Domains: nobody provides it; chain: "
      "invocation 2 of module rpc -> tenant::Api (module tenant) -> tenant::Onboarding (module tenant) -> "
      "domain::Domains");
}

TEST(GraphTest, EveryMissingTypeGetsALine) {
  EXPECT_EQ(Complaint({{"tenant", {MakesOnboarding(), Invoke([](tenant::Onboarding&) {})}}}),
            "tenant::Onboarding (module tenant) needs db::Pool: nobody provides it; chain: "
            "invocation 1 of module tenant -> tenant::Onboarding (module tenant) -> db::Pool\n"
            "tenant::Onboarding (module tenant) needs domain::Domains: nobody provides it; chain: "
            "invocation 1 of module tenant -> tenant::Onboarding (module tenant) -> domain::Domains");
}

TEST(GraphTest, WhatAnUnusedConstructorMissesDoesNotMatter) {
  EXPECT_EQ(Complaint({{"tenant", {MakesOnboarding()}}}), "");
}

TEST(GraphTest, ACircleIsNamedFromItsFirstType) {
  const std::vector<Module> modules = {{"tenant", {UsesApi(), MakesApi(), MakesOnboarding()}},
                                       {"db", {Provide([](domain::Domains&) { return db::Pool(); })}},
                                       {"domain", {MakesDomains()}}};
  EXPECT_EQ(Complaint(modules),
            "circular dependency: db::Pool (module db) -> domain::Domains (module domain) -> db::Pool (module db)");
}

TEST(GraphTest, ACircleIsWrongEvenWhereNobodyNeedsIt) {
  EXPECT_EQ(Complaint({{"db", {Provide([](db::Pool&) { return db::Pool(); })}}}),
            "circular dependency: db::Pool (module db) -> db::Pool (module db)");
}

TEST(GraphTest, TwoProvidersOfATypeAreNamed) {
  EXPECT_EQ(Complaint({{"db", {MakesPool()}}, {"ledger", {Supply(db::Pool())}}}),
            "db::Pool is provided twice: by module db and by module ledger");
  EXPECT_EQ(Complaint({{"db", {MakesPool(), MakesPool()}}}),
            "db::Pool is provided twice: by module db and by module db");
}

TEST(GraphTest, TheAppsOwnTypesCannotBeReplaced) {
  App app;
  app.Add({"mine", {Provide([] { return std::make_unique<Lifecycle>(); })}});
  EXPECT_EQ(app.Build(),
            absl::FailedPreconditionError("fx::Lifecycle is provided twice: by module fx and by module mine"));
}

TEST(GraphTest, WhatIsProvidedAsAnInterfaceIsNotProvidedAsItself) {
  struct Base {
    virtual ~Base() = default;
  };
  struct Derived : Base {};
  EXPECT_THAT(Complaint({{"m", {ProvideAs<Base>([] { return Derived(); }), Invoke([](Base&) {})}}}), "");
  EXPECT_THAT(Complaint({{"m", {ProvideAs<Base>([] { return Derived(); }), Invoke([](Derived&) {})}}}),
              HasSubstr("nobody provides it"));
}

TEST(GraphTest, TypeNamesReadAsTheyAreWritten) {
  EXPECT_EQ(TypeName(typeid(tenant::Onboarding)), "tenant::Onboarding");
  EXPECT_EQ(TypeName(typeid(tenant::Box<db::Pool>)), "tenant::Box<db::Pool>");
  EXPECT_EQ(TypeName(typeid(std::string)), "std::string");
  EXPECT_EQ(TypeName(typeid(not_smallbiznis::Thing)), "not_smallbiznis::Thing");
  EXPECT_EQ(TypeName(typeid(int)), "int");
}

TEST(GraphTest, DotShowsModulesArrowsAndWhatIsMissing) {
  App app;
  app.Add({"tenant", {MakesOnboarding(), Invoke([](tenant::Onboarding&) {})}});
  app.Add({"say \"db\"", {MakesPool()}});
  EXPECT_EQ(app.Dot(), R"(digraph app {
  rankdir=LR;
  node [shape=box];
  subgraph cluster_0 {
    label="fx";
    "fx::Lifecycle";
    "fx::Shutdowner";
  }
  subgraph cluster_1 {
    label="tenant";
    "tenant::Onboarding";
    "invocation 1 of module tenant" [shape=ellipse];
  }
  subgraph cluster_2 {
    label="say \"db\"";
    "db::Pool";
  }
  "domain::Domains" [style=dashed, color=red];
  "tenant::Onboarding" -> "db::Pool";
  "tenant::Onboarding" -> "domain::Domains";
  "invocation 1 of module tenant" -> "tenant::Onboarding";
}
)");
}

}  // namespace
}  // namespace fx
}  // namespace smallbiznis
