#include "pkg/rpc/gateway/gateway.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "pkg/clock/clock.h"
#include "pkg/rpc/gateway/connect.h"
#include "pkg/rpc/gateway/cors.h"
#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/gateway/grpc_web.h"
#include "pkg/rpc/gateway/openapi.h"
#include "pkg/rpc/gateway/pages.h"
#include "pkg/rpc/gateway/rest.h"
#include "pkg/rpc/gateway/routes.h"
#include "pkg/rpc/json/printable.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::api {
// The contracts of api/, compiled in with their comments.
std::string_view DescriptorSet();
}  // namespace smallbiznis::api

namespace smallbiznis::rpc::gateway {
namespace {

constexpr int kMethodNotAllowed = 405;

const clock::Clock& SystemTime() {
  static const auto& clock = *new clock::SystemClock;
  return clock;
}

void AddOnce(std::vector<std::string>* methods, std::string_view method) {
  if (std::find(methods->begin(), methods->end(), method) == methods->end()) methods->emplace_back(method);
}

// For Allow: what a path has by its bindings, and what it has without one.
std::vector<std::string> WithImplied(std::vector<std::string> methods) {
  if (std::find(methods.begin(), methods.end(), "GET") != methods.end()) AddOnce(&methods, "HEAD");
  AddOnce(&methods, "OPTIONS");
  std::sort(methods.begin(), methods.end());
  return methods;
}

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(Options options, std::unique_ptr<const Routes> routes, std::unique_ptr<PageServer> pages,
              const Router& router, Workers& workers)
      : options_(std::move(options)),
        clock_(options_.clock ? *options_.clock : SystemTime()),
        cors_(options_.cors_allowed_origins),
        routes_(std::move(routes)),
        pages_(std::move(pages)),
        router_(router),
        workers_(workers) {}

  void Handle(http::Request request, http::Responder responder) override {
    auto exchange = std::make_shared<Exchange>(std::move(request), std::move(responder), cors_, clock_.Now());
    if (exchange->method() == "OPTIONS" && !HasOwnOptions(*exchange)) return ServeOptions(*exchange);
    if (PageServer::Has(exchange->path())) return ServePage(std::move(exchange));
    if (const Method* method = router_.Find(exchange->path())) return ServeByName(std::move(exchange), *method);
    ServeByRoute(std::move(exchange));
  }

  void StartDraining() override {
    draining_ = true;
    pages_->StartDraining();
  }

 private:
  bool HasOwnOptions(const Exchange& exchange) const {
    return routes_->Find("OPTIONS", exchange.path()).binding != nullptr;
  }

  std::vector<std::string> Allowed(const Exchange& exchange) const {
    if (exchange.path() == "*" || PageServer::Has(exchange.path())) return WithImplied({"GET"});
    if (router_.Find(exchange.path()) != nullptr) return WithImplied({"POST"});
    std::vector<std::string> methods = routes_->AllowedOn(exchange.path());
    return methods.empty() ? methods : WithImplied(std::move(methods));
  }

  void ServeOptions(Exchange& exchange) {
    const std::vector<std::string> allowed = Allowed(exchange);
    if (allowed.empty()) return SendNotFound(exchange);
    http::Response response{.status = 204};
    response.headers.Add("Allow", fmt::format("{}", fmt::join(allowed, ", ")));
    cors_.AddPreflight(exchange.request(), allowed, &response);
    exchange.Send(std::move(response));
  }

  void ServePage(std::shared_ptr<Exchange> exchange) {
    if (exchange->method() != "GET" && exchange->method() != "HEAD") return SendNotAllowed(*exchange);
    pages_->Serve(std::move(exchange));
  }

  // Connect and gRPC-Web: /package.Service/Method.
  void ServeByName(std::shared_ptr<Exchange> exchange, const Method& method) {
    if (exchange->method() != "POST") return SendNotAllowed(*exchange);
    const absl::StatusOr<std::string> type = exchange->ContentType();
    if (type.ok() && IsGrpcWeb(*type)) {
      return Post(
          std::move(exchange), method, [this, &method](Exchange& e) { ServeGrpcWeb(e, method, router_); },
          RefuseGrpcWeb);
    }
    if (type.ok() && IsConnect(*type)) {
      return Post(
          std::move(exchange), method,
          [this, &method](Exchange& e) { ServeConnect(e, method, router_, options_.max_json_depth); }, RefuseConnect);
    }
    RefuseType(*exchange, method,
               type.ok()
                   ? status::InvalidField("Content-Type", "must be application/json, application/proto or gRPC-Web")
                   : type.status());
  }

  // The protocol of a call is its content type: this one is of none.
  void RefuseType(Exchange& exchange, const Method& method, const absl::Status& why) const {
    const Reply reply = router_.Refuse(method, exchange.Info("other", method), why);
    http::Headers headers = ReplyHeaders(reply);
    headers.Add("Accept-Post",
                "application/json, application/proto, application/grpc-web+proto, application/grpc-web-text+proto");
    exchange.SendError(reply.status, kUnsupportedMediaType, std::move(headers));
  }

  void ServeByRoute(std::shared_ptr<Exchange> exchange) {
    Routes::Match match = routes_->Find(exchange->method(), exchange->path());
    if (match.binding == nullptr) {
      return match.allowed.empty() ? SendNotFound(*exchange) : SendNotAllowed(*exchange);
    }
    const Method& method = *match.binding->method;
    Post(
        std::move(exchange), method,
        [this, match = std::move(match)](Exchange& e) { ServeRest(e, match, router_, options_.max_json_depth); },
        RefuseRest);
  }

  // Runs `serve` on a worker; with none free and no room to wait, answers by `refuse` at once.
  template <class Serve, class Refuse>
  void Post(std::shared_ptr<Exchange> exchange, const Method& method, Serve serve, Refuse refuse) {
    if (workers_.TryPost([exchange, serve = std::move(serve)] { serve(*exchange); })) return;
    refuse(*exchange, method, router_, draining_ ? Draining() : Busy());
  }

  void SendNotFound(Exchange& exchange) const {
    exchange.SendError(status::Error(
        absl::StatusCode::kNotFound, "ROUTE_NOT_FOUND",
        fmt::format("there is nothing at {}; see /docs for what there is", json::Printable(exchange.path(), 200))));
  }

  void SendNotAllowed(Exchange& exchange) const {
    const std::string allowed = fmt::format("{}", fmt::join(Allowed(exchange), ", "));
    http::Headers headers;
    headers.Add("Allow", allowed);
    exchange.SendError(
        status::Error(absl::StatusCode::kUnimplemented, "METHOD_NOT_ALLOWED",
                      fmt::format("{} is not among the methods of {}: {}", json::Printable(exchange.method()),
                                  json::Printable(exchange.path(), 200), allowed)),
        kMethodNotAllowed, std::move(headers));
  }

  const Options options_;
  const clock::Clock& clock_;
  const Cors cors_;
  const std::unique_ptr<const Routes> routes_;
  const std::unique_ptr<PageServer> pages_;
  const Router& router_;
  Workers& workers_;
  std::atomic<bool> draining_ = false;
};

absl::StatusOr<std::unique_ptr<const Routes>> CompileRoutes(const Router& router) {
  auto routes = std::make_unique<Routes>();
  for (const Method* method : router.methods()) {
    absl::StatusOr<std::vector<std::unique_ptr<Binding>>> bindings = CompileBindings(*method);
    if (!bindings.ok()) {
      return absl::FailedPreconditionError(
          fmt::format("{} {}", method->descriptor->full_name(), text::ToStd(bindings.status().message())));
    }
    for (std::unique_ptr<Binding>& binding : *bindings) {
      if (PageServer::Has(binding->pattern)) {
        return absl::FailedPreconditionError(fmt::format("{} is bound to {}, which is a page of the program",
                                                         method->descriptor->full_name(), binding->pattern));
      }
      const absl::Status added = routes->Add(std::move(binding));
      if (!added.ok()) return absl::FailedPreconditionError(added.message());
    }
  }
  return routes;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Gateway>> Gateway::Create(Options options, Pages pages, const Router& router,
                                                         Workers& workers) {
  ASSIGN_OR_RETURN(std::unique_ptr<const Routes> routes, CompileRoutes(router));
  std::string document = OpenApi(
      {.title = options.app_name, .version = options.app_version, .descriptor_set = api::DescriptorSet()}, router);
  auto page_server = std::make_unique<PageServer>(std::move(pages), std::move(document), workers);
  return std::make_unique<GatewayImpl>(std::move(options), std::move(routes), std::move(page_server), router, workers);
}

}  // namespace smallbiznis::rpc::gateway
