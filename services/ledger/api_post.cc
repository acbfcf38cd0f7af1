#include "services/ledger/api_post.h"

#include <fmt/format.h>

#include <utility>

#include "pkg/crypto/crypto.h"
#include "pkg/rpc/fields.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/wire/wire_status.h"
#include "pkg/status/status.h"
#include "pkg/text/user_text.h"
#include "services/ledger/api_messages.h"
#include "services/ledger/book/reason.h"

namespace smallbiznis::ledger {
namespace {

constexpr int kMaxRows = 1000;
constexpr text::UserTextRules kRevertReasonRules{.max_characters = 500};

Request RequestOf(const rpc::Call& call, Command command) {
  command.actor = call.principal().subject;
  Request request;
  request.commands.push_back(std::move(command));
  return request;
}

}  // namespace

absl::StatusOr<TenantId> LedgerPostApi::TenantOf(const rpc::Call& call, std::string_view tenant_id) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", tenant_id));
  RETURN_IF_ERROR(tenants_.CheckOwn(call.principal(), tenant));
  return tenant;
}

absl::Status LedgerPostApi::Do(rpc::Call& call, Post post, Answer answer, google::protobuf::Message& response) {
  if (!call.info().idempotency_key.empty()) return DoKeyed(call, std::move(post), std::move(answer), response);
  lanes_.Post(post.tenant, std::move(post.request), call.info().deadline,
              [answer = std::move(answer), end = call.AnswerLater()](const Results& results) {
                end(answer(nullptr, results));
              });
  return absl::OkStatus();
}

absl::Status LedgerPostApi::DoKeyed(rpc::Call& call, Post post, Answer answer, google::protobuf::Message& response) {
  idempotency::Key key{post.tenant, call.principal().subject, call.method().path, call.info().idempotency_key};
  auto hold = std::make_shared<KeysInUse::Hold>(keys_in_use_, key);
  if (!hold->held()) return idempotency::KeyInUse();
  const auto keyed = std::make_shared<KeyedPost>(
      idempotency_, std::move(key), crypto::Sha256(rpc::StableBytes(post.asked)),
      [answer, &response](db::Tx& tx, const Results& results) -> absl::StatusOr<std::string> {
        response.Clear();
        RETURN_IF_ERROR(answer(&tx, results));
        return rpc::StableBytes(response);
      });
  post.request.companion = keyed.get();
  lanes_.Post(post.tenant, std::move(post.request), call.info().deadline,
              [keyed, hold = std::move(hold), answer = std::move(answer), &call, &response,
               end = call.AnswerLater()](const Results& results) mutable {
                const absl::Status status = AnswerKeyed(*keyed, answer, results, call, response);
                hold.reset();  // whoever has the answer may use the key again
                end(status);
              });
  return absl::OkStatus();
}

absl::Status LedgerPostApi::AnswerKeyed(const KeyedPost& keyed, const Answer& answer, const Results& results,
                                        rpc::Call& call, google::protobuf::Message& response) {
  response.Clear();
  RETURN_IF_ERROR(keyed.refusal());
  if (!keyed.answer()) return answer(nullptr, results);
  if (keyed.replayed()) call.MarkReplayed();
  if (response.ParseFromString(*keyed.answer())) return absl::OkStatus();
  return absl::InternalError("a stored idempotent answer is not a message of its RPC");
}

absl::Status LedgerPostApi::Do(rpc::Call& call, TenantId tenant, const google::protobuf::Message& asked,
                               Command command, v1::Entry& response) {
  const auto answer = [&response](db::Tx*, const Results& results) {
    RETURN_IF_ERROR(results.front().status());
    ToProto(**results.front(), response);
    return absl::OkStatus();
  };
  return Do(call, {tenant, asked, RequestOf(call, std::move(command))}, answer, response);
}

absl::Status LedgerPostApi::AddEntry(rpc::Call& call, const v1::AddEntryRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseAddEntry(request));
  return Do(call, tenant, request, std::move(command), response);
}

absl::Status LedgerPostApi::AddEntries(rpc::Call& call, const v1::AddEntriesRequest& request,
                                       v1::AddEntriesResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  if (request.entries_size() > kMaxRows) {
    return status::InvalidField("entries", fmt::format("must have at most {} rows", kMaxRows));
  }
  Request post{.atomic = request.atomic()};
  // Rows that make no sense are answered without being posted; all or nothing then means nothing.
  std::vector<absl::Status> broken(static_cast<size_t>(request.entries_size()));
  for (int row = 0; row < request.entries_size(); ++row) {
    absl::StatusOr<Command> command = ParseNewEntry(request.entries(row), fmt::format("entries[{}].", row));
    if (!command.ok()) {
      if (request.atomic()) return command.status();
      broken[static_cast<size_t>(row)] = command.status();
      continue;
    }
    command->actor = call.principal().subject;
    post.commands.push_back(*std::move(command));
  }
  const auto answer = [broken = std::move(broken), &call, &response](db::Tx*, const Results& results) {
    auto result = results.begin();
    for (const absl::Status& parsed : broken) {
      v1::AddEntriesResponse::Result& out = *response.add_results();
      const absl::Status error = !parsed.ok() ? parsed : result->status();
      if (error.ok()) {
        ToProto(***result, *out.mutable_entry());
      } else {
        *out.mutable_error() = rpc::ToWire(rpc::Neutral(error, call.info().request_id), call.info().request_id);
      }
      if (parsed.ok()) ++result;
    }
    return absl::OkStatus();
  };
  if (post.commands.empty()) return answer(nullptr, {});
  return Do(call, {tenant, request, std::move(post)}, answer, response);
}

absl::Status LedgerPostApi::RevertEntry(rpc::Call& call, const v1::RevertEntryRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  Revert revert{.reason = request.reason()};
  ASSIGN_OR_RETURN(revert.entry, ParseNumber("entry_id", request.entry_id()));
  if (const auto problem = text::Problem(request.reason(), kRevertReasonRules)) {
    return status::InvalidField("reason", *problem);
  }
  return Do(call, tenant, request, {.action = std::move(revert)}, response);
}

absl::Status LedgerPostApi::Transfer(rpc::Call& call, const v1::TransferRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseTransfer(request));
  return Do(call, tenant, request, std::move(command), response);
}

absl::Status LedgerPostApi::Hold(rpc::Call& call, const v1::HoldRequest& request, v1::Hold& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseHold(request));
  const auto answer = [this, tenant, &call, &response](db::Tx* tx, const Results& results) -> absl::Status {
    RETURN_IF_ERROR(results.front().status());
    const int64_t id = (*results.front())->entry.entry_id;
    // A reference that was used before gives its hold as it is now.
    ASSIGN_OR_RETURN(const HoldRecord hold, tx != nullptr ? reads_.GetHold(*tx, tenant, id)
                                                          : reads_.GetHold(tenant, id, call.info().deadline));
    ToProto(hold, response);
    return absl::OkStatus();
  };
  return Do(call, {tenant, request, RequestOf(call, std::move(command))}, answer, response);
}

absl::Status LedgerPostApi::Capture(rpc::Call& call, const v1::CaptureRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ledger::Capture capture;
  ASSIGN_OR_RETURN(capture.hold, ParseNumber("hold_id", request.hold_id()));
  if (request.amount() < 0) {
    return FieldError(Reason::kAmountNotPositive, "amount", "must be above 0, or 0 for all of it");
  }
  if (request.amount() > 0) capture.amount = request.amount();
  return Do(call, tenant, request, {.action = capture}, response);
}

absl::Status LedgerPostApi::Void(rpc::Call& call, const v1::VoidRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ledger::Void release;
  ASSIGN_OR_RETURN(release.hold, ParseNumber("hold_id", request.hold_id()));
  return Do(call, tenant, request, {.action = release}, response);
}

absl::Status LedgerPostApi::SetFloor(rpc::Call& call, const v1::SetFloorRequest& request, v1::Account& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  if (request.floor() < 0) return status::InvalidField("floor", "must be 0 or more");
  return Set(call, tenant, request, key, {.action = ledger::SetFloor{key, request.floor()}}, response);
}

absl::Status LedgerPostApi::CloseAccount(rpc::Call& call, const v1::CloseAccountRequest& request,
                                         v1::Account& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  return Set(call, tenant, request, key, {.action = Close{key, request.forfeit()}}, response);
}

absl::Status LedgerPostApi::Set(rpc::Call& call, TenantId tenant, const google::protobuf::Message& asked,
                                const AccountKey& key, Command command, v1::Account& response) {
  Request request = RequestOf(call, std::move(command));
  request.event = audit::Event{.tenant = tenant,
                               .principal = call.principal().subject,
                               .method = call.method().path,
                               .resource = fmt::format("ledger/members/{}/{}", key.member, key.unit),
                               .after_digest = crypto::Sha256(rpc::StableBytes(asked)),
                               .request_id = call.info().request_id};
  const auto answer = [this, tenant, key, &call, &response](db::Tx* tx, const Results& results) -> absl::Status {
    RETURN_IF_ERROR(results.front().status());
    ASSIGN_OR_RETURN(const AccountView view, tx != nullptr ? reads_.GetAccount(*tx, tenant, key)
                                                           : reads_.GetAccount(tenant, key, call.info().deadline));
    ToProto(view, response);
    return absl::OkStatus();
  };
  return Do(call, {tenant, asked, std::move(request)}, answer, response);
}

absl::Status LedgerPostApi::CreateUnit(rpc::Call& call, const v1::CreateUnitRequest& request, v1::Unit& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", request.tenant_id()));
  ASSIGN_OR_RETURN(std::string name, ParseUnit(request.unit()));
  RETURN_IF_ERROR(tenants_.HoldUnarchived(call.tx(), call.principal(), tenant));
  const NamedUnit unit = reads_.CreateUnit(call.tx(), tenant, std::move(name));
  RETURN_IF_ERROR(call.tx().Flush());
  response.set_unit(unit.name);
  rpc::SetTime(unit.created_at, response.mutable_create_time());
  call.RecordChange(
      {.resource = fmt::format("ledger/units/{}", unit.name), .tenant = tenant, .after = rpc::StableBytes(response)});
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
