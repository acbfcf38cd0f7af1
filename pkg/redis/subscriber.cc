#include "pkg/redis/subscriber.h"

#include <fmt/format.h>

#include <thread>
#include <utility>

#include "pkg/redis/command.h"
#include "pkg/redis/error.h"
#include "pkg/redis/internal/backoff.h"
#include "pkg/redis/internal/topology.h"
#include "pkg/status/status.h"
#include "pkg/text/view.h"

namespace smallbiznis::redis {
namespace {

class SubscriberImpl final : public Subscriber {
 public:
  SubscriberImpl(Options options, std::vector<std::string> channels, Callbacks callbacks)
      : topology_(MakeTopology(std::move(options))),
        channels_(std::move(channels)),
        callbacks_(std::move(callbacks)),
        thread_([this] { Loop(); }) {}

  ~SubscriberImpl() override {
    stop_.Stop();
    thread_.join();
  }

 private:
  void Loop() {
    do {
      subscribed_ = 0;
      const absl::Status error = Listen();
      if (error.code() == absl::StatusCode::kCancelled) return;
      if (Subscribed()) {
        backoff_.Succeeded();
        if (callbacks_.on_lost) callbacks_.on_lost();
      }
      if (callbacks_.on_error) callbacks_.on_error(error);
      backoff_.Failed();
    } while (WaitFor(-1, 0, backoff_.next(), stop_.fd()) == Ready::kTimeout);
  }

  bool Subscribed() const { return subscribed_ == channels_.size(); }

  // Connects, subscribes and hands out messages until the connection is lost or, which is CANCELLED, it is to stop.
  absl::Status Listen() {
    const Options& options = topology_->options();
    ASSIGN_OR_RETURN(const std::unique_ptr<Wire> wire,
                     topology_->Open(std::nullopt, After(options.connect_timeout), stop_.fd()));
    Command subscribe("SUBSCRIBE");
    subscribe.Args(channels_);
    std::string out(subscribe.bytes());
    bool asked = true;  // and the answer has not come yet
    std::vector<Reply> replies;
    while (true) {
      if (!out.empty()) {
        ASSIGN_OR_RETURN(const size_t sent, wire->Send(out));
        out.erase(0, sent);
      }
      switch (wire->Wait(!out.empty(), After(options.command_timeout), stop_.fd())) {
        case Ready::kStopped:
          return Interrupted(wire->address());
        case Ready::kTimeout:
          if (asked) return TimedOut(wire->address());
          asked = true;
          out = Command("PING").bytes();
          continue;
        case Ready::kReady:
          break;
      }
      replies.clear();
      ASSIGN_OR_RETURN(const size_t heard, wire->Receive(replies));
      if (heard > 0) asked = false;
      for (const Reply& reply : replies) RETURN_IF_ERROR(Handle(reply));
    }
  }

  absl::Status Handle(const Reply& reply) {
    ASSIGN_OR_RETURN(const auto fields, reply.AsArray());
    const std::string_view kind = fields.empty() ? "" : fields[0].AsText().value_or("");
    if (kind == "message" && fields.size() == 3) {
      ASSIGN_OR_RETURN(const std::string_view channel, fields[1].AsText());
      ASSIGN_OR_RETURN(const std::string_view message, fields[2].AsText());
      if (callbacks_.on_message) callbacks_.on_message(channel, message);
    } else if (kind == "subscribe") {
      ++subscribed_;
      if (Subscribed() && callbacks_.on_subscribed) callbacks_.on_subscribed();
    } else if (kind != "pong") {
      return status::Error(absl::StatusCode::kInternal, kUnexpectedReply, "a subscriber got what is no message");
    }
    return absl::OkStatus();
  }

  const std::shared_ptr<Topology> topology_;
  const std::vector<std::string> channels_;
  const Callbacks callbacks_;
  StopSignal stop_;
  size_t subscribed_ = 0;  // the channels that the server has confirmed on this connection
  Backoff backoff_;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Subscriber> Subscriber::Start(Options options, std::vector<std::string> channels, Callbacks callbacks) {
  return std::make_unique<SubscriberImpl>(std::move(options), std::move(channels), std::move(callbacks));
}

}  // namespace smallbiznis::redis
