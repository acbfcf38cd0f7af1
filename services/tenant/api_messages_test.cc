#include "services/tenant/api_messages.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include "pkg/status/status.h"

namespace smallbiznis::tenant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

template <class Message>
Message Read(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::vector<std::string> FieldsAtFault(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& violation : status::FieldViolations(status)) fields.push_back(violation.field);
  return fields;
}

TEST(ParseNewTenantTest, NamesEveryFieldAtFaultAtOnce) {
  EXPECT_THAT(FieldsAtFault(ParseNewTenant(Read<v1::CreateTenantRequest>("type: 77 slug: 'A'")).status()),
              ElementsAre("type", "name", "slug", "country_code", "timezone"));
}

TEST(ParseNewTenantTest, GivesAReservedSlugItsReasonWhenNothingElseIsWrong) {
  const std::string good = "name: 'Kopi' country_code: 'ID' timezone: 'Asia/Jakarta' ";
  const absl::Status reserved = ParseNewTenant(Read<v1::CreateTenantRequest>(good + "slug: 'admin'")).status();
  EXPECT_EQ(reserved.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status::Reason(reserved), "TENANT_SLUG_RESERVED");
  EXPECT_THAT(status::FieldViolations(reserved), ElementsAre(status::FieldViolation{"slug", "is reserved"}));
  EXPECT_EQ(status::Reason(ParseNewTenant(Read<v1::CreateTenantRequest>(good + "slug: 'A'")).status()),
            "INVALID_FIELD");
  const absl::Status both = ParseNewTenant(Read<v1::CreateTenantRequest>(good + "slug: 'admin' type: 77")).status();
  EXPECT_EQ(status::Reason(both), "INVALID_FIELD");
  EXPECT_THAT(FieldsAtFault(both), ElementsAre("type", "slug"));
}

TEST(ParseNewTenantTest, TakesACompanyWhereNoTypeIsSaid) {
  const char* fields = "name: 'Kopi' country_code: 'ID' timezone: 'Asia/Jakarta' ";
  EXPECT_EQ(ParseNewTenant(Read<v1::CreateTenantRequest>(fields))->type, Type::kCompany);
  EXPECT_EQ(ParseNewTenant(Read<v1::CreateTenantRequest>(std::string(fields) + "type: PERSONAL"))->type,
            Type::kPersonal);
  EXPECT_EQ(ParseNewTenant(Read<v1::CreateTenantRequest>(std::string(fields) + "type: PLATFORM"))->type,
            Type::kPlatform);
}

TEST(ParseFilterTest, ReadsEveryField) {
  const auto filter = ParseFilter(Read<v1::ListTenantsRequest::Filter>(
      "states: [ACTIVE, SUSPENDED, ACTIVE] type: COMPANY country_code: 'ID' name_contains: '50%' "
      "created_from {seconds: 100 nanos: 1999} created_before {seconds: 200}"));
  ASSERT_TRUE(filter.ok()) << filter.status();
  EXPECT_THAT(filter->states, ElementsAre(State::kActive, State::kSuspended));
  EXPECT_EQ(filter->type, Type::kCompany);
  EXPECT_EQ(filter->country_code, "ID");
  EXPECT_EQ(filter->name_contains, "50%");
  EXPECT_EQ(filter->created_from, absl::FromUnixMicros(100'000'001));
  EXPECT_EQ(filter->created_before, absl::FromUnixSeconds(200));
}

TEST(ParseFilterTest, NamesEveryFieldAtFaultAtOnce) {
  const std::pair<const char*, std::vector<std::string>> cases[] = {
      {"", {}},
      {"states: [ACTIVE, 77]", {"filter.states[1]"}},
      {"states: [TENANT_STATE_UNSPECIFIED]", {"filter.states[0]"}},
      {"type: 9 country_code: 'id' name_contains: '\\n' created_from {nanos: -1} created_before {seconds: "
       "999999999999}",
       {"filter.type", "filter.country_code", "filter.name_contains", "filter.created_from", "filter.created_before"}},
  };
  for (const auto& [text, fields] : cases) {
    EXPECT_EQ(FieldsAtFault(ParseFilter(Read<v1::ListTenantsRequest::Filter>(text)).status()), fields) << text;
  }
}

TEST(ParseOrderTest, IsNewestFirstWhenUnset) {
  EXPECT_EQ(*ParseOrder(v1::ListTenantsRequest::ORDER_BY_UNSPECIFIED), Order::kCreateTimeDesc);
  EXPECT_EQ(*ParseOrder(v1::ListTenantsRequest::NAME_ASC), Order::kNameAsc);
  EXPECT_THAT(FieldsAtFault(ParseOrder(static_cast<v1::ListTenantsRequest::OrderBy>(9)).status()),
              ElementsAre("order_by"));
}

TEST(ParseTenantChangeTest, ChangesWhatTheMaskNames) {
  const struct {
    const char* request;
    std::vector<std::string> changed;  // or, where it is refused, the fields at fault
    bool good;
  } cases[] = {
      {"tenant {name: 'N' timezone: 'UTC'} update_mask {paths: 'name'}", {"name"}, true},
      {"tenant {name: 'N' timezone: 'UTC'} update_mask {paths: ['name', 'timezone', 'name']}",
       {"name", "timezone"},
       true},
      {"tenant {name: 'N' etag: 'v1'} update_mask {paths: ['name', 'etag']}", {"name"}, true},
      {"tenant {name: 'N' country_code: 'SG'}", {"name", "country_code"}, true},
      {"tenant {name: 'N' slug: 'ignored' code: 'T9'}", {"name"}, true},
      {"tenant {} update_mask {paths: 'name'}", {"tenant.name"}, false},
      {"tenant {name: 'N'} update_mask {paths: 'slug'}", {"update_mask"}, false},
      {"tenant {name: 'N'} update_mask {paths: ['name', 'tenant_id']}", {"update_mask"}, false},
      {"tenant {name: 'N'} update_mask {paths: 'tenant.name'}", {"update_mask"}, false},
      {"tenant {name: 'N'} update_mask {paths: ''}", {"update_mask"}, false},
      {"tenant {etag: 'v1'} update_mask {paths: 'etag'}", {"update_mask"}, false},
      {"tenant {}", {"update_mask"}, false},
      {"tenant {name: '\\n' country_code: 'x'} update_mask {paths: ['name', 'country_code', 'slug']}",
       {"update_mask", "tenant.name", "tenant.country_code"},
       false},
  };
  for (const auto& c : cases) {
    const auto change = ParseTenantChange(Read<v1::UpdateTenantRequest>(c.request));
    ASSERT_EQ(change.ok(), c.good) << c.request << " " << change.status();
    std::vector<std::string> found = FieldsAtFault(change.status());
    if (change.ok()) {
      if (change->name) found.push_back("name");
      if (change->country_code) found.push_back("country_code");
      if (change->timezone) found.push_back("timezone");
    }
    EXPECT_EQ(found, c.changed) << c.request;
  }
}

TEST(ParseTenantChangeTest, SaysWhichPathCannotBeChanged) {
  const auto change =
      ParseTenantChange(Read<v1::UpdateTenantRequest>("tenant {name: 'N'} update_mask {paths: 'slug'}"));
  EXPECT_EQ(status::FieldViolations(change.status())[0].description,
            "slug cannot be changed: only name, country_code and timezone can");
}

}  // namespace
}  // namespace smallbiznis::tenant
