#include "pkg/mail/testing/server.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace smallbiznis::mail {
namespace {

constexpr char kPython[] = ".venv/bin/python";
constexpr char kScript[] = "pkg/mail/testing/smtp_server.py";

const char* ModeOf(Tls tls) {
  switch (tls) {
    case Tls::kNone:
      return "plain";
    case Tls::kStartTls:
      return "starttls";
    case Tls::kImplicit:
      return "implicit";
  }
  std::abort();
}

}  // namespace

TestServer::TestServer(Tls tls, std::string user, std::string password) : folder_("/tmp/sb-mail-XXXXXX"), tls_(tls) {
  int to_child[2], from_child[2];
  if (mkdtemp(folder_.data()) == nullptr || pipe(to_child) != 0 || pipe(from_child) != 0) std::abort();
  std::vector<const char*> words = {kPython, kScript, folder_.c_str(), ModeOf(tls)};
  if (!user.empty()) words.insert(words.end(), {user.c_str(), password.c_str()});
  words.push_back(nullptr);
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(to_child[0], STDIN_FILENO);
    dup2(from_child[1], STDOUT_FILENO);
    for (const int fd : {to_child[0], to_child[1], from_child[0], from_child[1]}) close(fd);
    execv(kPython, const_cast<char**>(words.data()));
    _exit(127);
  }
  close(to_child[0]);
  close(from_child[1]);
  input_ = to_child[1];
  FILE* const output = fdopen(from_child[0], "r");
  if (std::fscanf(output, "%d", &port_) != 1) {
    fmt::print(stderr, "{} does not start with {}: run `make setup`\n", kScript, kPython);
    std::_Exit(1);
  }
  std::fclose(output);
}

TestServer::~TestServer() {
  close(input_);
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

SmtpOptions TestServer::options() const {
  return {.host = "127.0.0.1",
          .port = port_,
          .tls = tls_,
          .ca_file = tls_ == Tls::kNone ? "" : folder_ + "/ca.pem",
          .helo = "platform.test"};
}

std::vector<nlohmann::json> TestServer::Taken() const {
  std::vector<nlohmann::json> taken;
  while (true) {
    std::ifstream file(fmt::format("{}/{}.json", folder_, taken.size() + 1));
    if (!file) return taken;
    taken.push_back(nlohmann::json::parse(file));
  }
}

}  // namespace smallbiznis::mail
