// A library behind a gateway, without sockets, for the tests of this room.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "google/protobuf/empty.pb.h"
#include "pkg/rpc/gateway/gateway.h"
#include "pkg/rpc/gateway/testing.pb.h"
#include "pkg/rpc/router.h"
#include "pkg/rpc/testing.h"
#include "pkg/rpc/workers.h"
#include "pkg/status/status.h"

namespace smallbiznis::rpc::gateway {

// Mostly echoes.
class LibraryApi {
 public:
  absl::Status GetBook(Call& call, const testing::GetBookRequest& request, testing::Book& response) {
    Keep(call);
    response.set_book_id(request.book_id());
    response.set_title(request.name());
    return absl::OkStatus();
  }
  absl::Status ListBooks(Call& call, const testing::ListBooksRequest& request, testing::ListBooksResponse& response) {
    Keep(call);
    for (int i = 0; i < request.page_size(); ++i) response.add_titles("t");
    return absl::OkStatus();
  }
  absl::Status CreateBook(Call& call, const testing::CreateBookRequest& request, testing::Book& response) {
    Keep(call);
    response = request.book();
    response.add_tags(request.shelf());
    if (request.notify()) response.add_tags("notify");
    return absl::OkStatus();
  }
  template <class Message>
  absl::Status Echo(Call& call, const Message& request, Message& response) {
    Keep(call);
    response = request;
    return absl::OkStatus();
  }
  absl::Status DeleteBook(Call& call, const testing::GetBookRequest&, google::protobuf::Empty&) {
    Keep(call);
    return absl::OkStatus();
  }
  absl::Status Fail(Call& call, const testing::FailRequest& request, google::protobuf::Empty&) {
    Keep(call);
    const absl::Status error =
        status::Error(static_cast<absl::StatusCode>(request.code()), request.reason(), request.message());
    return request.has_retry_delay() ? status::WithRetryDelay(error, absl::Milliseconds(1500)) : error;
  }
  absl::Status Stamp(Call& call, const google::protobuf::Empty&, google::protobuf::Empty&) {
    Keep(call);
    return absl::OkStatus();
  }

  CallInfo last_call() const {
    std::lock_guard lock(mutex_);
    return last_call_;
  }

  void AddTo(Router* router) {
    const std::string service = "smallbiznis.rpc.gateway.testing.LibraryService.";
    router->Add(service + "GetBook", this, &LibraryApi::GetBook);
    router->Add(service + "ListBooks", this, &LibraryApi::ListBooks);
    router->Add(service + "CreateBook", this, &LibraryApi::CreateBook);
    router->Add(service + "UpdateBook", this, &LibraryApi::Echo<testing::UpdateBookRequest>);
    router->Add(service + "LendBook", this, &LibraryApi::Echo<testing::LendBookRequest>);
    router->Add(service + "DeleteBook", this, &LibraryApi::DeleteBook);
    router->Add(service + "ReadFile", this, &LibraryApi::Echo<testing::ReadFileRequest>);
    router->Add(service + "Search", this, &LibraryApi::Echo<testing::SearchRequest>);
    router->Add(service + "Fail", this, &LibraryApi::Fail);
    router->Add(service + "Stamp", this, &LibraryApi::Stamp);
  }

 private:
  // Who shows a cookie gets two.
  void Keep(Call& call) {
    if (!call.info().authorization.cookie.empty()) {
      call.SetCookie("a=1; HttpOnly");
      call.SetCookie("b=2");
    }
    std::lock_guard lock(mutex_);
    last_call_ = call.info();
  }

  mutable std::mutex mutex_;
  CallInfo last_call_ ABSL_GUARDED_BY(mutex_);
};

// Holds the one answer of a request.
class WaitingSink final : public http::Responder::Sink {
 public:
  void Send(http::Response response) override {
    std::lock_guard lock(mutex_);
    response_ = std::move(response);
    sent_.notify_all();
  }
  http::Response Wait() {
    std::unique_lock lock(mutex_);
    sent_.wait(lock, [this] { return response_.has_value(); });
    return *response_;
  }
  bool sent() {
    std::lock_guard lock(mutex_);
    return response_.has_value();
  }

 private:
  std::mutex mutex_;
  std::condition_variable sent_;
  std::optional<http::Response> response_ ABSL_GUARDED_BY(mutex_);
};

using HeaderList = std::vector<std::pair<std::string, std::string>>;

// The whole way: gateway, workers, router, library.
class Library {
 public:
  explicit Library(Options options = {}, Pages pages = {}, Workers::Options workers = {.threads = 2})
      : workers_(workers) {
    api_.AddTo(&router_);
    sealed_ = router_.Seal();
    options.clock = &surroundings_.clock;
    auto created = Gateway::Create(std::move(options), std::move(pages), router_, workers_);
    if (created.ok()) gateway_ = *std::move(created);
  }
  ~Library() { workers_.Drain(); }

  std::shared_ptr<WaitingSink> Start(std::string method, std::string target, std::string body = "",
                                     HeaderList headers = {}) {
    http::Request request{
        .method = std::move(method), .target = std::move(target), .body = std::move(body), .peer = "127.0.0.1:5"};
    for (auto& [name, value] : headers) request.headers.Add(name, value);
    auto sink = std::make_shared<WaitingSink>();
    gateway_->Handle(std::move(request), http::Responder(sink));
    return sink;
  }
  http::Response Send(std::string method, std::string target, std::string body = "", HeaderList headers = {}) {
    return Start(std::move(method), std::move(target), std::move(body), std::move(headers))->Wait();
  }
  // "200 {...}"
  std::string Say(std::string method, std::string target, std::string body = "", HeaderList headers = {}) {
    const http::Response response = Send(std::move(method), std::move(target), std::move(body), std::move(headers));
    return std::to_string(response.status) + " " + response.body;
  }

  Gateway& gateway() { return *gateway_; }
  LibraryApi& api() { return api_; }
  const Router& router() const { return router_; }
  Surroundings& surroundings() { return surroundings_; }
  Workers& workers() { return workers_; }
  const absl::Status& sealed() const { return sealed_; }

 private:
  Surroundings surroundings_;
  Pipeline pipeline_{surroundings_.Options()};
  Router router_{pipeline_};
  LibraryApi api_;
  absl::Status sealed_;
  Workers workers_;
  std::unique_ptr<Gateway> gateway_;
};

inline std::string Header(const http::Response& response, std::string_view name) {
  return std::string(response.headers.Find(name).value_or("-"));
}

}  // namespace smallbiznis::rpc::gateway
