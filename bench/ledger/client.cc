// Posts to a running server over gRPC, with a fixed number of calls in flight: AddEntry, or AddEntries with --rows.
// Reads "tenant_id api_key" lines from standard input and prints one JSON object.
#include <fmt/format.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <latch>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "smallbiznis/ledger/v1/ledger.pb.h"

namespace {

namespace v1 = smallbiznis::ledger::v1;
using Clock = std::chrono::steady_clock;

template <typename Request, typename Response>
using Stub = grpc::TemplatedGenericStub<Request, Response>;

const std::string kService = "/smallbiznis.ledger.v1.LedgerService/";

struct Load {
  std::string address;
  int in_flight = 16;
  int rows = 1;
  int members = 1000;
  double seconds = 4;
  int64_t spend = 0;
};

struct Tenant {
  std::string id, key;
};

// One call after the other, each begun from the answer of the last.
class Caller {
 public:
  Caller(const Load& load, const Tenant& tenant, int number, Clock::time_point end, std::latch& done)
      : load_(load),
        tenant_(tenant),
        number_(number),
        prefix_(fmt::format("{:x}-{}", std::random_device()(), number)),
        end_(end),
        done_(done) {}

  void Connect(const std::shared_ptr<grpc::Channel>& channel) {
    add_entry_ = std::make_unique<Stub<v1::AddEntryRequest, v1::Entry>>(channel);
    add_entries_ = std::make_unique<Stub<v1::AddEntriesRequest, v1::AddEntriesResponse>>(channel);
  }

  void Next() {
    context_ = std::make_unique<grpc::ClientContext>();
    context_->AddMetadata("authorization", "Bearer " + tenant_.key);
    begun_ = Clock::now();
    const auto answered = [this](const grpc::Status& status) { Answered(status); };
    if (load_.rows == 1) {
      Fill(one_);
      one_.set_tenant_id(tenant_.id);
      add_entry_->UnaryCall(context_.get(), kService + "AddEntry", {}, &one_, &entry_, answered);
    } else {
      many_.set_tenant_id(tenant_.id);
      many_.clear_entries();
      for (int row = 0; row < load_.rows; ++row) Fill(*many_.add_entries());
      add_entries_->UnaryCall(context_.get(), kService + "AddEntries", {}, &many_, &entries_, answered);
    }
  }

  const std::vector<int64_t>& micros() const { return micros_; }
  int64_t posted() const { return posted_; }
  const std::string& error() const { return error_; }

 private:
  template <typename Row>
  void Fill(Row& row) {
    row.set_member_id(fmt::format("m{}", (number_ * 7919 + n_) % load_.members));
    row.set_direction(v1::CREDIT);
    row.set_amount(10);
    row.set_reference_id(fmt::format("{}-{}", prefix_, n_++));
  }

  void Answered(const grpc::Status& status) {
    const auto now = Clock::now();
    micros_.push_back(std::chrono::duration_cast<std::chrono::microseconds>(now - begun_).count());
    error_ = status.error_message();
    for (const auto& result : entries_.results()) {
      if (result.has_error()) error_ = result.error().message();
    }
    posted_ += load_.rows;
    if (error_.empty() && now < end_) return Next();
    done_.count_down();
  }

  const Load& load_;
  const Tenant& tenant_;
  const int number_;
  const std::string prefix_;
  const Clock::time_point end_;
  std::latch& done_;
  std::unique_ptr<Stub<v1::AddEntryRequest, v1::Entry>> add_entry_;
  std::unique_ptr<Stub<v1::AddEntriesRequest, v1::AddEntriesResponse>> add_entries_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::AddEntryRequest one_;
  v1::Entry entry_;
  v1::AddEntriesRequest many_;
  v1::AddEntriesResponse entries_;
  Clock::time_point begun_;
  std::vector<int64_t> micros_;
  int64_t n_ = 0;
  int64_t posted_ = 0;
  std::string error_;
};

std::shared_ptr<grpc::Channel> Connect(const std::string& address, int number) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt("bench.number", number);
  arguments.SetMaxReceiveMessageSize(-1);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// One debit of the first member's.
int Spend(const Load& load, const Tenant& tenant) {
  Stub<v1::AddEntryRequest, v1::Entry> stub(Connect(load.address, 0));
  v1::AddEntryRequest request;
  request.set_tenant_id(tenant.id);
  request.set_member_id("m0");
  request.set_direction(v1::DEBIT);
  request.set_amount(load.spend);
  v1::Entry entry;
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + tenant.key);
  std::latch done(1);
  grpc::Status status;
  const auto begun = Clock::now();
  stub.UnaryCall(&context, kService + "AddEntry", {}, &request, &entry, [&](const grpc::Status& answered) {
    status = answered;
    done.count_down();
  });
  done.wait();
  if (!status.ok()) {
    std::cerr << status.error_message() << "\n";
    return 1;
  }
  std::cout << nlohmann::json{{"seconds", std::chrono::duration<double>(Clock::now() - begun).count()},
                              {"lots", entry.taken_size()}}
            << "\n";
  return 0;
}

int Run(const Load& load, const std::vector<Tenant>& tenants) {
  constexpr int kConnections = 4;
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < std::min(kConnections, load.in_flight); ++i) {
    channels.push_back(Connect(load.address, i));
    channels.back()->WaitForConnected(
        gpr_time_add(gpr_now(GPR_CLOCK_REALTIME), gpr_time_from_seconds(5, GPR_TIMESPAN)));
  }
  const auto begun = Clock::now();
  const auto end = begun + std::chrono::microseconds(static_cast<int64_t>(load.seconds * 1e6));
  std::latch done(load.in_flight);
  std::vector<std::unique_ptr<Caller>> callers;
  for (int i = 0; i < load.in_flight; ++i) {
    const auto place = static_cast<size_t>(i);
    callers.push_back(std::make_unique<Caller>(load, tenants[place % tenants.size()], i, end, done));
    callers.back()->Connect(channels[place % channels.size()]);
  }
  for (const auto& caller : callers) caller->Next();
  done.wait();
  const double took = std::chrono::duration<double>(Clock::now() - begun).count();
  std::vector<int64_t> micros;
  int64_t posted = 0;
  for (const auto& caller : callers) {
    if (!caller->error().empty()) {
      std::cerr << caller->error() << "\n";
      return 1;
    }
    posted += caller->posted();
    micros.insert(micros.end(), caller->micros().begin(), caller->micros().end());
  }
  std::sort(micros.begin(), micros.end());
  const auto percentile = [&](double share) {
    return micros[static_cast<size_t>(share * static_cast<double>(micros.size() - 1))];
  };
  std::cout << nlohmann::json{{"per_second", static_cast<double>(posted) / took},
                              {"posted", posted},
                              {"p50_us", percentile(0.5)},
                              {"p99_us", percentile(0.99)}}
            << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  // As the server: without Abseil's search for deadlocks.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  Load load;
  CLI::App app("Posts to a ledger over gRPC.");
  app.add_option("--address", load.address, "of the server")->required();
  app.add_option("--in-flight", load.in_flight, "calls at the same time");
  app.add_option("--rows", load.rows, "entries of a call");
  app.add_option("--members", load.members, "members of a tenant");
  app.add_option("--seconds", load.seconds, "how long");
  app.add_option("--spend", load.spend, "nothing but one debit of this much of member m0");
  CLI11_PARSE(app, argc, argv);
  std::vector<Tenant> tenants;
  for (Tenant each; std::cin >> each.id >> each.key;) tenants.push_back(each);
  if (tenants.empty()) {
    std::cerr << "no tenants on standard input\n";
    return 2;
  }
  return load.spend > 0 ? Spend(load, tenants.front()) : Run(load, tenants);
}
