#include "test/sim/ledger/worker.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>

#include "pkg/status/status.h"

namespace smallbiznis::ledger::sim {
namespace {

const Note* NoteOf(const Action& action) {
  if (const auto* credit = std::get_if<Credit>(&action)) return &credit->note;
  if (const auto* debit = std::get_if<Debit>(&action)) return &debit->note;
  if (const auto* transfer = std::get_if<Transfer>(&action)) return &transfer->note;
  if (const auto* hold = std::get_if<Hold>(&action)) return &hold->note;
  return nullptr;
}

}  // namespace

std::string ReasonOf(const absl::Status& status) {
  if (status.ok()) return "";
  const std::string reason = status::Reason(status);
  return reason.empty() ? status.ToString() : reason;
}

std::string ReferenceOf(const Action& action) {
  const Note* const note = NoteOf(action);
  return note && note->reference_id ? *note->reference_id : "";
}

Worker::Worker(const World& world, int process, int thread, Process& its, clock::FakeClock& clock)
    : world_(world), process_(process), thread_(thread), actor_(ActorOf(process, thread)), its_(its), clock_(clock) {
  std::seed_seq mine{world.seed, uint64_t{1}, static_cast<uint64_t>(process), static_cast<uint64_t>(thread)};
  std::seed_seq ours{world.seed, uint64_t{2}, static_cast<uint64_t>(thread)};
  engine_.seed(mine);
  twins_.seed(ours);
  for (int t = 0; t < kTenants; ++t) {
    tenants_[t].id = TenantId(t + 1);
    for (int i = 0; i < kOwnOfThread; ++i) {
      tenants_[t].expected.accounts.emplace_back(
          AccountKey{i % 4 == 3 ? "STAMP" : "POINT", OwnMember(process, thread, i)});
    }
  }
}

std::string Worker::Run(int phase) {
  phase_ = phase;
  time_ = world_.PhaseStart(phase);
  const int64_t end = commands_ + world_.OpsOfThread();
  const int64_t step_ns = absl::ToInt64Nanoseconds(kWindow) / (world_.OpsOfThread() * kThreads);
  while (failure_.empty() && commands_ < end) {
    clock_.Advance(absl::Nanoseconds(Below(static_cast<uint64_t>(2 * step_ns + 1))));
    now_ = &tenants_[Below(kTenants)];
    const uint64_t what = Below(100);
    if (what < 45) {
      OwnStep();
    } else if (what < 82) {
      HotStep();
    } else if (what < 88) {
      Duplicate();
    } else if (what < 91) {
      Twin();
    } else if (what < 97) {
      Bulk();
    } else {
      Impossible();
    }
  }
  for (Tenant& tenant : tenants_) {
    now_ = &tenant;
    if (failure_.empty()) SettleOwn();
  }
  return failure_;
}

void Worker::Forget() {
  for (Tenant& tenant : tenants_) {
    tenant.expected.posted.clear();
    tenant.expected.twins.clear();
    tenant.expected.refused_references.clear();
    tenant.expected.refusals.clear();
  }
}

Worker::Result Worker::Do(Action action) {
  ++commands_;
  const std::string reference = ReferenceOf(action);
  Result result = its_.lanes.Post(now_->id, Command{.actor = actor_, .action = std::move(action)}, kNoDeadline);
  Seen(result, reference);
  return result;
}

void Worker::Seen(const Result& result, const std::string& reference) {
  Expectations& expected = now_->expected;
  if (!result.ok()) {
    ++refusals_;
    if (!reference.empty()) expected.refused_references.push_back(reference);
    return;
  }
  if (!*result || (*result)->entry.actor != actor_) return;
  const int64_t id = (*result)->entry.entry_id;
  if (!expected.posted.emplace(id, (*result)->hash).second) Fail(fmt::format("entry {} is the answer twice", id));
  if (id <= now_->last) return Fail(fmt::format("entry {} comes after {}", id, now_->last));
  now_->last = id;
  for (Refusal& refusal : expected.refusals) {
    if (refusal.before == 0) refusal.before = id;
  }
}

Note Worker::AnyNote() {
  Note note;
  if (!OneIn(5)) note.reference_id = NextReference();
  if (OneIn(4)) note.description = fmt::format("Kopi {}", Below(10));
  if (OneIn(6)) note.metadata = {{"till", fmt::format("{}", Below(9))}};
  return note;
}

AccountKey Worker::AnyHot() {
  if (OneIn(4)) return Of(SharedMember(Below(kShared)));
  return Of(HotMember(static_cast<int>(Below(kHot))));
}

void Worker::HotStep() {
  const int64_t after = now_->last;
  const int64_t amount = Amount(40);
  const uint64_t what = Below(12);
  if (what < 4) {
    std::optional<absl::Time> expires_at;
    if (what < 2) expires_at = time_ + absl::Microseconds(Below(2'000'000));
    const Credit credit{AnyHot(), amount, expires_at, AnyNote()};
    CheckHot(credit, Do(credit), after);
  } else if (what < 7) {
    const Debit debit{AnyHot(), amount, AnyNote()};
    CheckHot(debit, Do(debit), after);
  } else if (what < 9) {
    const Transfer transfer{"POINT", AnyHot().member, AnyHot().member, amount, AnyNote()};
    const Result result = Do(transfer);
    if (transfer.from != transfer.to) return CheckHot(transfer, result, after);
    if (ReasonOf(result.status()) != "LEDGER_TRANSFER_TO_SELF") Fail("a transfer to oneself");
  } else if (what == 9 && now_->hot_holds.size() < 8) {
    std::optional<absl::Time> expires_at;
    if (OneIn(2)) expires_at = time_ + absl::Microseconds(Below(2'000'000));
    const Hold hold{AnyHot(), amount, expires_at, AnyNote()};
    CheckHot(hold, Do(hold), after);
  } else if (what < 11) {
    EndHotHold();
  } else {
    RevertHot();
  }
}

// An account that everybody uses: it goes well, or the state may have been one in which it does not.
void Worker::CheckHot(const Action& action, const Result& result, int64_t after) {
  const auto* credit = std::get_if<Credit>(&action);
  const auto* debit = std::get_if<Debit>(&action);
  const auto* transfer = std::get_if<Transfer>(&action);
  const auto* hold = std::get_if<Hold>(&action);
  if (result.ok()) {
    const Entry& entry = (*result)->entry;
    const int64_t amount = credit ? credit->amount : debit ? debit->amount : transfer ? transfer->amount : hold->amount;
    if (entry.amount != amount || entry.actor != actor_)
      return Fail(fmt::format("entry {} is another", entry.entry_id));
    if (!ReferenceOf(action).empty()) Keep(now_->known, Known{action, entry.entry_id});
    if (hold) now_->hot_holds.push_back({entry.entry_id, hold->account, hold->amount, hold->expires_at});
    return Keep(now_->hot_posts, Post{*result});
  }
  const std::string reason = ReasonOf(result.status());
  if (reason == "LEDGER_EXPIRY_NOT_IN_FUTURE") {
    if (credit && MayHaveExpired(credit->expires_at)) return;
    if (hold && MayHaveExpired(hold->expires_at)) return;
  }
  if (reason == "LEDGER_INSUFFICIENT_BALANCE" && !credit) {
    if (debit) return Refused(debit->account, debit->amount, after);
    if (hold) return Refused(hold->account, hold->amount, after);
    return Refused(Of(transfer->from), transfer->amount, after);
  }
  Fail(fmt::format("a post on a hot member: {}", result.status().ToString()));
}

void Worker::EndHotHold() {
  if (now_->hot_holds.empty()) return;
  const size_t index = Below(now_->hot_holds.size());
  const HotHold hold = now_->hot_holds[index];
  now_->hot_holds.erase(now_->hot_holds.begin() + static_cast<std::ptrdiff_t>(index));
  const bool captures = OneIn(2);
  const Action action = captures ? Action(Capture{hold.id, Amount(hold.amount)}) : Action(Void{hold.id});
  const Result result = Do(action);
  std::string ended = captures ? "LEDGER_HOLD_CAPTURED" : "LEDGER_HOLD_VOIDED";
  if (result.ok()) {
    Keep(now_->hot_posts, Post{*result});
  } else {
    ended = "LEDGER_HOLD_EXPIRED";
    if (ReasonOf(result.status()) != ended || !MayHaveExpired(hold.expires_at)) {
      return Fail(fmt::format("the end of hold {}: {}", hold.id, result.status().ToString()));
    }
  }
  if (!OneIn(4)) return;
  const Result again = Do(OneIn(2) ? Action(Capture{hold.id}) : Action(Void{hold.id}));
  if (ReasonOf(again.status()) != ended) Fail(fmt::format("the second end of hold {}: {}", hold.id, ended));
}

void Worker::RevertHot() {
  if (now_->hot_posts.empty()) return;
  const int64_t after = now_->last;
  Post& post = now_->hot_posts[Below(now_->hot_posts.size())];
  const Entry original = post.posted->entry;
  const bool was_reverted = post.reverted;
  const Result result = Do(Revert{.entry = original.entry_id, .reason = "by mistake"});
  const std::string reason = ReasonOf(result.status());
  const bool spent = original.kind == EntryKind::kDebit || original.kind == EntryKind::kCapture;
  const bool given = original.kind == EntryKind::kCredit || original.kind == EntryKind::kTransfer;
  std::string expected;
  if (!spent && !given) expected = "LEDGER_ENTRY_NOT_REVERTIBLE";
  if (original.kind == EntryKind::kRevert) expected = "LEDGER_REVERT_OF_REVERT";
  if (was_reverted && original.kind != EntryKind::kRevert) expected = "LEDGER_ENTRY_ALREADY_REVERTED";
  if (expected.empty() && given && reason == "LEDGER_INSUFFICIENT_BALANCE") {
    return Refused({original.unit, std::string(MemberOf(original.destination))}, original.amount, after);
  }
  if (reason != expected) {
    return Fail(fmt::format("the revert of entry {}: {} instead of {}", original.entry_id, reason, expected));
  }
  if (!result.ok()) return;
  if (!given || original.kind == EntryKind::kTransfer) {
    if ((*result)->entry.given != original.taken) return Fail("a revert does not give back the very parts");
  }
  post.reverted = true;
  Keep(now_->hot_posts, Post{*result});
}

void Worker::Duplicate() {
  if (now_->known.empty()) return;
  const Known known = now_->known[Below(now_->known.size())];
  Action action = known.action;
  const bool same = !OneIn(3);
  if (!same) {
    std::visit(
        [](auto& each) {
          if constexpr (requires { each.note; }) ++each.amount;
        },
        action);
  }
  ++commands_;
  const Result result = its_.lanes.Post(now_->id, Command{.actor = actor_, .action = action}, kNoDeadline);
  if (same && result.ok() && (*result)->entry.entry_id == known.entry) return;
  if (!same && ReasonOf(result.status()) == "LEDGER_REFERENCE_CONFLICT") return;
  Fail(fmt::format("the second post of entry {}'s reference: {}", known.entry,
                   result.ok() ? fmt::format("entry {}", (*result)->entry.entry_id) : result.status().ToString()));
}

// Both processes post it: one entry, the same for both.
void Worker::Twin() {
  now_ = &tenants_[twins_() % kTenants];
  const std::string member = HotMember(static_cast<int>(twins_() % kHot));
  const int64_t amount = 1 + static_cast<int64_t>(twins_() % 9);
  const std::string reference = fmt::format("twin-{}-{}", thread_, ++twin_references_);
  const Result result = Do(Give(member, amount, reference));
  if (!result.ok()) return Fail(fmt::format("{}: {}", reference, result.status().ToString()));
  now_->expected.twins[reference] = (*result)->hash;
}

void Worker::Impossible() {
  Action action = Revert{.entry = 1'000'000'000'000};
  std::string expected = "LEDGER_ENTRY_NOT_FOUND";
  switch (Below(5)) {
    case 0:
      break;
    case 1:
      action = Capture{.hold = 1'000'000'000'000};
      expected = "LEDGER_HOLD_NOT_FOUND";
      break;
    case 2:
      action = Debit{{"NOTHING", HotMember(0)}, 1, AnyNote()};
      expected = "LEDGER_UNIT_UNKNOWN";
      break;
    case 3:
      if (now_->last < 1000) return;  // until then there may be room for it
      action = Credit{Of(HotMember(1)), std::numeric_limits<int64_t>::max(), std::nullopt, AnyNote()};
      expected = "LEDGER_AMOUNT_TOO_LARGE";
      break;
    default:
      action = Credit{Of(HotMember(2)), 5, time_ - absl::Hours(1), AnyNote()};
      expected = "LEDGER_EXPIRY_NOT_IN_FUTURE";
      break;
  }
  const Result result = Do(action);
  if (ReasonOf(result.status()) != expected)
    Fail(fmt::format("{} instead of {}", result.status().ToString(), expected));
}

void Worker::SettleOwn() {
  Request request;
  for (OwnAccount& account : now_->expected.accounts) {
    request.commands.push_back({.actor = actor_, .action = Settle{account.key()}});
    account.Settle(time_);
  }
  for (const Result& result : its_.lanes.Post(now_->id, std::move(request), kNoDeadline)) {
    if (!result.ok()) Fail(fmt::format("settling: {}", result.status().ToString()));
  }
}

void Worker::Fail(std::string what) {
  if (failure_.empty()) failure_ = fmt::format("{} in tenant {}: {}", actor_, now_->id.value(), what);
}

}  // namespace smallbiznis::ledger::sim
