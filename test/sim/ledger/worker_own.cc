// The part of the workload on members that only this thread posts to: every outcome is known before.
#include <algorithm>
#include <utility>
#include <variant>

#include "test/sim/ledger/worker.h"

namespace smallbiznis::ledger::sim {
namespace {

absl::Time ExpiryOf(const std::optional<absl::Time>& expires_at) {
  return expires_at.value_or(absl::InfiniteFuture());
}

}  // namespace

size_t Worker::AnyOwn() {
  const size_t index = Below(kOwnOfThread);
  if (Own(index).closed() && OneIn(4)) Rename(index);
  return index;
}

// A new member in the place of one whose account is closed.
void Worker::Rename(size_t account) {
  const AccountKey old = Own(account).key();
  const std::string name = MemberAccount(old.member);
  std::erase_if(now_->own_holds, [&](const OwnHold& hold) { return hold.account == account; });
  std::erase_if(now_->own_posts, [&](const Post& post) {
    return post.posted->entry.source == name || post.posted->entry.destination == name;
  });
  Own(account) =
      OwnAccount({old.unit, OwnMember(process_, thread_, kOwnOfThread * ++now_->renamed + static_cast<int>(account))});
}

void Worker::OwnStep() {
  const Planned planned = PlanOwn();
  if (failure_.empty()) Check(planned, Do(planned.action));
}

Worker::Planned Worker::PlanOwn() {
  const size_t account = AnyOwn();
  if (Own(account).open_holds().size() > 20 && !now_->own_holds.empty()) return PlanEndOfHold();
  switch (Below(13)) {
    case 0:
    case 1:
    case 2:
    case 3:
      return PlanCredit(account);
    case 4:
    case 5:
    case 6:
      return PlanDebit(account);
    case 7:
      return PlanTransfer(account);
    case 8:
      return PlanHold(account);
    case 9:
    case 10:
      return now_->own_holds.empty() ? PlanHold(account) : PlanEndOfHold();
    case 11:
      return now_->own_posts.empty() ? PlanCredit(account) : PlanRevert();
    default:
      return PlanSetting(account);
  }
}

Worker::Planned Worker::PlanCredit(size_t account) {
  std::optional<absl::Time> expires_at;
  if (!OneIn(3)) expires_at = world_.Grid(phase_ + static_cast<int>(Below(4)));
  if (OneIn(50)) expires_at = time_ - absl::Hours(1);
  const Credit credit{Own(account).key(), Amount(60), expires_at, AnyNote()};
  return {credit, Own(account).MayCredit(expires_at, time_), account, std::nullopt};
}

Worker::Planned Worker::PlanDebit(size_t account) {
  const Debit debit{Own(account).key(), Amount(50), AnyNote()};
  return {debit, Own(account).MaySpend(debit.amount, time_), account, std::nullopt};
}

Worker::Planned Worker::PlanTransfer(size_t account) {
  const AccountKey from = Own(account).key();
  std::optional<size_t> to = (account + 1 + Below(kOwnOfThread - 1)) % kOwnOfThread;
  std::string member = Own(*to).key().member;
  if (Own(*to).key().unit != from.unit) to.reset();
  if (!to && from.unit != "POINT") return PlanCredit(account);
  if (!to || OneIn(3)) {
    to.reset();
    member = AnyHot().member;
  }
  const Transfer transfer{from.unit, from.member, member, Amount(40), AnyNote()};
  OwnAccount& source = Own(account);
  Outcome outcome = source.MaySpend(transfer.amount, time_);
  if (to && !source.closed() && Own(*to).closed()) outcome = "LEDGER_ACCOUNT_CLOSED";
  return {transfer, outcome, account, to};
}

Worker::Planned Worker::PlanHold(size_t account) {
  std::optional<absl::Time> expires_at;
  if (OneIn(2)) expires_at = world_.Grid(phase_ + static_cast<int>(Below(3)));
  if (OneIn(50)) expires_at = time_ - absl::Hours(1);
  const Hold hold{Own(account).key(), Amount(30), expires_at, AnyNote()};
  return {hold, Own(account).MayHold(hold, time_), account, std::nullopt};
}

Worker::Planned Worker::PlanEndOfHold() {
  const OwnHold hold = now_->own_holds[Below(now_->own_holds.size())];
  Outcome outcome = Own(hold.account).MayEndHold(hold.id, time_);
  if (OneIn(2)) return {Void{hold.id}, outcome, hold.account, std::nullopt};
  Capture capture{hold.id, std::nullopt};
  if (!OneIn(3)) capture.amount = Amount(hold.amount);
  if (OneIn(10)) {
    capture.amount = hold.amount + 1;
    if (outcome.empty()) outcome = "LEDGER_CAPTURE_EXCEEDS_HOLD";
  }
  return {capture, outcome, hold.account, std::nullopt};
}

Worker::Planned Worker::PlanRevert() {
  const size_t index = Below(now_->own_posts.size());
  const Post& post = now_->own_posts[index];
  return {Revert{post.posted->entry.entry_id, "by mistake"}, OutcomeOfRevert(post), 0, index};
}

Outcome Worker::OutcomeOfRevert(const Post& post) {
  const Entry& entry = post.posted->entry;
  if (entry.kind == EntryKind::kRevert) return "LEDGER_REVERT_OF_REVERT";
  if (post.reverted) return "LEDGER_ENTRY_ALREADY_REVERTED";
  const std::optional<size_t> source = OwnIndex(entry, entry.source);
  const std::optional<size_t> destination = OwnIndex(entry, entry.destination);
  switch (entry.kind) {
    case EntryKind::kCredit:
      return Own(*destination).MaySpend(entry.amount, time_);
    case EntryKind::kDebit:
    case EntryKind::kCapture:
      return Own(*source).MayReceive();
    case EntryKind::kTransfer: {
      if (!destination) return Own(*source).closed() ? Own(*source).MayReceive() : Outcome(kEither);
      const Outcome outcome = Own(*destination).MaySpend(entry.amount, time_);
      return Own(*source).closed() ? Own(*source).MayReceive() : outcome;
    }
    case EntryKind::kHold:
    case EntryKind::kVoid:
    case EntryKind::kExpiry:
    case EntryKind::kForfeit:
    case EntryKind::kRevert:
      return "LEDGER_ENTRY_NOT_REVERTIBLE";
  }
  return "a kind that is none";
}

Worker::Planned Worker::PlanSetting(size_t account) {
  OwnAccount& own = Own(account);
  const AccountKey key = own.key();
  const uint64_t what = Below(10);
  if (what < 4) {
    const int64_t floor = OneIn(2) ? 0 : Amount(60);
    return {SetFloor{key, floor}, own.MayReceive(), account, std::nullopt};
  }
  if (what < 6) return {Settle{key}, "", account, std::nullopt};
  const bool forfeit = OneIn(3);
  return {Close{key, forfeit}, own.MayClose(forfeit, time_), account, std::nullopt};
}

void Worker::Check(const Planned& planned, const Result& result) {
  const std::string reason = ReasonOf(result.status());
  const std::string what =
      fmt::format("a command of sort {} on {}", planned.action.index(), Own(planned.account).key().member);
  if (planned.outcome == kEither && reason == "LEDGER_INSUFFICIENT_BALANCE") return;
  const std::string expected = planned.outcome == kEither ? "" : planned.outcome;
  if (reason != expected) {
    return Fail(fmt::format("{}: {} instead of '{}'", what, result.ok() ? "OK" : result.status().ToString(), expected));
  }
  if (result.ok()) Apply(planned, *result);
}

void Worker::Apply(const Planned& planned, const PostedPtr& posted) {
  OwnAccount& account = Own(planned.account);
  if (std::holds_alternative<Settle>(planned.action)) return account.Settle(time_);
  if (const auto* set = std::get_if<SetFloor>(&planned.action)) return account.SetFloor(set->floor);
  if (std::holds_alternative<Close>(planned.action)) {
    if (posted ? posted->entry.amount != account.balance() : account.balance() != 0) Fail("what is forfeited");
    return account.Close();
  }
  if (!posted) return Fail("no entry");
  const Entry& entry = posted->entry;
  if (std::holds_alternative<Revert>(planned.action)) {
    ApplyRevert(*planned.other, entry);
    return Keep(now_->own_posts, Post{posted});
  }
  if (const auto* credit = std::get_if<Credit>(&planned.action)) {
    now_->lot_expiry[entry.entry_id] = ExpiryOf(credit->expires_at);
    account.Give(ExpiryOf(credit->expires_at), credit->amount);
    ExpectBalance(entry.destination_balance, account);
  } else if (const auto* debit = std::get_if<Debit>(&planned.action)) {
    ExpectTaken(entry, account.Take(debit->amount, time_));
    ExpectBalance(entry.source_balance, account);
  } else if (const auto* transfer = std::get_if<Transfer>(&planned.action)) {
    ExpectTaken(entry, account.Take(transfer->amount, time_));
    ExpectBalance(entry.source_balance, account);
    if (planned.other) {
      for (const auto& [expires_at, amount] : ByExpiry(entry.given)) Own(*planned.other).Give(expires_at, amount);
      ExpectBalance(entry.destination_balance, Own(*planned.other));
    }
  } else if (const auto* hold = std::get_if<Hold>(&planned.action)) {
    account.AddHold(entry.entry_id, *hold);
    Keep(now_->own_holds, OwnHold{entry.entry_id, planned.account, hold->amount});
  } else if (const auto* capture = std::get_if<Capture>(&planned.action)) {
    const int64_t amount = capture->amount.value_or(account.open_holds().at(capture->hold).amount);
    ExpectTaken(entry, account.Take(amount, absl::InfinitePast()));
    account.EndHold(capture->hold, HoldState::kCaptured);
    ExpectBalance(entry.source_balance, account);
  } else if (const auto* release = std::get_if<Void>(&planned.action)) {
    account.EndHold(release->hold, HoldState::kVoided);
    ExpectBalance(entry.destination_balance, account);
  }
  if (!ReferenceOf(planned.action).empty()) Keep(now_->known, Known{planned.action, entry.entry_id});
  Keep(now_->own_posts, Post{posted});
}

void Worker::ApplyRevert(size_t post, const Entry& entry) {
  now_->own_posts[post].reverted = true;
  const Entry& original = now_->own_posts[post].posted->entry;
  if (original.kind != EntryKind::kCredit && entry.given != original.taken) {
    return Fail(fmt::format("entry {} does not give back the very parts", entry.entry_id));
  }
  if (const auto from = OwnIndex(entry, entry.source)) {
    // Which lots are preferred is for the verifier to say; they must be there.
    if (!Own(*from).TakeThese(ByExpiry(entry.taken))) return Fail("a revert takes what is not there");
    ExpectBalance(entry.source_balance, Own(*from));
  }
  if (const auto to = OwnIndex(entry, entry.destination)) {
    for (const auto& [expires_at, amount] : ByExpiry(entry.given)) Own(*to).Give(expires_at, amount);
    ExpectBalance(entry.destination_balance, Own(*to));
  }
}

void Worker::ExpectTaken(const Entry& entry, const Expiries& expected) {
  if (ByExpiry(entry.taken) != expected) Fail(fmt::format("entry {} takes other lots than the first", entry.entry_id));
}

void Worker::ExpectBalance(const std::optional<int64_t>& stated, const OwnAccount& account) {
  if (stated == account.balance()) return;
  Fail(fmt::format("{} holds {} and not {}", account.key().member, stated.value_or(-1), account.balance()));
}

Expiries Worker::ByExpiry(const std::vector<LotPart>& parts) {
  Expiries sums;
  for (const LotPart& part : parts) {
    const auto expiry = now_->lot_expiry.find(part.lot);
    if (expiry == now_->lot_expiry.end()) {
      Fail(fmt::format("lot {} was never given to me", part.lot));
    } else {
      sums[expiry->second] += part.amount;
    }
  }
  return sums;
}

std::optional<size_t> Worker::OwnIndex(const Entry& entry, const std::string& account) const {
  const std::vector<OwnAccount>& accounts = now_->expected.accounts;
  for (size_t i = 0; i < accounts.size(); ++i) {
    if (accounts[i].key().unit == entry.unit && MemberAccount(accounts[i].key().member) == account) return i;
  }
  return std::nullopt;
}

Worker::Row Worker::PlanRow(const std::vector<Row>& before) {
  Row row;
  const size_t same = before.empty() ? 0 : Below(before.size());
  if (!before.empty() && OneIn(6) && !ReferenceOf(before[same].planned.action).empty() &&
      before[same].planned.outcome.empty() && !before[same].same_as) {
    return {before[same].planned, {}, same};
  }
  const size_t account = AnyOwn();
  row.planned = OneIn(2) ? PlanCredit(account) : PlanDebit(account);
  if (!row.planned.outcome.empty()) return row;
  if (const auto* credit = std::get_if<Credit>(&row.planned.action)) {
    Own(account).Give(ExpiryOf(credit->expires_at), credit->amount);
  } else {
    row.taken = Own(account).Take(std::get<Debit>(row.planned.action).amount, time_);
  }
  return row;
}

void Worker::Bulk() {
  const std::vector<OwnAccount> as_they_were = now_->expected.accounts;
  Request request;
  request.atomic = OneIn(2);
  std::vector<Row> rows;
  for (uint64_t left = 2 + Below(24); left > 0; --left) {
    rows.push_back(PlanRow(rows));
    request.commands.push_back({.actor = actor_, .action = rows.back().planned.action});
    if (request.atomic && !rows.back().planned.outcome.empty()) break;
  }
  commands_ += static_cast<int64_t>(rows.size());
  if (request.atomic && !rows.back().planned.outcome.empty()) {
    now_->expected.accounts = as_they_were;
    for (Row& row : rows) {
      row.same_as.reset();
      if (row.planned.outcome.empty()) row.planned.outcome = "LEDGER_BATCH_REFUSED";
    }
  }
  const std::vector<Result> results = its_.lanes.Post(now_->id, std::move(request), kNoDeadline);
  if (results.size() != rows.size()) return Fail("a bulk request has another number of answers");
  for (size_t i = 0; i < rows.size() && failure_.empty(); ++i) CheckRow(rows, i, results);
}

void Worker::CheckRow(const std::vector<Row>& rows, size_t index, const std::vector<Result>& results) {
  const Row& row = rows[index];
  const Result& result = results[index];
  if (row.same_as) {
    const Result& first = results[*row.same_as];
    if (result.ok() && first.ok() && (*result)->entry.entry_id == (*first)->entry.entry_id) return;
    return Fail("a row of a reference that stood before it in the request");
  }
  Seen(result, ReferenceOf(row.planned.action));
  if (ReasonOf(result.status()) != row.planned.outcome) {
    return Fail(fmt::format("row {} of a bulk request: {} instead of '{}'", index, result.status().ToString(),
                            row.planned.outcome));
  }
  if (!result.ok()) return;
  const Entry& entry = (*result)->entry;
  if (const auto* credit = std::get_if<Credit>(&row.planned.action)) {
    now_->lot_expiry[entry.entry_id] = ExpiryOf(credit->expires_at);
  } else {
    ExpectTaken(entry, row.taken);
  }
  if (!ReferenceOf(row.planned.action).empty()) Keep(now_->known, Known{row.planned.action, entry.entry_id});
  Keep(now_->own_posts, Post{*result});
}

}  // namespace smallbiznis::ledger::sim
