#include "services/ledger/proofs/row_queue.h"

#include <utility>

namespace smallbiznis::ledger {
namespace {

// Blocks that malloc keeps, rather than the kernel: larger ones would be mapped anew each time.
constexpr size_t kBlockBytes = 64 * 1024;
constexpr size_t kBlocks = 16;

}  // namespace

bool RowQueue::Add(std::string_view rows) {
  if (block_.size() + rows.size() > kBlockBytes && !block_.empty() && !Push()) return false;
  if (block_.empty()) block_.reserve(kBlockBytes);
  block_ += rows;
  return true;
}

bool RowQueue::Push() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return blocks_.size() < kBlocks || stopped_; });
  blocks_.push_back(std::exchange(block_, {}));
  changed_.notify_one();
  return !stopped_;
}

void RowQueue::End() {
  if (!block_.empty()) Push();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_one();
}

std::string RowQueue::Next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !blocks_.empty() || ended_; });
  if (blocks_.empty()) return {};
  std::string block = std::move(blocks_.front());
  blocks_.pop_front();
  changed_.notify_one();
  return block;
}

void RowQueue::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_one();
}

}  // namespace smallbiznis::ledger
