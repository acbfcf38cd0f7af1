#include "pkg/rpc/gateway/pages.h"

#include <fmt/format.h>

#include <utility>

#include "absl/container/flat_hash_map.h"
#include "pkg/crypto/crypto.h"
#include "pkg/rpc/gateway/docs_html.h"
#include "pkg/rpc/json/base64.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/rpc/json/quote.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::rpc::gateway {
namespace {

constexpr char kJson[] = "application/json";
constexpr int kUnavailable = 503;

enum class Page { kHealth, kReady, kMetrics, kOpenApi, kDocs };

const absl::flat_hash_map<std::string, Page>& Names() {
  static const auto& names = *new absl::flat_hash_map<std::string, Page>{{"/healthz", Page::kHealth},
                                                                         {"/readyz", Page::kReady},
                                                                         {"/metrics", Page::kMetrics},
                                                                         {"/openapi.json", Page::kOpenApi},
                                                                         {"/docs", Page::kDocs}};
  return names;
}

void SendPage(Exchange& exchange, int status, std::string_view type, std::string body) {
  http::Response response{.status = status, .body = std::move(body)};
  response.headers.Add("Content-Type", std::string(type));
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  exchange.Send(std::move(response));
}

// "'sha256-...'" of what stands between <tag> and </tag>.
std::string DigestOf(std::string_view html, std::string_view tag) {
  const std::string open = fmt::format("<{}>", tag), close = fmt::format("</{}>", tag);
  const size_t from = html.find(open);
  const size_t to = html.find(close, from);
  if (from == std::string_view::npos || to == std::string_view::npos) return "'none'";
  std::string digest;
  json::AppendBase64(crypto::Sha256(html.substr(from + open.size(), to - from - open.size())), &digest);
  return fmt::format("'sha256-{}'", digest);
}

}  // namespace

std::string ContentSecurityPolicy(std::string_view html) {
  return fmt::format(
      "default-src 'none'; connect-src 'self'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'; "
      "frame-ancestors 'none'",
      DigestOf(html, "style"), DigestOf(html, "script"));
}

PageServer::PageServer(Pages pages, std::string openapi, Workers& workers)
    : pages_(std::move(pages)),
      openapi_(std::move(openapi)),
      docs_policy_(ContentSecurityPolicy(DocsHtml())),
      workers_(workers) {}

bool PageServer::Has(std::string_view path) {
  return Names().contains(text::ToAbsl(path));
}

void PageServer::Serve(std::shared_ptr<Exchange> exchange) const {
  switch (Names().at(text::ToAbsl(exchange->path()))) {
    case Page::kHealth:
      return SendPage(*exchange, 200, kJson, R"({"status":"ok"})");
    case Page::kReady:
      // Draining is known without asking anybody, and the workers may have stopped by then.
      if (draining_) return SendPage(*exchange, kUnavailable, kJson, R"({"status":"draining","checks":{}})");
      return OnWorker(std::move(exchange), &PageServer::SendReadiness);
    case Page::kMetrics:
      return OnWorker(std::move(exchange), &PageServer::SendMetrics);
    case Page::kOpenApi:
      return SendPage(*exchange, 200, kJson, openapi_);
    case Page::kDocs:
      return SendDocs(*exchange);
  }
}

void PageServer::OnWorker(std::shared_ptr<Exchange> exchange, void (PageServer::*send)(Exchange&) const) const {
  if (workers_.TryPost([this, exchange, send] { (this->*send)(*exchange); })) return;
  SendPage(*exchange, kUnavailable, kJson, R"({"status":"overloaded","checks":{}})");
}

void PageServer::SendReadiness(Exchange& exchange) const {
  bool ready = true;
  std::string checks;
  for (const auto& [name, check] : pages_.ready_checks) {
    const absl::Status status = check();
    ready = ready && status.ok();
    if (!checks.empty()) checks += ',';
    json::AppendQuoted(json::Printable(name), &checks);
    checks += ':';
    json::AppendQuoted(status.ok() ? "ok" : json::Printable(text::ToStd(status.message()), 200), &checks);
  }
  SendPage(exchange, ready ? 200 : kUnavailable, kJson,
           fmt::format(R"({{"status":"{}","checks":{{{}}}}})", ready ? "ready" : "not ready", checks));
}

void PageServer::SendMetrics(Exchange& exchange) const {
  SendPage(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", pages_.metrics ? pages_.metrics() : "");
}

void PageServer::SendDocs(Exchange& exchange) const {
  http::Response response{.body = std::string(DocsHtml())};
  response.headers.Add("Content-Type", "text/html; charset=utf-8");
  response.headers.Add("Content-Security-Policy", docs_policy_);
  response.headers.Add("Referrer-Policy", "no-referrer");
  response.headers.Add("Cache-Control", "no-store");
  response.headers.Add("X-Content-Type-Options", "nosniff");
  exchange.Send(std::move(response));
}

}  // namespace smallbiznis::rpc::gateway
