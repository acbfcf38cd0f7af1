// The program's own pages: /healthz /readyz /metrics /openapi.json /docs.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "pkg/rpc/gateway/exchange.h"
#include "pkg/rpc/gateway/gateway.h"
#include "pkg/rpc/workers.h"

namespace smallbiznis::rpc::gateway {

// Thread-safe.
class PageServer {
 public:
  // `openapi` is the document. `workers` must outlive the pages.
  PageServer(Pages pages, std::string openapi, Workers& workers);

  // Whether `path` is one of the pages.
  static bool Has(std::string_view path);

  // Answers GET and HEAD of one of the pages; /readyz and /metrics ask on a worker.
  void Serve(std::shared_ptr<Exchange> exchange) const;

  // From now on /readyz answers 503.
  void StartDraining() { draining_ = true; }

 private:
  void SendReadiness(Exchange& exchange) const;
  void SendDocs(Exchange& exchange) const;
  void OnWorker(std::shared_ptr<Exchange> exchange, void (PageServer::*send)(Exchange&) const) const;
  void SendMetrics(Exchange& exchange) const;

  const Pages pages_;
  const std::string openapi_;
  const std::string docs_policy_;  // Content-Security-Policy of /docs
  Workers& workers_;
  std::atomic<bool> draining_ = false;
};

// The policy under which `html` works and nothing else does: its own <style> and <script> blocks, by their digests, and
// requests to its own host.
std::string ContentSecurityPolicy(std::string_view html);

}  // namespace smallbiznis::rpc::gateway
