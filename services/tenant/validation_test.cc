#include "services/tenant/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace smallbiznis::tenant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

NewTenant Good() {
  return {.name = "Kopi", .slug = "kopi", .country_code = "ID", .timezone = "Asia/Jakarta"};
}

std::vector<std::string> Fields(const std::vector<status::FieldViolation>& violations) {
  std::vector<std::string> fields;
  for (const auto& violation : violations) fields.push_back(violation.field);
  return fields;
}

std::string Repeat(std::string_view text, int times) {
  std::string repeated;
  while (times-- > 0) repeated += text;
  return repeated;
}

TEST(NewTenantTest, TakesNamesOfEveryKindAsTheyAre) {
  for (const std::string& name :
       {std::string("Toko Kopi"), std::string("مقهى القاهرة"), std::string("北京咖啡馆"), std::string("☕🔥"),
        std::string("'; DROP TABLE tenants; --"), std::string("<script>alert(1)</script>"), std::string(" padded "),
        std::string("%s%n{}\\"), Repeat("🔥", 200)}) {
    NewTenant draft = Good();
    draft.name = name;
    EXPECT_THAT(Violations(draft), IsEmpty()) << name;
  }
}

TEST(NewTenantTest, RefusesNamesThatCannotBeKeptOrShown) {
  for (const std::string& name : {std::string(), std::string("   "), Repeat("a", 201), Repeat("🔥", 10'000),
                                  std::string("a\0b", 3), std::string("a\nb"), std::string("\xff\xfe")}) {
    NewTenant draft = Good();
    draft.name = name;
    EXPECT_THAT(Fields(Violations(draft)), ElementsAre("name")) << testing::PrintToString(name);
  }
}

TEST(NewTenantTest, NamesEveryFieldAtFaultAtOnce) {
  EXPECT_THAT(Violations(Good()), IsEmpty());
  EXPECT_THAT(Fields(Violations({.name = "", .slug = "www", .country_code = "id", .timezone = "WIB"})),
              ElementsAre("name", "slug", "country_code", "timezone"));
  NewTenant without_slug = Good();
  without_slug.slug = "";
  EXPECT_THAT(Violations(without_slug), IsEmpty()) << "one is made from the name";
}

TEST(TenantChangeTest, LooksAtWhatIsChangedOnly) {
  EXPECT_THAT(Violations(TenantChange{}, "tenant."), IsEmpty());
  EXPECT_THAT(Violations(TenantChange{.name = "Kopi"}, "tenant."), IsEmpty());
  EXPECT_THAT(Fields(Violations(TenantChange{.name = "", .country_code = "", .timezone = ""}, "tenant.")),
              ElementsAre("tenant.name", "tenant.country_code", "tenant.timezone"));
}

TEST(CountryTest, IsACodeOfIso3166) {
  for (const char* code : {"ID", "SG", "MY", "US", "DE", "CN", "SA", "AX", "ZW"})
    EXPECT_TRUE(IsCountryCode(code)) << code;
  for (const char* code : {"", "I", "id", "Id", "IDN", "XX", "ZZ", "XK", "UK", "EU", "AN", "SU", "12", " ID"}) {
    EXPECT_FALSE(IsCountryCode(code)) << code;
  }
}

TEST(TimezoneTest, IsAZoneOfTheIanaDatabase) {
  for (const char* name : {"Asia/Jakarta", "Asia/Makassar", "Asia/Calcutta", "Europe/Kyiv", "Europe/Berlin", "UTC",
                           "GMT", "EST5EDT", "Etc/GMT+7", "America/Argentina/Buenos_Aires", "Japan", "CET"}) {
    EXPECT_TRUE(IsTimezone(name)) << name;
  }
  for (const std::string& name :
       {std::string(), std::string("WIB"), std::string("asia/jakarta"), std::string("Asia/Jakarta "),
        std::string("Asia/Jakarta\0", 13), std::string("Asia/Bandung"), std::string("GMT+7"), std::string("+07:00"),
        std::string("PST"), std::string("AET"), std::string("SystemV/EST5"), std::string("Etc/Unknown"),
        std::string("../etc/passwd"), std::string("Ásia/Jakarta"), std::string(10'000, 'A')}) {
    EXPECT_FALSE(IsTimezone(name)) << name;
  }
}

}  // namespace
}  // namespace smallbiznis::tenant
