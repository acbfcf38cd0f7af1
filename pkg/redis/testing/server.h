// For integration tests: redis-server processes of the test's own, on free ports of 127.0.0.1 in a temporary folder.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "pkg/redis/command.h"
#include "pkg/redis/options.h"
#include "pkg/redis/reply.h"

namespace smallbiznis::redis {

// A port that is free now.
int FreePort();

// A folder that goes with the object.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Runs a program to its end and returns whether it succeeded; its output goes nowhere.
bool RunProgram(const std::vector<std::string>& words);

// Killed by the destructor, and with the test. Failures to start end the test program with one line.
class TestServer {
 public:
  // `settings` are words of redis-server's command line: {"--requirepass", "secret"}. It answers when this returns.
  explicit TestServer(std::vector<std::string> settings = {}, std::string password = "");
  // A sentinel with this configuration.
  static std::unique_ptr<TestServer> StartSentinel(std::string_view config, std::string password);
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  std::string address() const;
  Options options() const;  // how to reach it
  const std::string& folder() const { return folder_.path(); }

  // SIGKILL, and waits for the end.
  void Kill();
  // Starts it again at the same port; waits until it answers.
  void Start();
  // As if the machine had lost its power, or its cable: neither answers nor closes. Resume undoes it.
  void Suspend();
  void Resume();

  // On a connection of its own; the test program ends when Redis does not answer.
  Reply Call(const Command& command) const;

 private:
  struct Sentinel {};
  TestServer(Sentinel, std::string_view config, std::string password);
  void Spawn();

  const TempFolder folder_;
  std::vector<std::string> settings_;
  const std::string password_;
  const int port_;
  pid_t pid_ = 0;
};

// Looks again and again until `condition` holds; false when it does not within `limit`.
bool Eventually(const std::function<bool()>& condition, absl::Duration limit = absl::Seconds(20));

}  // namespace smallbiznis::redis
