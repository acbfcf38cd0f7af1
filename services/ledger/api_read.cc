#include "services/ledger/api_read.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "pkg/rpc/fields.h"
#include "pkg/status/status.h"
#include "services/ledger/api_messages.h"
#include "services/ledger/book/bookkeeper.h"

namespace smallbiznis::ledger {
namespace {

// A page's place in a list whose cursor is text.
struct Page {
  int size = 0;
  std::string after;
};

template <class Request>
absl::StatusOr<Page> OpenPage(const crypto::PageTokens& tokens, const crypto::PageContext& context,
                              const Request& request) {
  Page page;
  ASSIGN_OR_RETURN(page.size, crypto::PageSize(request.page_size()));
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(page.after, tokens.Open(context, request.page_token()));
  }
  return page;
}

// The list that a token belongs to: the RPC, and everything of the request but the page.
template <class Request>
std::string FilterText(Request request) {
  request.clear_page_size();
  request.clear_page_token();
  return rpc::StableBytes(request);
}

template <class Message>
const std::string& ListName(const Message& request) {
  return request.GetDescriptor()->full_name();
}

// Tokens are sealed, so that a cursor is what this program wrote.
int64_t NumberOf(std::string_view cursor) {
  int64_t number = 0;
  std::from_chars(cursor.data(), cursor.data() + cursor.size(), number);
  return number;
}

std::string LotCursor(const OpenLot& lot) {
  const bool never = lot.key.expires_at == absl::InfiniteFuture();
  return fmt::format("{} {} {}", never ? INT64_MAX : absl::ToUnixMicros(lot.key.expires_at), lot.key.run, lot.part.lot);
}

std::optional<OpenLot> ParseLotCursor(std::string_view cursor) {
  if (cursor.empty()) return std::nullopt;
  const size_t first = cursor.find(' ');
  const size_t second = cursor.find(' ', first + 1);
  const int64_t micros = NumberOf(cursor.substr(0, first));
  return OpenLot{{micros == INT64_MAX ? absl::InfiniteFuture() : absl::FromUnixMicros(micros),
                  NumberOf(cursor.substr(first + 1, second - first - 1))},
                 {NumberOf(cursor.substr(second + 1)), 0}};
}

// A time that need not be given.
absl::Status ParseTime(std::string_view field, bool given, const google::protobuf::Timestamp& value,
                       std::optional<absl::Time>& out) {
  if (!given) return absl::OkStatus();
  ASSIGN_OR_RETURN(out, rpc::ParseTime(field, value));
  return absl::OkStatus();
}

// What the entry did to the account.
int64_t ChangeOf(const Entry& entry, const std::string& account) {
  if (entry.kind == EntryKind::kHold || entry.kind == EntryKind::kVoid) return 0;
  return entry.source == account ? -entry.amount : entry.amount;
}

}  // namespace

absl::StatusOr<TenantId> LedgerReadApi::TenantOf(rpc::Call& call, std::string_view tenant_id) const {
  ASSIGN_OR_RETURN(const TenantId tenant, rpc::ParseId<TenantId>("tenant_id", tenant_id));
  RETURN_IF_ERROR(tenants_.CheckVisible(call.tx(), call.principal(), tenant));
  return tenant;
}

absl::Status LedgerReadApi::ListUnits(rpc::Call& call, const v1::ListUnitsRequest& request,
                                      v1::ListUnitsResponse& response) {
  const std::string filter = FilterText(request);
  const crypto::PageContext context{ListName(request), filter};
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, context, request));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(std::vector<NamedUnit> units, reads_.ListUnits(call.tx(), tenant, page.after, page.size + 1));
  const bool more = units.size() > static_cast<size_t>(page.size);
  if (more) units.pop_back();
  for (const NamedUnit& unit : units) {
    v1::Unit& message = *response.add_units();
    message.set_unit(unit.name);
    rpc::SetTime(unit.created_at, message.mutable_create_time());
  }
  if (more) response.set_next_page_token(tokens_.Make(context, units.back().name));
  return absl::OkStatus();
}

absl::Status LedgerReadApi::GetEntry(rpc::Call& call, const v1::GetEntryRequest& request, v1::Entry& response) {
  ASSIGN_OR_RETURN(const int64_t entry, ParseNumber("entry_id", request.entry_id()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const PostedPtr posted, reads_.GetEntry(call.tx(), tenant, entry));
  ToProto(*posted, response);
  return absl::OkStatus();
}

absl::Status LedgerReadApi::ListEntries(rpc::Call& call, const v1::ListEntriesRequest& request,
                                        v1::ListEntriesResponse& response) {
  const std::string filter_text = FilterText(request);
  const crypto::PageContext context{ListName(request), filter_text};
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, context, request));
  EntryFilter filter{.member = request.filter().member_id(), .reference = request.filter().reference_id()};
  RETURN_IF_ERROR(
      ParseTime("filter.posted_from", request.filter().has_posted_from(), request.filter().posted_from(), filter.from));
  RETURN_IF_ERROR(ParseTime("filter.posted_before", request.filter().has_posted_before(),
                            request.filter().posted_before(), filter.before));
  if (!request.filter().after_entry_id().empty()) {
    ASSIGN_OR_RETURN(filter.after, ParseNumber("filter.after_entry_id", request.filter().after_entry_id()));
  }
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(std::vector<PostedPtr> entries,
                   reads_.ListEntries(call.tx(), tenant, filter, NumberOf(page.after), page.size + 1));
  const bool more = entries.size() > static_cast<size_t>(page.size);
  if (more) entries.pop_back();
  for (const PostedPtr& posted : entries) ToProto(*posted, *response.add_entries());
  if (more) {
    response.set_next_page_token(tokens_.Make(context, fmt::format("{}", entries.back()->entry.entry_id)));
  }
  return absl::OkStatus();
}

absl::Status LedgerReadApi::GetBalance(rpc::Call& call, const v1::GetBalanceRequest& request, v1::Account& response) {
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  std::optional<absl::Time> at;
  RETURN_IF_ERROR(ParseTime("at_time", request.has_at_time(), request.at_time(), at));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const AccountView view,
                   at ? reads_.GetAccountAt(call.tx(), tenant, key, *at) : reads_.GetAccount(call.tx(), tenant, key));
  ToProto(view, response);
  return absl::OkStatus();
}

absl::Status LedgerReadApi::ListLots(rpc::Call& call, const v1::ListLotsRequest& request,
                                     v1::ListLotsResponse& response) {
  const std::string filter = FilterText(request);
  const crypto::PageContext context{ListName(request), filter};
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, context, request));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(std::vector<OpenLot> lots,
                   reads_.ListLots(call.tx(), tenant, key, ParseLotCursor(page.after), page.size + 1));
  const bool more = lots.size() > static_cast<size_t>(page.size);
  if (more) lots.pop_back();
  for (const OpenLot& lot : lots) {
    v1::Lot& message = *response.add_lots();
    message.set_lot_id(fmt::format("{}", lot.part.lot));
    message.set_remaining(lot.part.amount);
    if (lot.expires_at != absl::InfiniteFuture()) rpc::SetTime(lot.expires_at, message.mutable_expire_time());
  }
  if (more) response.set_next_page_token(tokens_.Make(context, LotCursor(lots.back())));
  return absl::OkStatus();
}

absl::Status LedgerReadApi::GetHold(rpc::Call& call, const v1::GetHoldRequest& request, v1::Hold& response) {
  ASSIGN_OR_RETURN(const int64_t id, ParseNumber("hold_id", request.hold_id()));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const HoldRecord hold, reads_.GetHold(call.tx(), tenant, id));
  ToProto(hold, response);
  return absl::OkStatus();
}

absl::Status LedgerReadApi::GetStatement(rpc::Call& call, const v1::GetStatementRequest& request,
                                         v1::GetStatementResponse& response) {
  const std::string filter_text = FilterText(request);
  const crypto::PageContext context{ListName(request), filter_text};
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, context, request));
  ASSIGN_OR_RETURN(const AccountKey key, ParseAccount(request.member_id(), request.unit()));
  EntryFilter times;
  RETURN_IF_ERROR(ParseTime("from_time", request.has_from_time(), request.from_time(), times.from));
  RETURN_IF_ERROR(ParseTime("before_time", request.has_before_time(), request.before_time(), times.before));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(Reads::Statement statement,
                   reads_.GetStatement(call.tx(), tenant, key, times, NumberOf(page.after), page.size + 1));
  const bool more = statement.entries.size() > static_cast<size_t>(page.size);
  if (more) statement.entries.pop_back();
  response.set_opening_balance(statement.opening);
  const std::string account = MemberAccount(key.member);
  for (const PostedPtr& posted : statement.entries) {
    const Entry& entry = posted->entry;
    v1::StatementLine& line = *response.add_lines();
    ToProto(*posted, *line.mutable_entry());
    line.set_change(ChangeOf(entry, account));
    line.set_balance((entry.source == account ? entry.source_balance : entry.destination_balance).value_or(0));
  }
  if (more) {
    response.set_next_page_token(tokens_.Make(context, fmt::format("{}", statement.entries.back()->entry.entry_id)));
  }
  return absl::OkStatus();
}

absl::Status LedgerReadApi::ListPauses(rpc::Call& call, const v1::ListPausesRequest& request,
                                       v1::ListPausesResponse& response) {
  const std::string filter = FilterText(request);
  const crypto::PageContext context{ListName(request), filter};
  ASSIGN_OR_RETURN(const Page page, OpenPage(tokens_, context, request));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  const absl::Time after = page.after.empty() ? absl::InfinitePast() : absl::FromUnixMicros(NumberOf(page.after));
  ASSIGN_OR_RETURN(std::vector<Pause> pauses, reads_.ListPauses(call.tx(), tenant, after, page.size + 1));
  const bool more = pauses.size() > static_cast<size_t>(page.size);
  if (more) pauses.pop_back();
  for (const Pause& pause : pauses) ToProto(pause, *response.add_pauses());
  if (more) {
    response.set_next_page_token(tokens_.Make(context, fmt::format("{}", absl::ToUnixMicros(pauses.back().begin))));
  }
  return absl::OkStatus();
}

absl::Status LedgerReadApi::GetLiabilityReport(rpc::Call& call, const v1::GetLiabilityReportRequest& request,
                                               v1::LiabilityReport& response) {
  ASSIGN_OR_RETURN(const std::string unit, ParseUnit(request.unit()));
  std::optional<absl::Time> as_of;
  RETURN_IF_ERROR(ParseTime("as_of_time", request.has_as_of_time(), request.as_of_time(), as_of));
  ASSIGN_OR_RETURN(const TenantId tenant, TenantOf(call, request.tenant_id()));
  ASSIGN_OR_RETURN(const Liability report, reads_.GetLiability(call.tx(), tenant, unit, as_of));
  ToProto(report, response);
  return absl::OkStatus();
}

}  // namespace smallbiznis::ledger
