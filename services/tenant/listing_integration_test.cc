#include "services/tenant/listing.h"

#include <gmock/gmock.h>

#include <functional>
#include <set>
#include <vector>

#include "services/tenant/testing.h"

namespace smallbiznis::tenant {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr Order kOrders[] = {Order::kCreateTimeAsc, Order::kCreateTimeDesc, Order::kNameAsc, Order::kNameDesc};

class ListingTest : public TenantTest {
 protected:
  void SetUp() override { database_->Execute("truncate tenant.tenants, tenant.provisioning_steps, domain.domains"); }

  Tenants::Page List(const Listing& listing, const db::Scope& scope = db::Scope::Platform()) {
    const auto page = Ask<Tenants::Page>(scope, [&](db::Tx& tx) { return tenants_.List(tx, listing); });
    EXPECT_TRUE(page.ok()) << page.status();
    return page.value_or(Tenants::Page{});
  }
  std::vector<std::string> Names(const Listing& listing) {
    std::vector<std::string> names;
    for (const Tenant& tenant : List(listing).tenants) names.push_back(tenant.name);
    return names;
  }
  // Every page in turn, each from the cursor that the last one gave as text.
  std::vector<Tenant> Walk(Listing listing, const std::function<void()>& between_pages = nullptr) {
    std::vector<Tenant> all;
    for (bool more = true; more;) {
      Tenants::Page page = List(listing);
      EXPECT_LE(page.tenants.size(), static_cast<size_t>(listing.page_size));
      all.insert(all.end(), page.tenants.begin(), page.tenants.end());
      more = page.more;
      if (more) listing.after = ParseCursor(listing.order, CursorText(listing.order, page.tenants.back()));
      if (between_pages) between_pages();
    }
    return all;
  }
  // Arranges tenants without the cost of onboarding: (name, seconds after the epoch).
  void Plant(const std::vector<std::pair<std::string, int>>& tenants) {
    for (const auto& [name, second] : tenants) {
      const int64_t id = ids_.NextValue();
      database_->Execute(
          fmt::format("insert into tenant.tenants values ({0}, 'P{0}', $n${1}$n$, 'p-{0}', 'COMPANY', "
                      "'ACTIVE', null, null, 'ID', 'UTC', 1, to_timestamp({2}), to_timestamp({2}))",
                      id, name, second));
    }
  }
};

TEST_F(ListingTest, OrdersByTimeAndByNameAsPeopleExpect) {
  Plant({{"banana", 1}, {"Apple", 2}, {"cherry", 3}, {"apple", 4}, {"Éclair", 5}, {"zebra", 6}, {"北京", 7}});
  EXPECT_THAT(Names({.order = Order::kCreateTimeAsc, .page_size = 3}), ElementsAre("banana", "Apple", "cherry"));
  EXPECT_THAT(Names({.order = Order::kCreateTimeDesc, .page_size = 3}), ElementsAre("北京", "zebra", "Éclair"));
  EXPECT_THAT(Names({.order = Order::kNameAsc, .page_size = 9}),
              ElementsAre("apple", "Apple", "banana", "cherry", "Éclair", "zebra", "北京"));
  EXPECT_THAT(Names({.order = Order::kNameDesc, .page_size = 2}), ElementsAre("北京", "zebra"));
}

TEST_F(ListingTest, ShowsEveryTenantExactlyOnceInEveryOrderAlsoWhereTimesAndNamesAreEqual) {
  std::vector<std::pair<std::string, int>> tenants;
  for (int i = 0; i < 40; ++i) tenants.push_back({fmt::format("name {}", i % 3), i % 4});
  Plant(tenants);
  for (const Order order : kOrders) {
    for (const int page_size : {1, 7, 40, 41}) {
      std::set<TenantId> seen;
      for (const Tenant& tenant : Walk({.order = order, .page_size = page_size})) {
        EXPECT_TRUE(seen.insert(tenant.id).second) << "twice in order " << static_cast<int>(order);
      }
      EXPECT_EQ(seen.size(), 40u) << static_cast<int>(order) << " by " << page_size;
    }
  }
}

TEST_F(ListingTest, ShowsEveryTenantExactlyOnceWhileOthersAreInserted) {
  for (const Order order : kOrders) {
    database_->Execute("truncate tenant.tenants, tenant.provisioning_steps");
    for (int i = 0; i < 20; ++i) Plant({{fmt::format("name {:02}", i), 1000 + i}});
    const Listing everything{.order = order, .page_size = 1000};
    std::set<TenantId> before;
    for (const Tenant& tenant : List(everything).tenants) before.insert(tenant.id);

    int inserted = 0;
    std::multiset<TenantId> seen;
    // Between the pages: in front of, between and behind what was there.
    const auto insert = [&] {
      ++inserted;
      Plant({{fmt::format("name {:02}x{}", inserted, inserted), 900}, {"aaa", 1010}, {"zzz", 5000 + inserted}});
    };
    for (const Tenant& tenant : Walk({.order = order, .page_size = 5}, [&] {
           if (inserted < 10) insert();
         })) {
      seen.insert(tenant.id);
    }
    for (const TenantId id : before) EXPECT_EQ(seen.count(id), 1u) << static_cast<int>(order);
    for (const TenantId id : seen) EXPECT_EQ(seen.count(id), 1u) << static_cast<int>(order);
  }
}

TEST_F(ListingTest, FiltersByEveryField) {
  Plant({{"Kopi Satu", 1}, {"kopi dua", 2}, {"Teh 50%", 3}, {"Teh 500", 4}, {"ÉCLAIR_X", 5}, {"eclair-x", 6}});
  database_->Execute("update tenant.tenants set state = 'ARCHIVED' where name = 'Kopi Satu'");
  database_->Execute("update tenant.tenants set country_code = 'SG', type = 'PERSONAL' where name = 'kopi dua'");
  const struct {
    Filter filter;
    std::vector<std::string> names;
  } cases[] = {
      {{}, {"Kopi Satu", "kopi dua", "Teh 50%", "Teh 500", "ÉCLAIR_X", "eclair-x"}},
      {{.states = {State::kArchived}}, {"Kopi Satu"}},
      {{.states = {State::kArchived, State::kSuspended, State::kPending}}, {"Kopi Satu"}},
      {{.states = {State::kSuspended}}, {}},
      {{.type = Type::kPersonal}, {"kopi dua"}},
      {{.country_code = "SG"}, {"kopi dua"}},
      {{.country_code = "SG", .name_contains = "teh"}, {}},
      {{.name_contains = "KOPI"}, {"Kopi Satu", "kopi dua"}},
      {{.name_contains = "50%"}, {"Teh 50%"}},
      {{.name_contains = "éclair_"}, {"ÉCLAIR_X"}},
      {{.name_contains = "\\"}, {}},
      {{.name_contains = "' or 1=1 --"}, {}},
      {{.created_from = absl::FromUnixSeconds(3), .created_before = absl::FromUnixSeconds(5)}, {"Teh 50%", "Teh 500"}},
      {{.created_from = absl::FromUnixSeconds(6)}, {"eclair-x"}},
      {{.created_before = absl::FromUnixSeconds(1)}, {}},
  };
  for (const auto& c : cases) {
    for (const Order order : kOrders) {
      std::vector<std::string> names = Names({.filter = c.filter, .order = order, .page_size = 100});
      EXPECT_THAT(names, testing::UnorderedElementsAreArray(c.names)) << static_cast<int>(order);
    }
  }
}

TEST_F(ListingTest, ShowsATenantNothingButItself) {
  const Tenant mine = MustOnboard("Mine");
  MustOnboard("Theirs");
  for (const Order order : kOrders) {
    const Listing listing{.order = order, .page_size = 10};
    const Tenants::Page page = List(listing, db::Scope::Tenant(mine.id));
    ASSERT_EQ(page.tenants.size(), 1u);
    EXPECT_EQ(page.tenants[0].id, mine.id);
    EXPECT_THAT(List(listing, db::Scope::None()).tenants, IsEmpty());
    EXPECT_EQ(List(listing).tenants.size(), 2u);
  }
}

}  // namespace
}  // namespace smallbiznis::tenant
