#include "pkg/fx/lifecycle.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>
#include <vector>

#include "pkg/fx/app.h"
#include "pkg/status/status.h"

namespace smallbiznis::fx {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using Journal = std::vector<std::string>;

// An app whose hooks write down that they ran.
class LifecycleTest : public ::testing::Test {
 protected:
  void Append(const std::string& name, absl::Status started = absl::OkStatus(),
              absl::Status stopped = absl::OkStatus()) {
    app_.Add({name, {Invoke([this, name, started, stopped](Lifecycle& lifecycle) {
                lifecycle.Append({.name = name,
                                  .on_start =
                                      [this, name, started] {
                                        journal_.push_back("start " + name);
                                        return started;
                                      },
                                  .on_stop =
                                      [this, name, stopped] {
                                        journal_.push_back("stop " + name);
                                        return stopped;
                                      }});
              })}});
  }
  void AppendHook(Hook hook) {
    app_.Add({hook.name, {Invoke([hook](Lifecycle& lifecycle) { lifecycle.Append(hook); })}});
  }

  Journal journal_;
  std::vector<Event> events_;
  App app_{{.start_limit = absl::Minutes(1),
            .stop_limit = absl::Minutes(1),
            .stop_all_limit = absl::Minutes(1),
            .observer = [this](const Event& event) {
              if (event.kind != Event::Kind::kBuilt) events_.push_back(event);
            }}};
};

TEST_F(LifecycleTest, StartsInOrderAndStopsInReverse) {
  Append("pool");
  Append("server");
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_THAT(journal_, ElementsAre("start pool", "start server"));
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
  EXPECT_THAT(journal_, ElementsAre("start pool", "start server", "stop server", "stop pool"));
}

TEST_F(LifecycleTest, HooksFollowTheOrderOfBuildingNotOfAdding) {
  struct Pool {};
  struct Server {};
  const auto append = [this](Lifecycle& lifecycle, const std::string& name) {
    lifecycle.Append({.name = name, .on_start = [this, name] {
                        journal_.push_back(name);
                        return absl::OkStatus();
                      }});
  };
  app_.Add({"m",
            {Provide([=](Lifecycle& lifecycle, Pool&) {
               append(lifecycle, "server");
               return Server();
             }),
             Provide([=](Lifecycle& lifecycle) {
               append(lifecycle, "pool");
               return Pool();
             }),
             Invoke([](Server&) {})}});
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_THAT(journal_, ElementsAre("pool", "server"));
}

TEST_F(LifecycleTest, StopBeforeStartAndTwiceDoesNothing) {
  Append("pool");
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
  EXPECT_THAT(journal_, ElementsAre("start pool", "stop pool"));
}

TEST_F(LifecycleTest, StartTwiceIsRefused) {
  Append("pool");
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_EQ(app_.Start(), absl::FailedPreconditionError("the app was started before"));
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
  EXPECT_EQ(app_.Start(), absl::FailedPreconditionError("the app was started before"));
  EXPECT_THAT(journal_, ElementsAre("start pool", "stop pool"));
}

TEST_F(LifecycleTest, AFailedStartStopsWhatHadStarted) {
  Append("pool");
  Append("cache", absl::OkStatus(), absl::InternalError("not heard"));
  Append("server", status::Error(absl::StatusCode::kUnavailable, "PORT_TAKEN", "port taken"));
  Append("never");
  const absl::Status started = app_.Start();
  EXPECT_EQ(started.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(started.message(), "start server: port taken");
  EXPECT_EQ(status::Reason(started), "PORT_TAKEN");
  EXPECT_THAT(journal_, ElementsAre("start pool", "start cache", "start server", "stop cache", "stop pool"));
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
}

TEST_F(LifecycleTest, StopGoesOnPastErrorsAndNamesThemAll) {
  Append("pool", absl::OkStatus(), absl::InternalError("stuck"));
  Append("cache");
  Append("server", absl::OkStatus(), absl::UnavailableError("gone"));
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_EQ(app_.Stop(), absl::UnavailableError("stop server: gone; stop pool: stuck"));
  EXPECT_THAT(journal_,
              ElementsAre("start pool", "start cache", "start server", "stop server", "stop cache", "stop pool"));
}

TEST_F(LifecycleTest, TheDestructorStops) {
  Journal journal;
  {
    App app;
    app.Add({"m", {Invoke([&](Lifecycle& lifecycle) {
               lifecycle.Append({.name = "pool", .on_stop = [&] {
                                   journal.push_back("stop");
                                   return absl::OkStatus();
                                 }});
             })}});
    EXPECT_EQ(app.Start(), absl::OkStatus());
    EXPECT_THAT(journal, IsEmpty());
  }
  EXPECT_THAT(journal, ElementsAre("stop"));
}

TEST_F(LifecycleTest, HooksWithNothingToDoAreLegal) {
  AppendHook({.name = "idle"});
  EXPECT_EQ(app_.Start(), absl::OkStatus());
  EXPECT_EQ(app_.Stop(), absl::OkStatus());
}

TEST_F(LifecycleTest, AnExceptionIsAnError) {
  AppendHook({.name = "odd", .on_start = []() -> absl::Status { throw std::runtime_error("boom"); }});
  EXPECT_EQ(app_.Start(), absl::InternalError("start odd: exception: boom"));
}

TEST_F(LifecycleTest, AStopHookThatOverrunsIsNamedAndTheOthersAreStopped) {
  std::promise<void> release;
  AppendHook({.name = "server",
              .on_stop =
                  [&] {
                    release.get_future().wait();
                    return absl::OkStatus();
                  },
              .stop_limit = absl::Milliseconds(20)});
  AppendHook({.name = "last"});
  App& app = app_;
  Append("first");
  EXPECT_EQ(app.Start(), absl::OkStatus());
  EXPECT_EQ(app.Stop(), absl::DeadlineExceededError("stop server: has not returned within 20ms"));
  EXPECT_THAT(journal_, ElementsAre("start first", "stop first"));
  ASSERT_EQ(events_.back().name, "server");
  EXPECT_TRUE(absl::IsDeadlineExceeded(events_.back().status));
  EXPECT_GE(events_.back().took, absl::Milliseconds(20));
  release.set_value();
}

TEST_F(LifecycleTest, AStartHookThatOverrunsIsNamedAndNotStopped) {
  std::promise<void> release;
  Append("pool");
  AppendHook({.name = "server",
              .on_start =
                  [&] {
                    release.get_future().wait();
                    return absl::OkStatus();
                  },
              .on_stop =
                  [&] {
                    journal_.push_back("stop server");
                    return absl::OkStatus();
                  },
              .start_limit = absl::Milliseconds(20)});
  EXPECT_EQ(app_.Start(), absl::DeadlineExceededError("start server: has not returned within 20ms"));
  EXPECT_THAT(journal_, ElementsAre("start pool", "stop pool"));
  release.set_value();
}

TEST_F(LifecycleTest, TheTimeOfAllStopHooksIsBounded) {
  std::promise<void> release;
  std::shared_future<void> released = release.get_future().share();
  App app({.stop_limit = absl::Minutes(1), .stop_all_limit = absl::Milliseconds(200)});
  for (const char* name : {"a", "b", "c"}) {
    app.Add({name, {Invoke([name, released](Lifecycle& lifecycle) {
               lifecycle.Append({.name = name, .on_stop = [released] {
                                   released.wait();
                                   return absl::OkStatus();
                                 }});
             })}});
  }
  EXPECT_EQ(app.Start(), absl::OkStatus());
  const absl::Status stopped = app.Stop();
  EXPECT_EQ(stopped.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(stopped.message()),
              ::testing::MatchesRegex("stop c: has not returned within .*ms; stop b: not stopped: no time left; "
                                      "stop a: not stopped: no time left"));
  release.set_value();
}

TEST_F(LifecycleTest, TheObserverIsToldOfEachHook) {
  Append("pool");
  Append("server", absl::UnavailableError("port taken"));
  EXPECT_FALSE(app_.Start().ok());
  ASSERT_EQ(events_.size(), 3u);
  EXPECT_EQ(events_[0].kind, Event::Kind::kStarted);
  EXPECT_EQ(events_[0].name, "pool");
  EXPECT_EQ(events_[1].kind, Event::Kind::kStarted);
  EXPECT_EQ(events_[1].name, "server");
  EXPECT_EQ(events_[1].status, absl::UnavailableError("port taken"));
  EXPECT_EQ(events_[2].kind, Event::Kind::kStopped);
  EXPECT_EQ(events_[2].name, "pool");
}

TEST(LifecycleDeathTest, AppendingTooLateEndsTheProgram) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  App app;
  Lifecycle* kept = nullptr;
  app.Add({"m", {Invoke([&](Lifecycle& lifecycle) { kept = &lifecycle; })}});
  ASSERT_EQ(app.Build(), absl::OkStatus());
  EXPECT_DEATH(kept->Append({.name = "late"}), "fx: hook late appended after the app was built");
}

}  // namespace
}  // namespace smallbiznis::fx
