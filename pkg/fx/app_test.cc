#include "pkg/fx/app.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "pkg/status/status.h"

namespace smallbiznis::fx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Journal = std::vector<std::string>;

// Says when it comes and goes.
class Part {
 public:
  Part(Journal& journal, std::string name) : journal_(journal), name_(std::move(name)) { journal_.push_back(name_); }
  ~Part() { journal_.push_back("~" + name_); }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

 private:
  Journal& journal_;
  const std::string name_;
};

struct Pool : Part {
  explicit Pool(Journal& journal) : Part(journal, "pool") {}
};
struct Store : Part {
  Store(Journal& journal, Pool& pool) : Part(journal, "store"), pool(pool) {}
  Pool& pool;
};
struct Service : Part {
  Service(Journal& journal, Store& store, Pool& pool) : Part(journal, "service"), store(store), pool(pool) {}
  Store& store;
  Pool& pool;
};

struct Greeter {
  virtual ~Greeter() = default;
  virtual std::string Greet() const = 0;
};
struct Counter {
  virtual ~Counter() = default;
  int count = 0;
};
struct Indonesian final : Counter, Greeter {
  std::string Greet() const override { return "halo"; }
};

TEST(AppTest, BuildsWhatIsNeededInOrderAndDestroysItInReverse) {
  Journal journal;
  {
    App app;
    // The order of modules and options does not matter for constructors.
    app.Add({"service",
             {Invoke([](Service& service) { EXPECT_EQ(&service.store.pool, &service.pool); }),
              Provide([](Journal& j, Store& s, Pool& p) { return std::make_unique<Service>(j, s, p); })}});
    app.Add({"store", {Provide([](Journal& j, Pool& p) { return std::make_shared<Store>(j, p); })}});
    app.Add({"db", {Provide([](Journal& j) { return Pool(j); }), Supply(std::ref(journal))}});
    EXPECT_THAT(journal, IsEmpty());
    EXPECT_EQ(app.Build(), absl::OkStatus());
    EXPECT_THAT(journal, ElementsAre("pool", "store", "service"));
  }
  EXPECT_THAT(journal, ElementsAre("pool", "store", "service", "~service", "~store", "~pool"));
}

TEST(AppTest, WhatNobodyNeedsIsNotBuilt) {
  App app;
  bool built = false;
  app.Add({"m",
           {Provide([&built] {
              built = true;
              return 1;
            }),
            Invoke([] {})}});
  EXPECT_EQ(app.Build(), absl::OkStatus());
  EXPECT_FALSE(built);
}

TEST(AppTest, EveryFormOfParameterIsTheSameInstance) {
  Journal journal;
  App app;
  std::vector<const Pool*> seen;
  app.Add({"m",
           {Provide([&journal] { return std::make_unique<Pool>(journal); }),
            Invoke([&](Pool& a, const Pool& b, std::shared_ptr<Pool> c, std::shared_ptr<const Pool> d,
                       const std::shared_ptr<Pool>& e) {
              seen = {&a, &b, c.get(), d.get(), e.get()};
            })}});
  EXPECT_EQ(app.Build(), absl::OkStatus());
  EXPECT_THAT(seen, ElementsAre(seen[0], seen[0], seen[0], seen[0], seen[0]));
  EXPECT_THAT(journal, ElementsAre("pool"));
}

struct A {
  int value;
};
struct B {
  int value;
};
struct C {
  int value;
};
struct D {
  int value;
};
struct E {
  int value;
};
struct F {
  int value;
  std::mutex not_movable;
};
A MakeA() {
  return {1};
}
B MakeB(const A& a) noexcept {
  return {a.value + 1};
}

TEST(AppTest, EveryFormOfResultIsTaken) {
  App app;
  int sum = 0;
  app.Add({"m",
           {Provide(&MakeA), Provide(MakeB), Provide([](B&) { return absl::StatusOr<C>(C{3}); }),
            Provide([]() -> absl::StatusOr<std::unique_ptr<D>> { return std::make_unique<D>(D{4}); }),
            Provide([]() -> absl::StatusOr<std::shared_ptr<E>> { return std::make_shared<E>(E{5}); }),
            Provide([owned = std::make_unique<int>(6)] { return F{.value = *owned}; }),
            Invoke([&](A& a, B& b, C& c, D& d, E& e, F& f) {
              sum = a.value + b.value + c.value + d.value + e.value + f.value;
            })}});
  EXPECT_EQ(app.Build(), absl::OkStatus());
  EXPECT_EQ(sum, 21);
}

TEST(AppTest, OneInstanceIsProvidedAsSeveralInterfaces) {
  App app;
  const void* counter_is = nullptr;
  app.Add({"m",
           {ProvideAs<Greeter, Counter, Indonesian>([] { return std::make_unique<Indonesian>(); }),
            Invoke([](Greeter& greeter, Counter& counter, Indonesian& both) {
              EXPECT_EQ(greeter.Greet(), "halo");
              EXPECT_EQ(&counter, &both);
              EXPECT_EQ(&greeter, &both);
              ++counter.count;
            }),
            Invoke([&](std::shared_ptr<Counter> counter) {
              EXPECT_EQ(counter->count, 1);
              counter_is = counter.get();
            })}});
  EXPECT_EQ(app.Build(), absl::OkStatus());
  EXPECT_NE(counter_is, nullptr);
}

TEST(AppTest, SuppliesValuesPointersAndReferences) {
  App app;
  A outside{7};
  app.Add(
      {"m", {Supply(std::ref(outside)), Supply(B{8}), Supply(std::make_unique<C>(C{9})), Invoke([&](A& a, B& b, C& c) {
               EXPECT_EQ(&a, &outside);
               EXPECT_EQ(b.value, 8);
               EXPECT_EQ(c.value, 9);
             })}});
  EXPECT_EQ(app.Build(), absl::OkStatus());
}

TEST(AppTest, InvocationsRunInOrderAndTheirErrorStopsTheBuild) {
  Journal journal;
  App app;
  app.Add({"rpc",
           {Invoke([&] { journal.push_back("first"); }), Invoke([&] {
              journal.push_back("second");
              return status::Error(absl::StatusCode::kNotFound, "NO_POLICY", "no policy");
            }),
            Invoke([&] { journal.push_back("third"); })}});
  const absl::Status built = app.Build();
  EXPECT_EQ(built.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(built.message(), "invocation 2 of module rpc: no policy");
  EXPECT_EQ(status::Reason(built), "NO_POLICY");
  EXPECT_THAT(journal, ElementsAre("first", "second"));
  EXPECT_EQ(app.Build(), built);
  EXPECT_EQ(app.Start(), built);
}

TEST(AppTest, AConstructorThatFailsIsNamedAndWhatWasBuiltIsDestroyed) {
  Journal journal;
  {
    App app;
    app.Add(
        {"db",
         {Supply(std::ref(journal)), Provide([](Journal& j) { return Pool(j); }),
          Provide([](Pool&) -> absl::StatusOr<std::unique_ptr<Store>> { return absl::UnavailableError("refused"); }),
          Invoke([](Store&) { FAIL(); })}});
    EXPECT_EQ(app.Build(), absl::UnavailableError("fx::(anonymous namespace)::Store (module db): refused"));
  }
  EXPECT_THAT(journal, ElementsAre("pool", "~pool"));
}

TEST(AppTest, NoExceptionLeaves) {
  App throws;
  throws.Add({"m", {Provide([]() -> A { throw std::runtime_error("boom"); }), Invoke([](A&) {})}});
  EXPECT_EQ(throws.Build(), absl::InternalError("fx::(anonymous namespace)::A (module m): exception: boom"));
  App odd;
  odd.Add({"m", {Invoke([] { throw 1; })}});
  EXPECT_EQ(odd.Build(), absl::InternalError("invocation 1 of module m: unknown exception"));
}

TEST(AppTest, ANullPointerIsAnError) {
  App app;
  app.Add({"m", {Provide([] { return std::unique_ptr<A>(); }), Invoke([](A&) {})}});
  EXPECT_EQ(app.Build(),
            absl::InternalError("fx::(anonymous namespace)::A (module m): the constructor answered a null pointer"));
}

TEST(AppTest, TheObserverIsToldOfEachStep) {
  Journal journal;
  App app({.observer = [&](const Event& event) {
    EXPECT_EQ(event.kind, Event::Kind::kBuilt);
    EXPECT_GE(event.took, absl::ZeroDuration());
    journal.push_back(event.name + " " + event.status.ToString());
  }});
  app.Add({"m", {Provide(&MakeA), Invoke([](A&) { return absl::NotFoundError("x"); })}});
  EXPECT_FALSE(app.Build().ok());
  EXPECT_THAT(journal, ElementsAre("fx::(anonymous namespace)::A (module m) OK",
                                   "invocation 1 of module m NOT_FOUND: invocation 1 of module m: x"));
}

}  // namespace
}  // namespace smallbiznis::fx
