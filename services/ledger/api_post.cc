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

absl::Status Answer(const absl::StatusOr<PostedPtr>& posted, v1::Entry& response) {
  RETURN_IF_ERROR(posted.status());
  ToProto(**posted, response);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TenantId> LedgerPostApi::TenantOf(const rpc::Call& call, std::string_view tenant_id) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", tenant_id));
  RETURN_IF_ERROR(tenants_.CheckOwn(call.principal(), tenant));
  return tenant;
}

absl::StatusOr<PostedPtr> LedgerPostApi::Post(const rpc::Call& call, TenantId tenant, Command command) const {
  command.actor = call.principal().subject;
  return lanes_.Post(tenant, std::move(command), call.info().deadline);
}

absl::Status LedgerPostApi::AddEntry(rpc::Call& call, const v1::AddEntryRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseAddEntry(request));
  return Answer(Post(call, tenant, std::move(command)), response);
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
  std::vector<absl::StatusOr<PostedPtr>> results;
  if (!post.commands.empty()) results = lanes_.Post(tenant, std::move(post), call.info().deadline);
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
}

absl::Status LedgerPostApi::RevertEntry(rpc::Call& call, const v1::RevertEntryRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  Revert revert{.reason = request.reason()};
  ASSIGN_OR_RETURN(revert.entry, ParseNumber("entry_id", request.entry_id()));
  if (const auto problem = text::Problem(request.reason(), kRevertReasonRules)) {
    return status::InvalidField("reason", *problem);
  }
  return Answer(Post(call, tenant, {.action = std::move(revert)}), response);
}

absl::Status LedgerPostApi::Transfer(rpc::Call& call, const v1::TransferRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseTransfer(request));
  return Answer(Post(call, tenant, std::move(command)), response);
}

absl::Status LedgerPostApi::Hold(rpc::Call& call, const v1::HoldRequest& request, v1::Hold& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Command command, ParseHold(request));
  ASSIGN_OR_RETURN(const PostedPtr posted, Post(call, tenant, std::move(command)));
  // A reference that was used before gives its hold as it is now.
  ASSIGN_OR_RETURN(const HoldRecord hold, reads_.GetHold(tenant, posted->entry.entry_id, call.info().deadline));
  ToProto(hold, response);
  return absl::OkStatus();
}

absl::Status LedgerPostApi::Capture(rpc::Call& call, const v1::CaptureRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ledger::Capture capture;
  ASSIGN_OR_RETURN(capture.hold, ParseNumber("hold_id", request.hold_id()));
  if (request.amount() < 0) {
    return FieldError(Reason::kAmountNotPositive, "amount", "must be above 0, or 0 for all of it");
  }
  if (request.amount() > 0) capture.amount = request.amount();
  return Answer(Post(call, tenant, {.action = capture}), response);
}

absl::Status LedgerPostApi::Void(rpc::Call& call, const v1::VoidRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ledger::Void release;
  ASSIGN_OR_RETURN(release.hold, ParseNumber("hold_id", request.hold_id()));
  return Answer(Post(call, tenant, {.action = release}), response);
}

absl::Status LedgerPostApi::SetFloor(rpc::Call& call, const v1::SetFloorRequest& request, v1::Account& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  if (request.floor() < 0) return status::InvalidField("floor", "must be 0 or more");
  return Set(call, tenant, key, {.action = ledger::SetFloor{key, request.floor()}}, rpc::StableBytes(request),
             response);
}

absl::Status LedgerPostApi::CloseAccount(rpc::Call& call, const v1::CloseAccountRequest& request,
                                         v1::Account& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  return Set(call, tenant, key, {.action = Close{key, request.forfeit()}}, rpc::StableBytes(request), response);
}

absl::Status LedgerPostApi::Set(const rpc::Call& call, TenantId tenant, const AccountKey& key, Command command,
                                const std::string& asked, v1::Account& response) const {
  command.actor = call.principal().subject;
  Request request;
  request.commands.push_back(std::move(command));
  request.event = audit::Event{.tenant = tenant,
                               .principal = call.principal().subject,
                               .method = call.method().path,
                               .resource = fmt::format("ledger/members/{}/{}", key.member, key.unit),
                               .after_digest = crypto::Sha256(asked),
                               .request_id = call.info().request_id};
  RETURN_IF_ERROR(lanes_.Post(tenant, std::move(request), call.info().deadline).front().status());
  ASSIGN_OR_RETURN(const AccountView view, reads_.GetAccount(tenant, key, call.info().deadline));
  ToProto(view, response);
  return absl::OkStatus();
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
