#include "services/ledger/post/needs.h"

#include <limits>
#include <string>
#include <utility>
#include <variant>

namespace smallbiznis::ledger {
namespace {

template <class... Each>
struct Overloaded : Each... {
  using Each::operator()...;
};
template <class... Each>
Overloaded(Each...) -> Overloaded<Each...>;

void AddNote(const Note& note, PostStore::Named& named) {
  if (note.reference_id) named.references.push_back(*note.reference_id);
}

// Sums up without leaving the numbers: more than there is cannot be spent anyway.
void AddSpend(AccountSpends& accounts, const AccountKey& key, int64_t amount) {
  int64_t& sum = accounts[key];
  if (__builtin_add_overflow(sum, amount, &sum)) sum = std::numeric_limits<int64_t>::max();
}

void AddEntryAccounts(const Entry& entry, AccountSpends& accounts) {
  for (const std::string* account : {&entry.source, &entry.destination}) {
    const std::string_view member = MemberOf(*account);
    if (!member.empty()) AddSpend(accounts, {entry.unit, std::string(member)}, entry.amount);
  }
}

}  // namespace

PostStore::Named NamedBy(std::span<Request* const> requests, bool look_up_credits) {
  PostStore::Named named;
  for (const Request* request : requests) {
    for (const Command& command : request->commands) {
      std::visit(Overloaded{
                     [&](const Credit& credit) {
                       if (look_up_credits) AddNote(credit.note, named);
                     },
                     [&](const Debit& debit) { AddNote(debit.note, named); },
                     [&](const Transfer& transfer) { AddNote(transfer.note, named); },
                     [&](const Hold& hold) { AddNote(hold.note, named); },
                     [&](const Capture& capture) { named.holds.push_back(capture.hold); },
                     [&](const Void& release) { named.holds.push_back(release.hold); },
                     [&](const Revert& revert) { named.entries.push_back(revert.entry); },
                     [](const auto&) {},
                 },
                 command.action);
    }
  }
  return named;
}

bool RefusedUnseen(const Request& request) {
  for (size_t i = 0; i < request.commands.size(); ++i) {
    const auto* credit = std::get_if<Credit>(&request.commands[i].action);
    if (credit && credit->note.reference_id && !request.results[i].ok()) return true;
  }
  return false;
}

AccountSpends AccountsOf(std::span<Request* const> requests, const Book& book) {
  AccountSpends accounts;
  const auto hold_account = [&](int64_t id) {
    const auto hold = book.holds.find(id);
    if (hold != book.holds.end()) AddSpend(accounts, hold->second.account, hold->second.amount);
  };
  for (const Request* request : requests) {
    for (const Command& command : request->commands) {
      std::visit(Overloaded{
                     [&](const Credit& credit) { AddSpend(accounts, credit.account, 0); },
                     [&](const Debit& debit) { AddSpend(accounts, debit.account, debit.amount); },
                     [&](const Transfer& transfer) {
                       AddSpend(accounts, {transfer.unit, transfer.from}, transfer.amount);
                       AddSpend(accounts, {transfer.unit, transfer.to}, 0);
                     },
                     [&](const Hold& hold) { AddSpend(accounts, hold.account, 0); },
                     [&](const Capture& capture) { hold_account(capture.hold); },
                     [&](const Void& release) { hold_account(release.hold); },
                     [&](const Revert& revert) {
                       const auto earlier = book.earlier.find(revert.entry);
                       if (earlier != book.earlier.end()) AddEntryAccounts(earlier->second.posted->entry, accounts);
                     },
                     [&](const SetFloor& set) { AddSpend(accounts, set.account, 0); },
                     [&](const Close& close) {
                       AddSpend(accounts, close.account, close.forfeit ? std::numeric_limits<int64_t>::max() : 0);
                     },
                     [&](const Settle& settle) { AddSpend(accounts, settle.account, 0); },
                 },
                 command.action);
    }
  }
  return accounts;
}

}  // namespace smallbiznis::ledger
