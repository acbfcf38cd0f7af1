#include "cmd/sbctl/ledger/api_verify.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "cmd/sbctl/api_pages.h"
#include "cmd/sbctl/api_show.h"
#include "cmd/sbctl/file.h"
#include "cmd/sbctl/ledger/api_heads.h"
#include "cmd/sbctl/progress.h"
#include "cmd/sbctl/text.h"
#include "pkg/merkle/frontier.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "services/ledger/audit/auditor.h"
#include "services/ledger/message/api_record.h"
#include "services/ledger/record/receipt.h"

namespace smallbiznis::sbctl {
namespace {

using ledger::AuditDepth;
using ledger::Auditor;
using ledger::Finding;
using ledger::SignedHead;

constexpr const char* kListEntries = "smallbiznis.ledger.v1.LedgerService/ListEntries";
constexpr const char* kGetEntry = "smallbiznis.ledger.v1.LedgerService/GetEntry";
constexpr const char* kListPauses = "smallbiznis.ledger.v1.LedgerProofService/ListPauses";
constexpr const char* kInclusion = "smallbiznis.ledger.v1.LedgerProofService/GetInclusionProof";
constexpr int kPage = 1000;

// Behind `begin`: its tree comes as the inclusion proof of its last entry, and is believed because of its root.
absl::StatusOr<std::unique_ptr<Auditor>> GoOnBehind(const SignedHead& begin, const SignedHead& now, Session& session) {
  merkle::Frontier tree;
  if (begin.head.size > now.head.size) {
    return status::Error(absl::StatusCode::kDataLoss, "LEDGER_NOT_INTACT",
                         fmt::format("entry {}: it is missing: the server's head counts {} entries, the one to begin "
                                     "with {}",
                                     now.head.size + 1, now.head.size, begin.head.size));
  }
  if (begin.head.size > 0) {
    ledger::v1::GetInclusionProofRequest request;
    request.set_tenant_id(begin.head.tenant.ToString());
    request.set_entry_id(fmt::format("{}", begin.head.size));
    request.set_tree_size(begin.head.size);
    ledger::v1::InclusionProof proof;
    RETURN_IF_ERROR(session.api.Call(kInclusion, request, proof));
    std::vector<merkle::Hash> path;
    for (const std::string& hex : proof.path()) path.push_back(merkle::FromHex(hex).value_or(merkle::Hash{}));
    const merkle::Hash leaf = merkle::LeafHash(merkle::Bytes(begin.head.chain));
    auto proven = merkle::Frontier::OfLastLeaf(begin.head.size, leaf, path);
    if (!proven.ok() || proven->Root() != begin.head.root) {
      return status::Error(
          absl::StatusCode::kDataLoss, "LEDGER_NOT_INTACT",
          fmt::format("the server's entries 1 to {} are not those that the head was signed for; verify "
                      "from the first with --head to see which",
                      begin.head.size));
    }
    tree = *std::move(proven);
  }
  return std::make_unique<Auditor>(begin.head, std::move(tree), std::vector{now.head});
}

// Not the caller's fault, nor the network's: there is something that the server cannot make sense of.
bool Unreadable(const absl::Status& listed) {
  return absl::IsDataLoss(listed) || absl::IsInternal(listed);
}

// Reads the entries from the auditor's size to `end`, page by page, and has them looked at.
class Reading {
 public:
  Reading(Auditor& auditor, const SignedHead& end, Session& session)
      : auditor_(auditor),
        session_(session),
        end_(end.head.size),
        begin_(auditor.size()),
        progress_(session.err, {.what = "verifying", .total = end_ - begin_, .terminal = session.err_terminal}) {
    request_.set_tenant_id(end.head.tenant.ToString());
  }

  // The first that is wrong; nothing when all is well.
  absl::StatusOr<std::optional<Finding>> Run() {
    const absl::Status read = Read();
    progress_.End();
    RETURN_IF_ERROR(read);
    return finding_ ? finding_ : auditor_.Finish();
  }

 private:
  absl::Status Read() {
    while (auditor_.size() < end_ && !finding_) {
      if (auditor_.size() > 0) request_.mutable_filter()->set_after_entry_id(fmt::format("{}", auditor_.size()));
      request_.set_page_size(static_cast<int32_t>(std::min<int64_t>(kPage, end_ - auditor_.size())));
      const absl::Status listed = session_.api.Call(kListEntries, request_, page_);
      if (Unreadable(listed)) return ReadOneByOne();
      RETURN_IF_ERROR(listed);
      if (page_.entries().empty()) return absl::OkStatus();  // the auditor misses the next one
      for (const ledger::v1::Entry& entry : page_.entries()) {
        if (!Feed(entry)) return absl::OkStatus();
      }
      progress_.Update(auditor_.size() - begin_);
    }
    return absl::OkStatus();
  }

  // Somewhere on the page that comes next, or right behind it, is what the server cannot make sense of.
  absl::Status ReadOneByOne() {
    ledger::v1::GetEntryRequest request;
    request.set_tenant_id(request_.tenant_id());
    while (auditor_.size() < end_) {
      request.set_entry_id(fmt::format("{}", auditor_.size() + 1));
      ledger::v1::Entry entry;
      const absl::Status got = session_.api.Call(kGetEntry, request, entry);
      if (absl::IsNotFound(got)) return Find("it is missing");
      if (Unreadable(got)) return Find(fmt::format("the server cannot read it: {}", text::ToStd(got.message())));
      RETURN_IF_ERROR(got);
      if (!Feed(entry)) break;
    }
    return absl::OkStatus();
  }

  // False when it is wrong.
  bool Feed(const ledger::v1::Entry& message) {
    const auto sent = ledger::ParseEntry(message);
    if (sent.ok()) return auditor_.Feed(sent->entry, sent->hash);
    Find(fmt::format("it is not sent as an entry is: {}", text::ToStd(sent.status().message()))).IgnoreError();
    return false;
  }

  absl::Status Find(std::string problem) {
    finding_ = {.entry_id = auditor_.size() + 1, .problem = std::move(problem)};
    return absl::OkStatus();
  }

  Auditor& auditor_;
  Session& session_;
  const int64_t end_;
  const int64_t begin_;
  Progress progress_;
  ledger::v1::ListEntriesRequest request_;
  ledger::v1::ListEntriesResponse page_;
  std::optional<Finding> finding_;
};

// When the tenant was suspended, as the server tells: no entry does.
absl::StatusOr<ledger::Pauses> FetchPauses(TenantId tenant, Session& session) {
  ledger::v1::ListPausesRequest request;
  request.set_tenant_id(tenant.ToString());
  const auto listed = CollectPages<ledger::v1::ListPausesRequest, ledger::v1::ListPausesResponse>(
      session, kListPauses, request, "pauses", std::numeric_limits<int>::max());
  RETURN_IF_ERROR(listed.status());
  std::vector<ledger::Pause> pauses;
  for (const ledger::v1::Pause& message : listed->pauses()) {
    ASSIGN_OR_RETURN(const ledger::Pause pause, ledger::ParsePause(message));
    pauses.push_back(pause);
  }
  return ledger::Pauses(std::move(pauses));
}

absl::StatusOr<std::unique_ptr<Auditor>> Begin(const VerifyRequest& request, const TrustedKeys& keys,
                                               const SignedHead& now, Session& session) {
  if (!request.from_head.empty()) {
    ASSIGN_OR_RETURN(const SignedHead begin, ReadHead(request.from_head, request.tenant, keys));
    return GoOnBehind(begin, now, session);
  }
  std::vector<ledger::TreeHead> trusted = {now.head};
  for (const std::string& file : request.heads) {
    ASSIGN_OR_RETURN(const SignedHead head, ReadHead(file, request.tenant, keys));
    trusted.push_back(head.head);
  }
  if (!request.rules) return std::make_unique<Auditor>(request.tenant, AuditDepth::kHashes, std::move(trusted));
  ASSIGN_OR_RETURN(ledger::Pauses pauses, FetchPauses(request.tenant, session));
  return std::make_unique<Auditor>(request.tenant, AuditDepth::kEverything, std::move(trusted), std::move(pauses));
}

// What VerifyChain would answer, so that programs read one form.
absl::Status Report(const std::optional<Finding>& finding, const Auditor& auditor, const SignedHead& now, int64_t begin,
                    Session& session) {
  ledger::v1::VerifyChainResponse answer;
  answer.set_intact(!finding);
  answer.set_entries(auditor.size());
  if (finding) {
    answer.set_bad_entry_id(fmt::format("{}", finding->entry_id));
    answer.set_problem(finding->problem);
  } else {
    ledger::ToProto(now, *answer.mutable_head());
  }
  if (session.json) ShowJson(answer, session.out);
  if (finding) {
    return status::Error(absl::StatusCode::kDataLoss, "LEDGER_NOT_INTACT",
                         fmt::format("entry {}: {}", finding->entry_id, Safe(finding->problem)));
  }
  if (session.json) return absl::OkStatus();
  session.out << (auditor.size() == begin
                      ? std::string("no entries\n")
                      : fmt::format("entries {} to {} are as they were posted\n", begin + 1, auditor.size()))
              << fmt::format("head: {} entries, root {}, signed by {} at {}\n", now.head.size,
                             merkle::Hex(now.head.root), now.key_id, TimeText(now.head.at));
  return absl::OkStatus();
}

}  // namespace

absl::Status VerifyLedger(const VerifyRequest& request, Session& session) {
  ASSIGN_OR_RETURN(const TrustedKeys keys, TrustedKeys::Of(request.keys, session));
  ASSIGN_OR_RETURN(const SignedHead now, FetchHead(request.tenant, keys, session));
  ASSIGN_OR_RETURN(const std::unique_ptr<Auditor> auditor, Begin(request, keys, now, session));
  const int64_t begin = auditor->size();
  ASSIGN_OR_RETURN(const std::optional<Finding> finding, Reading(*auditor, now, session).Run());
  RETURN_IF_ERROR(Report(finding, *auditor, now, begin, session));
  if (request.out.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string file, ledger::WriteHead(now));
  return WriteFile(request.out, file);
}

}  // namespace smallbiznis::sbctl
