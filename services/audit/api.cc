#include "services/audit/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "pkg/audit/trail.h"
#include "pkg/rpc/fields.h"
#include "pkg/rpc/json/json.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::audit {
namespace {

constexpr std::string_view kListAuditEvents = "smallbiznis.audit.v1.AuditService.ListAuditEvents";
constexpr std::string_view kExportAuditEvents = "smallbiznis.audit.v1.AuditService.ExportAuditEvents";
constexpr std::string_view kPlatform = "0";
constexpr int64_t kVerifyLimit = 100'000;  // about a second
constexpr size_t kHashBytes = 32;

absl::StatusOr<TenantId> ParseTrail(const std::string& tenant_id) {
  if (tenant_id == kPlatform) return TenantId();
  return rpc::ParseId<TenantId>("tenant_id", tenant_id);
}

absl::StatusOr<int64_t> ParseCursor(const std::string& cursor) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(cursor, &number)) return status::InvalidField("page_token", "is not a token of this list");
  return number;
}

std::optional<std::string> IfSet(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional(text);
}

absl::StatusOr<Filter> ParseFilter(const v1::AuditFilter& filter) {
  Filter parsed{.principal = IfSet(filter.principal()),
                .method = IfSet(filter.method()),
                .resource = IfSet(filter.resource()),
                .not_before = std::nullopt,
                .before = std::nullopt};
  if (filter.has_start_time()) {
    ASSIGN_OR_RETURN(parsed.not_before, rpc::ParseTime("filter.start_time", filter.start_time()));
  }
  if (filter.has_end_time()) {
    ASSIGN_OR_RETURN(parsed.before, rpc::ParseTime("filter.end_time", filter.end_time()));
  }
  return parsed;
}

// Where an export is, and where it ends: "17 4711".
std::string ExportCursor(int64_t after, int64_t up_to) {
  return fmt::format("{} {}", after, up_to);
}

absl::Status ParseExportCursor(const std::string& cursor, Excerpt& excerpt) {
  const size_t space = cursor.find(' ');
  if (space == cursor.npos) return status::InvalidField("page_token", "is not a token of this list");
  ASSIGN_OR_RETURN(excerpt.after, ParseCursor(cursor.substr(0, space)));
  ASSIGN_OR_RETURN(excerpt.up_to, ParseCursor(cursor.substr(space + 1)));
  return absl::OkStatus();
}

absl::StatusOr<Point> ParsePoint(const v1::TrailPoint& point) {
  if (point.event_number() < 0) return status::InvalidField("start.event_number", "must not be negative");
  const std::string hash = absl::HexStringToBytes(point.hash());
  const bool is_hash = hash.size() == kHashBytes && crypto::Hex(hash) == point.hash();
  if (point.event_number() == 0 && !point.hash().empty()) {
    return status::InvalidField("start.hash", "must be empty before the first event");
  }
  if (point.event_number() > 0 && !is_hash) {
    return status::InvalidField("start.hash", "must be 64 hex digits in lower case");
  }
  return Point{point.event_number(), point.event_number() > 0 ? hash : ""};
}

void ToProto(const Linked& linked, v1::AuditEvent& out) {
  const Record& record = linked.record;
  out.set_tenant_id(record.event.tenant.ToString());
  out.set_event_number(record.number);
  rpc::SetTime(record.occurred_at, out.mutable_event_time());
  out.set_principal(record.event.principal);
  out.set_method(record.event.method);
  out.set_resource(record.event.resource);
  out.set_before_digest(crypto::Hex(record.event.before_digest));
  out.set_after_digest(crypto::Hex(record.event.after_digest));
  out.set_request_id(record.event.request_id);
  out.set_hash(crypto::Hex(record.hash));
  out.set_previous_hash(crypto::Hex(linked.previous_hash));
}

v1::TrailFlaw ToProto(Flaw flaw) {
  switch (flaw) {
    case Flaw::kMissing:
      return v1::MISSING;
    case Flaw::kChanged:
      return v1::CHANGED;
    case Flaw::kBeyondHead:
      return v1::BEYOND_HEAD;
  }
  std::abort();
}

}  // namespace

absl::Status AuditApi::CheckVisible(rpc::Call& call, TenantId tenant) const {
  // The platform's trail is nobody's but the platform's: to others it is a tenant that they are not.
  if (!tenant && call.principal().platform) return absl::OkStatus();
  return tenants_.CheckVisible(call.tx(), call.principal(), tenant);
}

absl::Status AuditApi::ListAuditEvents(rpc::Call& call, const v1::ListAuditEventsRequest& request,
                                       v1::ListAuditEventsResponse& response) {
  Listing listing;
  ASSIGN_OR_RETURN(listing.tenant, ParseTrail(request.tenant_id()));
  ASSIGN_OR_RETURN(listing.filter, ParseFilter(request.filter()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  const std::string filter = fmt::format("{} {}", request.tenant_id(), rpc::StableBytes(request.filter()));
  const crypto::PageContext context{kListAuditEvents, filter};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    ASSIGN_OR_RETURN(listing.below, ParseCursor(cursor));
  }
  RETURN_IF_ERROR(CheckVisible(call, listing.tenant));
  listing.limit = size + 1;
  ASSIGN_OR_RETURN(const std::vector<Linked> records, List(call.tx(), listing));
  const size_t count = std::min(records.size(), static_cast<size_t>(size));
  for (size_t i = 0; i < count; ++i) ToProto(records[i], *response.add_events());
  if (records.size() > count) {
    response.set_next_page_token(tokens_.Make(context, std::to_string(records[count - 1].record.number)));
  }
  return absl::OkStatus();
}

absl::Status AuditApi::ExportAuditEvents(rpc::Call& call, const v1::ExportAuditEventsRequest& request,
                                         v1::ExportAuditEventsResponse& response) {
  Excerpt excerpt;
  ASSIGN_OR_RETURN(excerpt.tenant, ParseTrail(request.tenant_id()));
  ASSIGN_OR_RETURN(excerpt.filter, ParseFilter(request.filter()));
  ASSIGN_OR_RETURN(const int size, crypto::PageSize(request.page_size()));
  excerpt.after = request.after_event_number();
  if (excerpt.after < 0) return status::InvalidField("after_event_number", "must not be negative");
  const std::string filter =
      fmt::format("{} {} {}", request.tenant_id(), excerpt.after, rpc::StableBytes(request.filter()));
  const crypto::PageContext context{kExportAuditEvents, filter};
  if (!request.page_token().empty()) {
    ASSIGN_OR_RETURN(const std::string cursor, tokens_.Open(context, request.page_token()));
    RETURN_IF_ERROR(ParseExportCursor(cursor, excerpt));
  }
  RETURN_IF_ERROR(CheckVisible(call, excerpt.tenant));
  if (request.page_token().empty()) {
    ASSIGN_OR_RETURN(const Point head, Head(call.tx(), excerpt.tenant));
    excerpt.up_to = head.number;
  }
  excerpt.limit = size + 1;
  ASSIGN_OR_RETURN(const std::vector<Linked> records, Export(call.tx(), excerpt));
  const size_t count = std::min(records.size(), static_cast<size_t>(size));
  for (size_t i = 0; i < count; ++i) {
    v1::AuditEvent event;
    ToProto(records[i], event);
    RETURN_IF_ERROR(rpc::json::Print(event, response.mutable_ndjson()));
    response.mutable_ndjson()->push_back('\n');
  }
  if (records.size() > count) {
    const int64_t last = records[count - 1].record.number;
    response.set_next_page_token(tokens_.Make(context, ExportCursor(last, excerpt.up_to)));
  }
  return absl::OkStatus();
}

absl::Status AuditApi::VerifyAuditTrail(rpc::Call& call, const v1::VerifyAuditTrailRequest& request,
                                        v1::VerifyAuditTrailResponse& response) {
  ASSIGN_OR_RETURN(const TenantId tenant, ParseTrail(request.tenant_id()));
  ASSIGN_OR_RETURN(const Point start, ParsePoint(request.start()));
  RETURN_IF_ERROR(CheckVisible(call, tenant));
  ASSIGN_OR_RETURN(const Verdict verdict, Verify(call.tx(), tenant, start, kVerifyLimit));
  response.mutable_verified()->set_event_number(verdict.verified.number);
  response.mutable_verified()->set_hash(crypto::Hex(verdict.verified.hash));
  response.set_complete(verdict.complete);
  if (verdict.bad) {
    response.mutable_bad_event()->set_event_number(verdict.bad->number);
    response.mutable_bad_event()->set_flaw(ToProto(verdict.bad->flaw));
  }
  return absl::OkStatus();
}

}  // namespace smallbiznis::audit
