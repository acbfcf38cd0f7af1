#include "pkg/db/canceller.h"

#include <libpq-fe.h>

namespace smallbiznis::db {

Canceller::Canceller() : thread_([this] { Loop(); }) {}

Canceller::~Canceller() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void Canceller::Cancel(pg_conn* connection) {
  Request request(PQgetCancel(connection));
  if (!request) return;  // the connection is not up: nothing to cancel
  {
    const std::lock_guard lock(mutex_);
    requests_.push_back(std::move(request));
  }
  changed_.notify_one();
}

void Canceller::Loop() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopping_ || !requests_.empty(); });
    if (stopping_) return;
    const Request request = std::move(requests_.front());
    requests_.pop_front();
    lock.unlock();
    char error[256];
    PQcancel(request.get(), error, sizeof(error));  // a request that fails leaves the statement to end by itself
    lock.lock();
  }
}

void Canceller::Free::operator()(pg_cancel* request) const {
  PQfreeCancel(request);
}

}  // namespace smallbiznis::db
