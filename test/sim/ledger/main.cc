// The ledger under simulation: two processes of 16 threads each post to three tenants, and at checkpoints, while all of
// them wait, everything that they were answered and everything that must add up is looked for. SEED= and OPS= of the
// environment. The same seed makes each thread ask for the same in the same order; how threads get ahead of each other
// is the machine's.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "test/sim/ledger/checkpoint.h"
#include "test/sim/ledger/worker.h"
#include "test/sim/ledger/world.h"

namespace smallbiznis::ledger::sim {
namespace {

constexpr int64_t kOpsBetweenCheckpoints = 50'000;

struct Reply {
  bool ok = false;
  int64_t commands = 0;
  int64_t refusals = 0;
};

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  if (!text || !*text) return otherwise;
  std::from_chars(text, text + std::string_view(text).size(), otherwise);
  return otherwise;
}

void Complain(const World& world, std::string_view what) {
  fmt::print(stderr, "sim: FAILED: {}\nsim: again: {}\n", what, world.Replay());
}

// A process that posts: 'r' on its pipe is for a phase, 'c' for a checkpoint.
class PostingProcess {
 public:
  PostingProcess(const World& world, const LedgerDatabase& ledgers, int number)
      : world_(world),
        number_(number),
        clock_(world.start),
        its_(ledgers.OpenPool(), clock_),
        checkpoint_(number, its_, workers_) {
    for (int thread = 0; thread < kThreads; ++thread) workers_.emplace_back(world, number, thread, its_, clock_);
  }

  void Serve(int commands, int replies) {
    char command = 0;
    for (int phase = 0; read(commands, &command, 1) == 1;) {
      const std::string wrong = command == 'r' ? Run(phase++) : checkpoint_.Look();
      if (!wrong.empty()) Complain(world_, wrong);
      Reply reply{.ok = wrong.empty()};
      for (const Worker& worker : workers_) {
        reply.commands += worker.commands();
        reply.refusals += worker.refusals();
      }
      if (write(replies, &reply, sizeof reply) != sizeof reply) return;
    }
  }

 private:
  std::string Run(int phase) {
    clock_.Advance(world_.PhaseStart(phase) + number_ * kSkew - clock_.Now());
    std::vector<std::string> wrong(kThreads);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, phase, &wrong] { wrong[i] = workers_[i].Run(phase); });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& each : wrong) {
      if (!each.empty()) return each;
    }
    return "";
  }

  const World& world_;
  const int number_;
  clock::FakeClock clock_;
  Process its_;
  std::vector<Worker> workers_;
  Checkpoint checkpoint_;
};

struct Child {
  pid_t pid = 0;
  int commands = -1;
  int replies = -1;
};

Child Start(const World& world, const LedgerDatabase& ledgers, const std::vector<Child>& before, int number) {
  int commands[2], replies[2];
  if (pipe(commands) != 0 || pipe(replies) != 0) std::abort();
  const pid_t pid = fork();
  if (pid == 0) {
    close(commands[1]);
    close(replies[0]);
    for (const Child& child : before) close(child.commands);  // else nobody sees the parent close it
    auto process = std::make_unique<PostingProcess>(world, ledgers, number);
    process->Serve(commands[0], replies[1]);
    process.reset();
    _exit(0);  // the database is the parent's to drop
  }
  close(commands[0]);
  close(replies[1]);
  return {pid, commands[1], replies[0]};
}

// Both do it at the same time; what they have done since they began. Not ok when one says so, or has ended.
Reply Both(const std::vector<Child>& children, char command) {
  Reply sum{.ok = true};
  for (const Child& child : children) sum.ok &= write(child.commands, &command, 1) == 1;
  for (const Child& child : children) {
    Reply reply;
    sum.ok &= read(child.replies, &reply, sizeof reply) == sizeof reply && reply.ok;
    sum.commands += reply.commands;
    sum.refusals += reply.refusals;
  }
  return sum;
}

void Prepare(const LedgerDatabase& ledgers, Process& its) {
  for (int tenant = 1; tenant <= kTenants; ++tenant) {
    const TenantId id = ledgers.AddTenant(tenant);
    ledgers.Execute(
        fmt::format("insert into ledger.units (tenant_id, unit, created_at) values ({}, 'STAMP', now())", tenant));
    for (int i = 0; i < kHot; ++i) {
      if (!its.Post(id, SetFloor{Of(HotMember(i)), HotFloor(i)}).ok()) std::abort();
    }
  }
  if (!its.keys.EnsureOne(*its.pool).ok()) std::abort();
}

int Simulate(const World& world) {
  const auto begin = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count(); };
  const LedgerDatabase ledgers;
  std::vector<Child> children;
  const clock::SystemClock clock;
  {
    Process its(ledgers.OpenPool(1), clock);
    Prepare(ledgers, its);
  }
  for (int i = 0; i < kProcesses; ++i) children.push_back(Start(world, ledgers, children, i));
  Process its(ledgers.OpenPool(1), clock);
  Sums sums(ledgers, its);
  Reply reply{.ok = true};
  double posting_s = 0;
  for (int phase = 0; reply.ok && phase < world.phases; ++phase) {
    const double from = seconds();
    reply = Both(children, 'r');
    posting_s += seconds() - from;
    if (reply.ok) reply = Both(children, 'c');
    const std::string wrong = reply.ok ? sums.Look() : "";
    if (!wrong.empty()) Complain(world, wrong);
    reply.ok &= wrong.empty();
    fmt::print("sim: checkpoint {} of {}: {} operations, {} of them refused, {} entries, {:.0f} s\n", phase + 1,
               world.phases, reply.commands, reply.refusals, sums.entries(), seconds());
    std::fflush(stdout);
  }
  for (const Child& child : children) {
    close(child.commands);
    waitpid(child.pid, nullptr, 0);
  }
  if (!reply.ok) {
    Complain(world, "see above");
    return 1;
  }
  fmt::print("sim: all is well: {} operations, {:.0f} a second while posting, {} checkpoints; SEED={}\n",
             reply.commands, static_cast<double>(reply.commands) / posting_s, world.phases, world.seed);
  return 0;
}

}  // namespace
}  // namespace smallbiznis::ledger::sim

int main() {
  namespace sim = smallbiznis::ledger::sim;
  sim::World world;
  world.seed = static_cast<uint64_t>(sim::FromEnvironment("SEED", std::random_device{}()));
  world.ops = sim::FromEnvironment("OPS", 20'000);
  world.phases = static_cast<int>(std::max<int64_t>(4, world.ops / sim::kOpsBetweenCheckpoints));
  world.start = smallbiznis::ledger::TestStart() + absl::Hours(1);
  fmt::print("sim: SEED={} OPS={}\n", world.seed, world.ops);
  std::fflush(stdout);
  if (world.OpsOfThread() < 1) {
    fmt::print(stderr, "sim: OPS={} is less than one for each thread and checkpoint\n", world.ops);
    return 2;
  }
  return sim::Simulate(world);
}
