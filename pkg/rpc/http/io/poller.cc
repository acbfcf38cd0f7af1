#include "pkg/rpc/http/io/poller.h"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace smallbiznis::rpc::http {
namespace {

namespace asio = boost::asio;

class AsioWatch final : public Watch {
 public:
  AsioWatch(asio::io_context& io, int fd) : descriptor_(io, fd) {}

  void WaitReadable(std::shared_ptr<Pollable> target) override {
    Wait(asio::posix::descriptor_base::wait_read, Event::kReadable, std::move(target));
  }
  void WaitWritable(std::shared_ptr<Pollable> target) override {
    Wait(asio::posix::descriptor_base::wait_write, Event::kWritable, std::move(target));
  }
  int fd() const override { return const_cast<asio::posix::stream_descriptor&>(descriptor_).native_handle(); }
  void Close() override {
    boost::system::error_code ignored;
    descriptor_.close(ignored);
  }

 private:
  void Wait(asio::posix::descriptor_base::wait_type type, Event event, std::shared_ptr<Pollable> target) {
    descriptor_.async_wait(
        type, [event, target = std::move(target)](const boost::system::error_code&) { target->OnReady(event); });
  }

  asio::posix::stream_descriptor descriptor_;
};

}  // namespace

class Poller::Impl {
 public:
  Impl() : work_(asio::make_work_guard(io_)), timer_(io_) {}

  void Start(int threads) {
    for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { io_.run(); });
  }

  void Stop() {
    asio::post(io_, [this] {
      stopping_ = true;
      timer_.cancel();
    });
    work_.reset();
    if (threads_.empty()) io_.run();  // never started: still let go of what was posted
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  void Every(absl::Duration period, std::function<void()> sweep) {
    period_ = absl::ToChronoMilliseconds(period);
    sweep_ = std::move(sweep);
    Arm();
  }

  asio::io_context& io() { return io_; }

 private:
  void Arm() {
    timer_.expires_after(period_);
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error || stopping_) return;
      sweep_();
      Arm();
    });
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  asio::steady_timer timer_;
  std::atomic<bool> stopping_ = false;
  std::chrono::milliseconds period_;
  std::function<void()> sweep_;
  std::vector<std::thread> threads_;
};

Poller::Poller() : impl_(std::make_unique<Impl>()) {}
Poller::~Poller() = default;
void Poller::Start(int threads) {
  impl_->Start(threads);
}
void Poller::Stop() {
  impl_->Stop();
}
void Poller::Every(absl::Duration period, std::function<void()> sweep) {
  impl_->Every(period, std::move(sweep));
}

void Poller::Wake(std::shared_ptr<Pollable> target) {
  asio::post(impl_->io(), [target = std::move(target)] { target->OnReady(Event::kWoken); });
}

std::unique_ptr<Watch> Poller::Add(int fd) {
  return std::make_unique<AsioWatch>(impl_->io(), fd);
}

}  // namespace smallbiznis::rpc::http
