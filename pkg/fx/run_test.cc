#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <future>
#include <string>
#include <thread>
#include <vector>

#include "pkg/fx/app.h"

namespace smallbiznis::fx {
namespace {

using ::testing::ElementsAre;

using Journal = std::vector<std::string>;

absl::Status Send(int signal) {
  ::kill(::getpid(), signal);
  return absl::OkStatus();
}

[[noreturn]] void Hang() {
  while (true) ::pause();
}

// Sends itself `signal` once it has started.
Module SendsOnStart(Journal& journal, int signal) {
  return {"m", {Invoke([&journal, signal](Lifecycle& lifecycle) {
            lifecycle.Append({.name = "server",
                              .on_start = [signal] { return Send(signal); },
                              .on_stop =
                                  [&journal] {
                                    journal.push_back("stop server");
                                    return absl::OkStatus();
                                  }});
          })}};
}

Observer StopsInto(Journal& journal) {
  return [&journal](const Event& event) {
    if (event.kind == Event::Kind::kStopping) journal.push_back("stopping: " + event.name);
  };
}

TEST(RunTest, StopsOnSigtermAndSigint) {
  for (const int signal : {SIGTERM, SIGINT}) {
    Journal journal;
    App app({.observer = StopsInto(journal)});
    app.Add(SendsOnStart(journal, signal));
    EXPECT_EQ(app.Run(), absl::OkStatus());
    EXPECT_THAT(journal, ElementsAre(signal == SIGTERM ? "stopping: SIGTERM" : "stopping: SIGINT", "stop server"));
  }
}

TEST(RunTest, DestroysBeforeItReturns) {
  struct Pool {
    explicit Pool(bool& destroyed) : destroyed(destroyed) {}
    ~Pool() { destroyed = true; }
    bool& destroyed;
  };
  bool destroyed = false;
  App app;
  app.Add({"m", {Provide([&] { return std::make_unique<Pool>(destroyed); }), Invoke([](Pool&, Shutdowner& shutdowner) {
                   shutdowner.Shutdown();
                 })}});
  EXPECT_EQ(app.Run(), absl::OkStatus());
  EXPECT_TRUE(destroyed);
}

TEST(RunTest, TheProgramCanAskForItsEndFromAnyThread) {
  Journal journal;
  App app({.observer = StopsInto(journal)});
  std::thread thread;
  app.Add({"m", {Invoke([&](Lifecycle& lifecycle, Shutdowner& shutdowner) {
             lifecycle.Append({.name = "server",
                               .on_start =
                                   [&] {
                                     thread = std::thread([&] {
                                       shutdowner.Shutdown(absl::UnavailableError("the listener is gone"));
                                       shutdowner.Shutdown(absl::InternalError("too late"));
                                     });
                                     return absl::OkStatus();
                                   },
                               .on_stop =
                                   [&] {
                                     thread.join();
                                     journal.push_back("stop server");
                                     return absl::InternalError("the first error counts");
                                   }});
           })}});
  EXPECT_EQ(app.Run(), absl::UnavailableError("the listener is gone"));
  EXPECT_THAT(journal, ElementsAre("stopping: the program", "stop server"));
}

TEST(RunTest, AnErrorOfStopIsAnswered) {
  App app;
  app.Add({"m", {Invoke([](Lifecycle& lifecycle, Shutdowner& shutdowner) {
             lifecycle.Append({.name = "server",
                               .on_start =
                                   [&shutdowner] {
                                     shutdowner.Shutdown();
                                     return absl::OkStatus();
                                   },
                               .on_stop = [] { return absl::InternalError("lost"); }});
           })}});
  EXPECT_EQ(app.Run(), absl::InternalError("stop server: lost"));
}

TEST(RunTest, AFailedBuildOrStartIsAnswered) {
  App unbuilt;
  unbuilt.Add({"m", {Invoke([] { return absl::NotFoundError("config.yaml"); })}});
  EXPECT_EQ(unbuilt.Run(), absl::NotFoundError("invocation 1 of module m: config.yaml"));
  App unstarted;
  unstarted.Add({"m", {Invoke([](Lifecycle& lifecycle) {
                   lifecycle.Append(
                       {.name = "server", .on_start = [] { return absl::UnavailableError("port taken"); }});
                 })}});
  EXPECT_EQ(unstarted.Run(), absl::UnavailableError("start server: port taken"));
}

TEST(RunTest, ASignalWhileBuildingEndsItBeforeTheNextStep) {
  Journal journal;
  App app({.observer = StopsInto(journal)});
  app.Add({"m",
           {Invoke([](Shutdowner& shutdowner) {
              Send(SIGTERM).IgnoreError();
              EXPECT_TRUE(shutdowner.WaitFor(absl::InfiniteDuration()));  // how a long wait is interrupted
            }),
            Invoke([&] { journal.push_back("never"); })}});
  EXPECT_EQ(app.Run(), absl::OkStatus());
  EXPECT_THAT(journal, ElementsAre("stopping: SIGTERM"));
}

TEST(RunTest, ASignalWhileStartingStopsWhatHadStarted) {
  Journal journal;
  App app;
  app.Add({"m", {Invoke([&](Lifecycle& lifecycle, Shutdowner& shutdowner) {
             lifecycle.Append({.name = "pool",
                               .on_start =
                                   [&] {
                                     Send(SIGINT).IgnoreError();
                                     return shutdowner.Wait();
                                   },
                               .on_stop =
                                   [&] {
                                     journal.push_back("stop pool");
                                     return absl::OkStatus();
                                   }});
             lifecycle.Append({.name = "server", .on_start = [&] {
                                 journal.push_back("never");
                                 return absl::OkStatus();
                               }});
           })}});
  EXPECT_EQ(app.Run(), absl::OkStatus());
  EXPECT_THAT(journal, ElementsAre("stop pool"));
}

TEST(RunTest, WaitForEndsWithoutARequest) {
  const Shutdowner shutdowner;
  EXPECT_FALSE(shutdowner.WaitFor(absl::Milliseconds(1)));
  EXPECT_FALSE(shutdowner.requested());
}

TEST(RunTest, SignalsWorkAsBeforeAfterwards) {
  App app;
  app.Add({"m", {Invoke([](Shutdowner& shutdowner) { shutdowner.Shutdown(); })}});
  EXPECT_EQ(app.Run(), absl::OkStatus());
  sigset_t blocked;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
  EXPECT_FALSE(sigismember(&blocked, SIGTERM));
  EXPECT_FALSE(sigismember(&blocked, SIGINT));
}

class RunDeathTest : public ::testing::Test {
 protected:
  RunDeathTest() { ::testing::FLAGS_gtest_death_test_style = "threadsafe"; }

  const AppOptions short_limits_ = {.stop_all_limit = absl::Milliseconds(100)};
};

TEST_F(RunDeathTest, AStopHookThatHangsIsNamedAndTheProgramEnds) {
  EXPECT_EXIT(
      {
        App app({.stop_limit = absl::Milliseconds(50), .stop_all_limit = absl::Minutes(1)});
        app.Add({"m", {Invoke([](Lifecycle& lifecycle) {
                   lifecycle.Append({.name = "HTTP server",
                                     .on_start = [] { return Send(SIGTERM); },
                                     .on_stop = []() -> absl::Status { Hang(); }});
                 })}});
        app.Run().IgnoreError();
      },
      ::testing::ExitedWithCode(1), "fx: DEADLINE_EXCEEDED: stop HTTP server: has not returned within 50ms");
}

TEST_F(RunDeathTest, AConstructorThatHangsIsNamedAfterASignal) {
  EXPECT_EXIT(
      {
        App app(short_limits_);
        app.Add({"db",
                 {Provide([]() -> int {
                    Send(SIGTERM).IgnoreError();
                    Hang();
                  }),
                  Invoke([](int&) {})}});
        app.Run().IgnoreError();
      },
      ::testing::ExitedWithCode(1), "fx: has not stopped within 600ms: building int .module db.");
}

TEST_F(RunDeathTest, AStartHookThatHangsIsNamedAfterASignal) {
  EXPECT_EXIT(
      {
        App app(short_limits_);
        app.Add({"m", {Invoke([](Lifecycle& lifecycle) {
                   lifecycle.Append({.name = "node lease", .on_start = []() -> absl::Status {
                                       Send(SIGTERM).IgnoreError();
                                       Hang();
                                     }});
                 })}});
        app.Run().IgnoreError();
      },
      ::testing::ExitedWithCode(1), "fx: has not stopped within 600ms: starting node lease");
}

TEST_F(RunDeathTest, ADestructorThatHangsIsNamed) {
  struct Stubborn {
    ~Stubborn() { Hang(); }
  };
  EXPECT_EXIT(
      {
        App app({.stop_all_limit = absl::Seconds(1)});
        app.Add({"m",
                 {Provide([] { return std::make_unique<Stubborn>(); }),
                  Invoke([](Stubborn&, Shutdowner& shutdowner) { shutdowner.Shutdown(); })}});
        app.Run().IgnoreError();
      },
      ::testing::ExitedWithCode(1), "fx: has not stopped within 1.5s: destroying .*Stubborn .module m.");
}

TEST_F(RunDeathTest, ASecondSignalEndsTheProgramAtOnce) {
  EXPECT_EXIT(
      {
        App app;
        app.Add({"m", {Invoke([](Lifecycle& lifecycle) {
                   lifecycle.Append({.name = "server",
                                     .on_start = [] { return Send(SIGINT); },
                                     .on_stop = []() -> absl::Status {
                                       Send(SIGINT).IgnoreError();
                                       Hang();
                                     }});
                 })}});
        app.Run().IgnoreError();
      },
      ::testing::ExitedWithCode(130), "fx: second SIGINT: stopping server");
}

}  // namespace
}  // namespace smallbiznis::fx
