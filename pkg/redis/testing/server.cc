#include "pkg/redis/testing/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "pkg/redis/connection.h"
#include "pkg/redis/internal/topology.h"
#include "pkg/redis/net/wait.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

constexpr absl::Duration kStartLimit = absl::Seconds(20);

[[noreturn]] void Give(std::string_view what) {
  fmt::print(stderr, "{}\n", what);
  std::_Exit(1);
}

// `words` as a child that dies with this program; its output goes to `log`.
pid_t Execute(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> argv;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  const int out = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t pid = fork();
  if (pid != 0) {
    close(out);
    return pid;
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(out, STDOUT_FILENO);
  dup2(out, STDERR_FILENO);
  execvp(argv[0], argv.data());
  _exit(127);
}

}  // namespace

int FreePort() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)}};
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    Give("no free port");
  }
  close(fd);
  return ntohs(address.sin_port);
}

TempFolder::TempFolder() : path_("/tmp/sb-redis-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) Give("cannot make a folder in /tmp");
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

bool RunProgram(const std::vector<std::string>& words) {
  const pid_t pid = Execute(words, "/dev/null");
  int status = 0;
  return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TestServer::TestServer(std::vector<std::string> settings, std::string password)
    : password_(std::move(password)), port_(FreePort()) {
  settings_ = {"--save", "", "--repl-diskless-sync-delay", "0"};
  if (!password_.empty()) settings_.insert(settings_.end(), {"--requirepass", password_, "--masterauth", password_});
  settings_.insert(settings_.end(), settings.begin(), settings.end());
  Start();
}

TestServer::TestServer(Sentinel, std::string_view config, std::string password)
    : password_(std::move(password)), port_(FreePort()) {
  const std::string path = folder() + "/sentinel.conf";
  std::ofstream(path) << config;  // where a sentinel keeps its state as well
  settings_ = {path, "--sentinel"};
  if (!password_.empty()) settings_.insert(settings_.end(), {"--requirepass", password_});
  Start();
}

std::unique_ptr<TestServer> TestServer::StartSentinel(std::string_view config, std::string password) {
  return std::unique_ptr<TestServer>(new TestServer(Sentinel(), config, std::move(password)));
}

TestServer::~TestServer() {
  if (pid_ != 0) Kill();
}

std::string TestServer::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

Options TestServer::options() const {
  return {.endpoints = {{.host = "127.0.0.1", .port = port_}}, .password = password_};
}

void TestServer::Kill() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

void TestServer::Suspend() {
  kill(pid_, SIGSTOP);
  waitpid(pid_, nullptr, WUNTRACED);
}

void TestServer::Resume() {
  kill(pid_, SIGCONT);
}

void TestServer::Start() {
  Spawn();
  Call(Command("PING"));
}

void TestServer::Spawn() {
  std::vector<std::string> words = {"redis-server"};
  words.insert(words.end(), settings_.begin(), settings_.end());
  words.insert(words.end(), {"--port", std::to_string(port_), "--bind", "127.0.0.1", "--dir", folder()});
  pid_ = Execute(words, folder() + "/log");
}

Reply TestServer::Call(const Command& command) const {
  Connection connection(MakeTopology(options()));
  absl::StatusOr<Reply> reply = connection.Do(command, kStartLimit);
  if (!reply.ok()) Give(fmt::format("{} of {}: {}", command.name(), address(), text::ToStd(reply.status().message())));
  return *std::move(reply);
}

bool Eventually(const std::function<bool()>& condition, absl::Duration limit) {
  const Deadline deadline = After(limit);
  while (!condition()) {
    if (Now() >= deadline) return false;
    WaitFor(-1, 0, After(absl::Milliseconds(5)));
  }
  return true;
}

}  // namespace smallbiznis::redis
