#include "services/tenant/slug.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "services/tenant/reserved_slugs.h"

namespace smallbiznis::tenant {
namespace {

TEST(SlugTest, HasOneForm) {
  const std::string longest(40, 'a');
  for (const std::string& slug : {std::string("abc"), std::string("a1b"), std::string("123"), std::string("a-b-c"),
                                  std::string("kopi-2"), longest}) {
    EXPECT_EQ(SlugProblem(slug), std::nullopt) << slug;
  }
  for (const std::string& slug :
       {std::string(), std::string("ab"), longest + "a", std::string("-abc"), std::string("abc-"), std::string("a--b"),
        std::string("xn--80ak6aa92e"), std::string("Abc"), std::string("a b"), std::string("a_b"), std::string("a.b"),
        std::string("kopí"), std::string("abc\n"), std::string("abc\0", 4), std::string("---"), std::string("<b>")}) {
    EXPECT_EQ(SlugProblem(slug), "must be 3 to 40 of a-z, 0-9 and single inner hyphens") << slug;
  }
}

TEST(SlugTest, RefusesReservedNames) {
  for (const char* slug : {"www", "api", "admin", "mail", "ns1", "cdn", "smallbiznis", "xpto"}) {
    EXPECT_EQ(SlugProblem(slug), slug == std::string("xpto") ? std::nullopt : std::optional<std::string>("is reserved"))
        << slug;
  }
}

TEST(SlugTest, KeepsTheReservedNamesSortedForItsSearch) {
  EXPECT_TRUE(std::is_sorted(std::begin(kReservedSlugs), std::end(kReservedSlugs)));
  for (const std::string_view slug : kReservedSlugs) EXPECT_TRUE(IsReservedSlug(slug)) << slug;
}

TEST(SlugTest, MakesRoomForASuffix) {
  EXPECT_EQ(WithSuffix("kopi", "-2"), "kopi-2");
  EXPECT_EQ(WithSuffix(std::string(40, 'a'), "-2"), std::string(38, 'a') + "-2");
  EXPECT_EQ(WithSuffix(std::string(37, 'a') + "-bc", "-2"), std::string(37, 'a') + "-2") << "no double hyphen";
}

TEST(SlugMakerTest, MakesASlugFromANameOfAnyScript) {
  const auto maker = *SlugMaker::Create();
  const std::pair<const char*, const char*> cases[] = {
      {"Toko Kopi Nusantara", "toko-kopi-nusantara"},
      {"PT. Sinar Jaya, Tbk.", "pt-sinar-jaya-tbk"},
      {"  Warung  --  Bu Sri!  ", "warung-bu-sri"},
      {"Joe's Shop", "joes-shop"},
      {"Joe’s Shop", "joes-shop"},
      {"Café Ünïcode Straße", "cafe-unicode-strasse"},
      {"Ærø Ørsted", "aero-orsted"},
      {"مقهى القاهرة", "mqhy-alqahrt"},
      {"北京咖啡馆", "bei-jing-ka-fei-guan"},
      {"Кофейня Москва", "kofejna-moskva"},
      {"한국커피", "hangugkeopi"},
      {"Kopi ☕ Enak 🔥", "kopi-enak"},
      {"24/7", "24-7"},
      {"<script>alert(1)</script>", "script-alert-1-script"},
      {"'; DROP TABLE tenants; --", "drop-table-tenants"},
  };
  for (const auto& [name, slug] : cases) EXPECT_EQ(maker->FromName(name), slug) << name;
}

TEST(SlugMakerTest, MakesNoneWhereNothingFitIsLeft) {
  const auto maker = *SlugMaker::Create();
  for (const char* name : {"☕🔥", "", "   ", "!!!", "AB", "é", "Admin", "W W W", "www", "Smallbiznis"}) {
    const std::optional<std::string> slug = maker->FromName(name);
    EXPECT_TRUE(slug == std::nullopt || slug == "w-w-w") << name << " gave " << *slug;
  }
}

TEST(SlugMakerTest, CutsLongNamesWithoutAHyphenAtTheEnd) {
  const auto maker = *SlugMaker::Create();
  EXPECT_EQ(maker->FromName(std::string(10'000, 'x')), std::string(40, 'x'));
  EXPECT_EQ(maker->FromName(std::string(39, 'x') + " yyy"), std::string(39, 'x'));
}

TEST(SlugMakerTest, WorksFromManyThreadsAtOnce) {
  const auto maker = *SlugMaker::Create();
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&maker] {
      for (int n = 0; n < 50; ++n) EXPECT_EQ(maker->FromName("Кофейня 北京"), "kofejna-bei-jing");
    });
  }
}

}  // namespace
}  // namespace smallbiznis::tenant
