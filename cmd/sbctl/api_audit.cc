#include "cmd/sbctl/api_audit.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/time/time.h"
#include "cmd/sbctl/api_pages.h"
#include "cmd/sbctl/api_show.h"
#include "cmd/sbctl/table.h"
#include "cmd/sbctl/text.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"
#include "smallbiznis/audit/v1/audit.pb.h"

namespace smallbiznis::sbctl {
namespace {

constexpr const char* kList = "smallbiznis.audit.v1.AuditService/ListAuditEvents";
constexpr const char* kExport = "smallbiznis.audit.v1.AuditService/ExportAuditEvents";
constexpr const char* kVerify = "smallbiznis.audit.v1.AuditService/VerifyAuditTrail";

// The trail's first parameter: a tenant's id, or "platform".
CLI::Option* AddTrail(CLI::App& app, std::string& tenant) {
  return app.add_option("tenant", tenant, "The tenant's id, or `platform`: what changes no tenant")
      ->required()
      ->transform([](const std::string& text) { return text == "platform" ? "0" : text; });
}

CLI::Option* AddTime(CLI::App& app, const char* name, google::protobuf::Timestamp* (*field)(audit::v1::AuditFilter&),
                     audit::v1::AuditFilter& filter, const char* help) {
  return app.add_option_function<std::string>(
      name,
      [name, field, &filter](const std::string& text) {
        absl::Time time;
        std::string problem;
        if (!absl::ParseTime(absl::RFC3339_full, text, &time, &problem)) {
          throw CLI::ValidationError(name, "must be a time such as 2026-01-31T12:00:00Z");
        }
        field(filter)->set_seconds(absl::ToUnixSeconds(time));
      },
      help);
}

// Which events of a trail; `filter` must live as long as `app`.
void AddFilter(CLI::App& app, audit::v1::AuditFilter& filter) {
  app.add_option("--principal", *filter.mutable_principal(), "By whom: api_key:72");
  app.add_option("--method", *filter.mutable_method(), "By which RPC: its whole path");
  app.add_option("--resource", *filter.mutable_resource(), "To what: tenants/72");
  AddTime(
      app, "--from", [](audit::v1::AuditFilter& f) { return f.mutable_start_time(); }, filter, "Not before this time");
  AddTime(
      app, "--to", [](audit::v1::AuditFilter& f) { return f.mutable_end_time(); }, filter, "Before this time");
}

void ShowEvents(const audit::v1::ListAuditEventsResponse& answer, std::ostream& out) {
  if (answer.events().empty()) out << "no events\n";
  Table table({{"NUMBER", Align::kRight}, {"TIME"}, {"PRINCIPAL"}, {"METHOD"}, {"RESOURCE"}, {"REQUEST"}});
  for (const audit::v1::AuditEvent& event : answer.events()) {
    // Of the method's path what differs: TenantService/CreateTenant.
    const std::string method = event.method().substr(event.method().find_last_of('.') + 1);
    table.AddRow({std::to_string(event.event_number()), TimeText(absl::FromUnixSeconds(event.event_time().seconds())),
                  Safe(event.principal()), Safe(method), Safe(event.resource()), Safe(event.request_id())});
  }
  table.Print(out);
}

void AddList(CLI::App& parent, Command& chosen) {
  struct Arguments {
    audit::v1::ListAuditEventsRequest request;
    int limit = 50;
  };
  CLI::App* const app = parent.add_subcommand("list", "List the events of a trail, the newest first");
  const auto arguments = std::make_shared<Arguments>();
  AddTrail(*app, *arguments->request.mutable_tenant_id());
  AddFilter(*app, *arguments->request.mutable_filter());
  app->add_option("--limit", arguments->limit, "How many at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 1'000'000));
  app->callback([&chosen, arguments] {
    chosen = [arguments](Session& session) -> absl::Status {
      const auto all = CollectPages<audit::v1::ListAuditEventsRequest, audit::v1::ListAuditEventsResponse>(
          session, kList, arguments->request, "events", arguments->limit);
      if (!all.ok()) return all.status();
      if (session.json) {
        ShowJson(*all, session.out);
      } else {
        ShowEvents(*all, session.out);
      }
      return absl::OkStatus();
    };
  });
}

void AddExport(CLI::App& parent, Command& chosen) {
  CLI::App* const app = parent.add_subcommand("export", "Print a trail in its order, a line of JSON an event");
  const auto request = std::make_shared<audit::v1::ExportAuditEventsRequest>();
  AddTrail(*app, *request->mutable_tenant_id());
  AddFilter(*app, *request->mutable_filter());
  app->add_option_function<int64_t>(
         "--after", [request](int64_t number) { request->set_after_event_number(number); },
         "Only what follows the event of this number")
      ->check(CLI::NonNegativeNumber);
  app->callback([&chosen, request] {
    chosen = [request](Session& session) -> absl::Status {
      request->set_page_size(1000);
      do {
        audit::v1::ExportAuditEventsResponse page;
        RETURN_IF_ERROR(session.api.Call(kExport, *request, page));
        session.out << page.ndjson();
        request->set_page_token(page.next_page_token());
      } while (!request->page_token().empty() && session.out);
      return absl::OkStatus();
    };
  });
}

// "12:" and the hash of event 12.
void ParsePoint(const std::string& text, audit::v1::TrailPoint& point) {
  const size_t colon = text.find(':');
  int64_t number = 0;
  if (colon == text.npos || !absl::SimpleAtoi(text.substr(0, colon), &number)) {
    throw CLI::ValidationError("--start", "must be NUMBER:HASH, as `sbctl audit verify` prints it");
  }
  point.set_event_number(number);
  point.set_hash(text.substr(colon + 1));
}

absl::Status Verify(audit::v1::VerifyAuditTrailRequest request, Session& session) {
  const int64_t first = request.start().event_number() + 1;
  audit::v1::VerifyAuditTrailResponse answer;
  do {
    RETURN_IF_ERROR(session.api.Call(kVerify, request, answer));
    *request.mutable_start() = answer.verified();
  } while (!answer.complete() && !answer.has_bad_event());
  if (session.json) ShowJson(answer, session.out);
  if (answer.has_bad_event()) {
    return status::Error(absl::StatusCode::kDataLoss, audit::v1::TrailFlaw_Name(answer.bad_event().flaw()),
                         fmt::format("event {} is not as it was written", answer.bad_event().event_number()));
  }
  if (session.json) return absl::OkStatus();
  const int64_t last = answer.verified().event_number();
  session.out << (last < first ? std::string("no events")
                               : fmt::format("events {} to {} are as they were written", first, last));
  if (last > 0) session.out << fmt::format("\n{}:{}", last, Safe(answer.verified().hash()));
  session.out << '\n';
  return absl::OkStatus();
}

void AddVerify(CLI::App& parent, Command& chosen) {
  CLI::App* const app =
      parent.add_subcommand("verify", "Compute the hashes of a trail anew; fails naming the first bad event");
  const auto request = std::make_shared<audit::v1::VerifyAuditTrailRequest>();
  AddTrail(*app, *request->mutable_tenant_id());
  app->add_option_function<std::string>(
      "--start", [request](const std::string& text) { ParsePoint(text, *request->mutable_start()); },
      "A place that is trusted, NUMBER:HASH as an earlier run printed it: the trail must still hold it");
  app->callback([&chosen, request] { chosen = [request](Session& session) { return Verify(*request, session); }; });
}

}  // namespace

void AddAuditCommands(CLI::App& app, Command& chosen) {
  CLI::App& trail = *app.add_subcommand("audit", "The audit trail: who changed what, and whether it is all there");
  trail.require_subcommand(1);
  AddList(trail, chosen);
  AddExport(trail, chosen);
  AddVerify(trail, chosen);
}

}  // namespace smallbiznis::sbctl
