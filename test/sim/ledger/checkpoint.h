// What is looked at while everybody waits.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "test/sim/ledger/worker.h"

namespace smallbiznis::ledger::sim {

// Holds what the threads of one process were answered against what is in the database. Used by one thread.
class Checkpoint {
 public:
  Checkpoint(int process, Process& its, std::vector<Worker>& workers);

  // The first thing that is not as it was answered, "" when all is.
  std::string Look();

 private:
  // What may leave an account, and what it was after each entry since the last checkpoint. 0 stands for before.
  struct Course {
    int64_t balance = 0;
    int64_t held = 0;
    std::vector<std::pair<int64_t, int64_t>> available;
  };
  struct Tenant {
    int64_t seen = 0;  // entries
    std::map<AccountKey, Course> courses;
    std::map<int64_t, std::pair<AccountKey, int64_t>> open_holds;
  };

  std::string LookAt(int tenant);
  std::string Follow(Tenant& tenant, const std::vector<PostedPtr>& entries);
  std::string FollowSource(Tenant& tenant, const Entry& entry);
  std::string CheckPosted(int tenant, const std::vector<PostedPtr>& entries);
  std::string CheckRefusals(int tenant, const std::set<std::string>& references);
  std::string CheckTwins(db::Tx& tx, int tenant);
  std::string CheckOwnAccounts(db::Tx& tx, int tenant);

  const int process_;
  Process& its_;
  std::vector<Worker>& workers_;
  std::vector<Tenant> tenants_;
};

// Of the whole database, whoever posted: every ledger verifies against all the heads that were kept before; and sums
// made by PostgreSQL alone agree. Used by one thread.
class Sums {
 public:
  Sums(const LedgerDatabase& ledgers, Process& its) : ledgers_(ledgers), its_(its), heads_(kTenants) {}

  std::string Look();
  int64_t entries() const { return entries_; }

 private:
  const LedgerDatabase& ledgers_;
  Process& its_;
  std::vector<std::vector<SignedHead>> heads_;
  int64_t entries_ = 0;
};

}  // namespace smallbiznis::ledger::sim
