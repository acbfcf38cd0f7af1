// One thread's workload, and what it expects of the ledger: it generates commands whose outcome it knows, or knows the
// bounds of, posts them, and holds every answer against that. What it was promised is looked for at the checkpoint.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pkg/clock/clock.h"
#include "test/sim/ledger/own_account.h"
#include "test/sim/ledger/world.h"

namespace smallbiznis::ledger::sim {

using Action = decltype(Command::action);

// A command with a reference that was posted: to be asked for again.
struct Known {
  Action action;
  int64_t entry = 0;
};

// A refusal for want of points, of an account that all threads use. It was due somewhere between two entries.
struct Refusal {
  AccountKey account;
  int64_t amount = 0;
  int64_t after = 0;
  int64_t before = 0;  // 0: not known yet
};

// Of one tenant.
struct Expectations {
  std::map<int64_t, merkle::Hash> posted;  // since the last checkpoint: entries that are mine, by what I was answered
  std::map<std::string, merkle::Hash> twins;    // references that the other process posts as well
  std::vector<std::string> refused_references;  // nothing of these is ever there
  std::vector<Refusal> refusals;
  std::vector<OwnAccount> accounts;
};

// "" for OK; the whole error when it has no reason.
std::string ReasonOf(const absl::Status& status);
std::string ReferenceOf(const Action& action);

// Used by one thread at a time.
class Worker {
 public:
  Worker(const World& world, int process, int thread, Process& its, clock::FakeClock& clock);

  // Runs one phase; the first thing that is not as expected, "" when all is.
  std::string Run(int phase);

  const std::string& actor() const { return actor_; }
  Expectations& of(int tenant) { return tenants_[tenant].expected; }
  int64_t commands() const { return commands_; }
  int64_t refusals() const { return refusals_; }

  // After a checkpoint: what was looked for need not be looked for again.
  void Forget();

 private:
  struct OwnHold {
    int64_t id;
    size_t account;
    int64_t amount;
  };
  struct HotHold {
    int64_t id;
    AccountKey account;
    int64_t amount;
    std::optional<absl::Time> expires_at;
  };
  struct Post {  // that may be reverted
    PostedPtr posted;
    bool reverted = false;
  };
  struct Tenant {
    TenantId id;
    Expectations expected;
    int64_t last = 0;  // the last entry that I was answered
    std::vector<Known> known;
    std::vector<OwnHold> own_holds;
    std::vector<HotHold> hot_holds;
    std::vector<Post> own_posts;
    std::vector<Post> hot_posts;
    std::map<int64_t, absl::Time> lot_expiry;  // of lots that began with my own members
    int renamed = 0;
  };
  using Result = absl::StatusOr<PostedPtr>;

  // Steps: each posts at least one command.
  void OwnStep();
  void HotStep();
  void Duplicate();
  void Twin();
  void Bulk();
  void Impossible();
  void SettleOwn();

  // A command on own accounts with the outcome that it must have.
  struct Planned {
    Action action;
    Outcome outcome;
    size_t account = 0;
    std::optional<size_t> other;  // the other own account of a transfer, the post of a revert
  };
  static constexpr std::string_view kEither = "either";  // a hot member may have too little
  Planned PlanOwn();
  Planned PlanCredit(size_t account);
  Planned PlanDebit(size_t account);
  Planned PlanTransfer(size_t account);
  Planned PlanHold(size_t account);
  Planned PlanEndOfHold();
  Planned PlanRevert();
  Planned PlanSetting(size_t account);
  Outcome OutcomeOfRevert(const Post& post);
  // Holds the answer against the plan, and moves the expectation on.
  void Check(const Planned& planned, const Result& result);
  void Apply(const Planned& planned, const PostedPtr& posted);
  void ApplyRevert(size_t post, const Entry& entry);
  void ExpectTaken(const Entry& entry, const Expiries& expected);
  void ExpectBalance(const std::optional<int64_t>& stated, const OwnAccount& account);
  Expiries ByExpiry(const std::vector<LotPart>& parts);
  std::optional<size_t> OwnIndex(const Entry& entry, const std::string& account) const;
  void Rename(size_t account);

  struct Row {  // of a bulk request
    Planned planned;
    Expiries taken;
    std::optional<size_t> same_as;  // a row before it, of the same reference
  };
  Row PlanRow(const std::vector<Row>& before);
  void CheckRow(const std::vector<Row>& rows, size_t index, const std::vector<Result>& results);

  Result Do(Action action);
  void Seen(const Result& result, const std::string& reference);
  void CheckHot(const Action& action, const Result& result, int64_t after);
  void Refused(const AccountKey& account, int64_t amount, int64_t after) {
    now_->expected.refusals.push_back({account, amount, after, 0});
  }
  AccountKey AnyHot();
  bool MayHaveExpired(const std::optional<absl::Time>& expires_at) const {
    return expires_at && *expires_at <= time_ + kLatest;
  }
  // Of each sort some are kept, to be asked for again or taken back.
  template <class Kept>
  void Keep(std::vector<Kept>& kept, Kept one) {
    if (kept.size() < 300) {
      kept.push_back(std::move(one));
    } else {
      kept[Below(kept.size())] = std::move(one);
    }
  }
  void RevertHot();
  void EndHotHold();
  void Fail(std::string what);

  uint64_t Below(uint64_t bound) { return engine_() % bound; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }
  int64_t Amount(int64_t most) { return 1 + static_cast<int64_t>(Below(static_cast<uint64_t>(most))); }
  size_t AnyOwn();
  std::string NextReference() { return fmt::format("{}/{}", actor_, ++references_); }
  Note AnyNote();
  OwnAccount& Own(size_t index) { return now_->expected.accounts[index]; }

  const World& world_;
  const int process_, thread_;
  const std::string actor_;
  Process& its_;
  clock::FakeClock& clock_;
  std::mt19937_64 engine_;
  std::mt19937_64 twins_;  // the same in both processes
  std::array<Tenant, kTenants> tenants_;
  Tenant* now_ = nullptr;  // whose turn it is
  int phase_ = 0;
  absl::Time time_;  // the phase's: what a member of mine has that expires before it has expired
  int64_t references_ = 0, twin_references_ = 0, commands_ = 0, refusals_ = 0;
  std::string failure_;
};

}  // namespace smallbiznis::ledger::sim
