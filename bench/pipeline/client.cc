// Calls two servers in turn, a short round each, with a fixed number of calls in flight. Reads API keys, one a line,
// from standard input; a call in flight has one of its own. Prints one JSON object with a figure a round.
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/pipeline/echo.pb.h"

namespace {

using smallbiznis::bench::pipeline::v1::Note;
using Clock = std::chrono::steady_clock;

double MicrosSince(Clock::time_point begun) {
  return std::chrono::duration<double, std::micro>(Clock::now() - begun).count();
}

struct Round {
  double per_call_us = 0;  // the round's time by its calls
  double p50_us = 0;       // of the time of a call
};

// Everything is on the calling thread, which polls for itself: nothing is handed over on this side.
class Caller {
 public:
  Caller(const std::string& address, const std::string& method, int in_flight, const std::vector<std::string>& keys)
      : path_("/smallbiznis.bench.pipeline.v1.Echo/" + method), slots_(in_flight) {
    constexpr int kConnections = 4;
    for (int i = 0; i < std::min(kConnections, in_flight); ++i) {
      grpc::ChannelArguments arguments;
      arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
      arguments.SetInt("bench.number", i);
      stubs_.push_back(std::make_unique<grpc::TemplatedGenericStub<Note, Note>>(
          grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments)));
    }
    note_.set_tenant_id("7300000000000000001");
    note_.set_member_id("member-1");
    note_.set_amount(12'500);
    note_.set_reference_id("order-2026-000123");
    note_.set_description("points of an order");
    for (size_t i = 0; i < slots_.size(); ++i) slots_[i].authorization = "Bearer " + keys[i % keys.size()];
  }

  Round Run(double seconds) {
    const auto begun = Clock::now();
    std::vector<double> times;
    for (Slot& slot : slots_) Begin(slot);
    for (size_t running = slots_.size(); running > 0;) {
      void* tag = nullptr;
      bool ok = false;
      queue_.Next(&tag, &ok);
      Slot& slot = *static_cast<Slot*>(tag);
      times.push_back(MicrosSince(slot.begun));
      if (!slot.status.ok() || slot.answer.amount() != note_.amount()) {
        std::cerr << "bench/pipeline: " << slot.status.error_message() << "\n";
        std::exit(1);
      }
      if (MicrosSince(begun) < seconds * 1e6) {
        Begin(slot);
      } else {
        --running;
      }
    }
    const double per_call = MicrosSince(begun) / static_cast<double>(times.size());
    std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(times.size() / 2), times.end());
    return {per_call, times[times.size() / 2]};
  }

 private:
  struct Slot {
    std::string authorization;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Note>> reader;
    Note answer;
    grpc::Status status;
    Clock::time_point begun;
  };

  void Begin(Slot& slot) {
    slot.begun = Clock::now();
    slot.reader.reset();
    slot.context = std::make_unique<grpc::ClientContext>();
    slot.context->AddMetadata("authorization", slot.authorization);
    auto& stub = stubs_[static_cast<size_t>(&slot - slots_.data()) % stubs_.size()];
    slot.reader = stub->PrepareUnaryCall(slot.context.get(), path_, note_, &queue_);
    slot.reader->StartCall();
    slot.reader->Finish(&slot.answer, &slot.status, &slot);
  }

  const std::string path_;
  std::vector<std::unique_ptr<grpc::TemplatedGenericStub<Note, Note>>> stubs_;
  grpc::CompletionQueue queue_;
  std::vector<Slot> slots_;
  Note note_;
};

}  // namespace

int main(int argc, char** argv) {
  std::string ours, bare, method = "Say";
  int in_flight = 1, rounds = 20;
  double seconds = 0.25;
  CLI::App app("Calls two echoes in turn over gRPC.");
  app.add_option("--ours", ours, "host:port")->required();
  app.add_option("--bare", bare, "host:port")->required();
  app.add_option("--method", method, "of ours; the bare one is always asked to Say");
  app.add_option("--in-flight", in_flight, "calls at the same time");
  app.add_option("--rounds", rounds, "of each server");
  app.add_option("--seconds", seconds, "of a round");
  CLI11_PARSE(app, argc, argv);
  std::vector<std::string> keys;
  for (std::string key; std::cin >> key;) keys.push_back(key);
  if (keys.empty()) {
    std::cerr << "no keys on standard input\n";
    return 2;
  }
  Caller to_ours(ours, method, in_flight, keys), to_bare(bare, "Say", in_flight, keys);
  to_ours.Run(seconds);  // connections, keys and series are made here
  to_bare.Run(seconds);
  nlohmann::json out;
  for (int i = 0; i < rounds; ++i) {
    const bool ours_first = i % 2 == 0;
    const Round first = (ours_first ? to_ours : to_bare).Run(seconds);
    const Round second = (ours_first ? to_bare : to_ours).Run(seconds);
    const Round &mine = ours_first ? first : second, &theirs = ours_first ? second : first;
    out.push_back({{"ours_us", mine.per_call_us},
                   {"bare_us", theirs.per_call_us},
                   {"ours_p50_us", mine.p50_us},
                   {"bare_p50_us", theirs.p50_us}});
  }
  std::cout << out << "\n";
}
